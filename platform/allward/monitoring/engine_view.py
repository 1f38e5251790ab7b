"""The operators' view of the engines: their own words joined with what the platform knows, for one asker.

Who operates the platform sees the work of every hospital as engines and queue know it. Who
administers a hospital sees that hospital's work and the device: how busy its lanes are and how full its
memory, which says why one waits, but not a row and not a count of another hospital. What a job is for, and
on which study, is told of the asker's own hospital alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allward.kernel.texts import Text
from allward.monitoring.engine_facts import KnownJob, Taken, Waiting
from allward.monitoring.engine_status import EngineJob, EngineStatus, ResidentModel

AWAY = Text(
    "The engine does not answer just now. Jobs wait in the queue, none is lost, and all go on by themselves.",
    "推理引擎暂时没有应答。任务保留在队列中，不会丢失，引擎恢复后自动继续。",
)

CLASSES = ("STAT", "HIGH", "MEDIUM", "LOW")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: of which hospital, and what they may be told."""

    home: UUID
    operates: bool
    views: bool
    """May look at studies, so may be told which one a job is about."""

    def sees(self, tenant: str | UUID | None) -> bool:
        """Tell whether work of that hospital is shown to this person one by one."""
        return self.operates or str(tenant) == str(self.home)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the platform knows beside the engine's own words."""

    waiting: tuple[Waiting, ...]
    taken: tuple[Taken, ...]
    jobs: Mapping[str, KnownJob]
    models: Mapping[str, dict[str, Any]]
    """Whose model each is, by digest: of those that the asker may know."""
    hospitals: Mapping[str, dict[str, Any]]
    recent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine of this machine."""

    name: str
    """As the supervisor calls its process."""
    status: EngineStatus | None
    """None: it is away."""
    process: dict[str, Any] | None
    """What the supervisor says of it."""


def engines_json(engines: Sequence[Engine], facts: Facts, asker: Asker) -> dict[str, Any]:
    """Return the wire form of the whole view; a list that no engine tells is None, and not empty."""
    said = [(engine.name, engine.status) for engine in engines if engine.status]
    told = _told(said, "jobs")
    jobs: list[tuple[str, EngineJob]] = told or []
    rows = {job.job_id: _job_json(name, job, facts, asker) for name, job in jobs if asker.sees(job.tenant)}
    return {
        "sees": "platform" if asker.operates else "hospital",
        "may_release": asker.operates,
        "engines": [_engine_json(engine, rows, facts, asker) for engine in engines],
        "jobs": None if told is None else list(rows.values()),
        "queue": _queue([job for _, job in jobs], facts, asker),
        "slow_units": _about_jobs(_told(said, "slow_units"), facts, asker),
        "quarantine": _about_jobs(_told(said, "quarantine"), facts, asker),
        "recent_jobs": {
            state: facts.recent.get(state.replace("_", " "), 0)
            for state in ("scheduled", "in_progress", "completed", "failed", "canceled")
        },
    }


def _told(said: Iterable[tuple[str, EngineStatus]], field: str) -> list[tuple[str, Any]] | None:
    """Return the rows of all engines, each with its engine's name; None where no engine tells them."""
    lists = [(name, getattr(status, field)) for name, status in said]
    if all(rows is None for _, rows in lists):
        return None
    return [(name, row) for name, rows in lists for row in rows or ()]


def _about_jobs(
    rows: list[tuple[str, Any]] | None, facts: Facts, asker: Asker
) -> list[dict[str, Any]] | None:
    """Return those rows whose job the asker may know."""
    if rows is None:
        return None
    return [
        {"engine": name, **row.model_dump(), **_purpose(row.job_id, facts, asker)}
        for name, row in rows
        if asker.operates or row.job_id in facts.jobs
    ]


def _engine_json(
    engine: Engine, rows: Mapping[str | None, dict[str, Any]], facts: Facts, asker: Asker
) -> dict[str, Any]:
    said = engine.status or EngineStatus()
    return {
        "name": engine.name,
        "state": "away" if engine.status is None else "up",
        "detail": AWAY.to_json() if engine.status is None else None,
        "process": engine.process,
        **said.model_dump(include={"pid", "device", "uptime_s", "resident_mib", "peak_resident_mib"}),
        "lanes": None if said.lanes is None else [_lane_json(lane, rows) for lane in said.lanes],
        **_models(said.models, facts, asker),
        "ledger": said.ledger.model_dump() if said.ledger else None,
        "host_ledger": said.host_ledger.model_dump() if said.host_ledger else None,
        "counters": said.counters.model_dump() if said.counters and asker.operates else None,
    }


def _purpose(job_id: str | None, facts: Facts, asker: Asker) -> dict[str, Any]:
    known = facts.jobs.get(job_id or "")
    return {
        "apps": list(known.apps) if known else [],
        "plugin_used": known.plugin if known else None,
        "study_id": str(known.study_id) if known and asker.views else None,
    }


def _job_json(engine: str, job: EngineJob, facts: Facts, asker: Asker) -> dict[str, Any]:
    return {
        "engine": engine,
        **job.model_dump(exclude={"tenant"}),
        "hospital": facts.hospitals.get(job.tenant or ""),
        **_purpose(job.job_id, facts, asker),
    }


def _lane_json(lane: Any, rows: Mapping[str | None, dict[str, Any]]) -> dict[str, Any]:
    """Return a lane; `occupied` says that it works even where the asker may not know for whom."""
    return {
        **lane.model_dump(exclude={"running", "unit_times"}),
        "occupied": lane.running is not None,
        "running": rows.get(lane.running) if lane.running is not None else None,
    }


def _models(models: tuple[ResidentModel, ...] | None, facts: Facts, asker: Asker) -> dict[str, Any]:
    if models is None:
        return {"models": None, "other_models": None}
    shown = [model for model in models if asker.operates or model.sha256 in facts.models]
    hidden = [model for model in models if model not in shown]
    held = [model.bytes for model in hidden]
    return {
        "models": [
            {**model.model_dump(), "plugin_used": facts.models.get(model.sha256 or "")} for model in shown
        ],
        "other_models": None
        if asker.operates
        else {"count": len(hidden), "bytes": None if None in held else sum(filter(None, held))},
    }


_EMPTY = {"waiting": 0, "postponed": 0, "deferred": 0, "preparing": 0, "running": 0, "longest_wait_s": None}


def _queue(jobs: Iterable[EngineJob], facts: Facts, asker: Asker) -> list[dict[str, Any]]:
    """Return the queue by class and hospital, the most urgent first."""
    at_engine = {job.job_id: job for job in jobs}
    rows: dict[tuple[str, str], dict[str, Any]] = {}

    def row(priority: str, tenant_id: UUID) -> dict[str, Any]:
        key = (priority, str(tenant_id))
        return rows.setdefault(key, {"priority": priority, "hospital": facts.hospitals.get(key[1]), **_EMPTY})

    for group in facts.waiting:
        if not asker.sees(group.tenant_id):
            continue
        one = row(group.priority, group.tenant_id)
        one["waiting"] += group.count - group.postponed
        one["postponed"] += group.postponed
        _wait(one, group.longest_wait_s)
    for taken in facts.taken:
        if not asker.sees(taken.tenant_id):
            continue
        one = row(taken.priority, taken.tenant_id)
        job = at_engine.get(str(taken.job_id))
        state = job.state if job and job.state in ("waiting", "deferred", "running") else "preparing"
        one[state] += 1
        if job and state != "running":
            _wait(one, job.waited_s)
    return sorted(rows.values(), key=_place)


def _wait(row: dict[str, Any], waited_s: float | None) -> None:
    if waited_s is not None:
        row["longest_wait_s"] = max(row["longest_wait_s"] or 0.0, round(waited_s, 1))


def _place(row: Mapping[str, Any]) -> tuple[int, bool, str]:
    hospital = row["hospital"]
    return CLASSES.index(row["priority"]), hospital is None, hospital["code"] if hospital else ""
