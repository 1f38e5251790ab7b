"""What Prometheus is told of the engines and of the processes. No patient, no name: ids and codes alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from allward.monitoring.engine_status import EngineStatus
from allward.monitoring.engine_view import CLASSES
from allward.monitoring.exposition import Family, Kind

_MIB = 2**20

_COUNTED = {
    "units_total": "Units that the device computed.",
    "jobs_finished_total": "Jobs that the engine finished.",
    "jobs_failed_total": "Jobs that ended by a fault.",
    "jobs_canceled_total": "Jobs that were stopped by request.",
    "evictions_total": "Models that were taken off the device for others.",
    "loads_total": "Models that were loaded.",
    "crashes_total": "Lane workers that died.",
}


class EngineFamilies:
    """Measures of all engines of this machine, each with the name of its process as label `engine`."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())

    def add(self, engine: str, status: EngineStatus | None) -> None:
        """Take in what one engine says of itself; of one that is away nothing but that."""
        self._gauge("up", "1 if the engine answers.", 0 if status is None else 1, engine=engine)
        if status is None:
            return
        told = None if status.device is None else 1
        self._gauge("info", "The device that it uses; always 1.", told, engine=engine, device=status.device)
        self._gauge("uptime_seconds", "How long it has been up.", status.uptime_s, engine=engine)
        for which, mib in (("now", status.resident_mib), ("peak", status.peak_resident_mib)):
            value = None if mib is None else mib * _MIB
            self._gauge(
                "process_bytes", "Resident memory of its processes.", value, engine=engine, which=which
            )
        held = None if status.quarantine is None else len(status.quarantine)
        self._gauge("quarantined", "Jobs that are not tried again.", held, engine=engine)
        self._lanes(engine, status)
        self._jobs(engine, status)
        self._memory(engine, status)
        for name, words in _COUNTED.items():
            count = getattr(status.counters, name) if status.counters else None
            self._family(name, "counter", words).add(count, engine=engine)

    def _lanes(self, engine: str, status: EngineStatus) -> None:
        for lane in status.lanes or ():
            labels = {"engine": engine, "lane": lane.name}
            up = None if lane.state is None else lane.state == "ready"
            self._gauge("lane_up", "1 if the lane takes work.", up, **labels)
            self._gauge(
                "lane_busy_ratio", "Share of time in which it computes, 0 to 1.", lane.busy_share, **labels
            )
            restarts = self._family("lane_restarts_total", "counter", "Times its worker was started again.")
            restarts.add(lane.restarts, **labels)
            times = lane.unit_times
            if times is not None:
                units = self._family("unit_seconds", "histogram", "How long units took, in seconds.")
                units.add_histogram(times.bounds_s, times.counts, times.total_s, **labels)

    def _jobs(self, engine: str, status: EngineStatus) -> None:
        if status.jobs is None:
            return
        count = Counter((job.priority, job.state) for job in status.jobs)
        for priority in CLASSES:
            for state in ("waiting", "running", "deferred"):
                labels = {"engine": engine, "priority": priority, "state": state}
                self._gauge(
                    "jobs", "Jobs that it holds, by class and state.", count[priority, state], **labels
                )

    def _memory(self, engine: str, status: EngineStatus) -> None:
        for model in status.models or ():
            labels = {"engine": engine, "model": (model.sha256 or "")[:12], "lane": model.lane}
            self._gauge("model_bytes", "Memory of a model's weights.", model.bytes, **labels)
            workspace = model.workspace_bytes
            self._gauge("model_workspace_bytes", "Measured peak workspace of a model.", workspace, **labels)
        for memory, ledger in (("device", status.ledger), ("host", status.host_ledger)):
            for what in ("capacity", "reserved", "free"):
                value = getattr(ledger, f"{what}_bytes") if ledger else None
                words = f"Memory of its ledger: {what}."
                self._gauge(f"ledger_{what}_bytes", words, value, engine=engine, memory=memory)

    def _gauge(self, name: str, words: str, value: float | None, **labels: str | None) -> None:
        self._family(name, "gauge", words).add(value, **labels)

    def _family(self, name: str, kind: Kind, words: str) -> Family:
        if name not in self._families:
            self._families[name] = Family(f"allward_engine_{name}", kind, words)
        return self._families[name]


def process_families(rows: Iterable[Mapping[str, Any]]) -> Iterator[Family]:
    """Yield what the supervisor says of its processes, and how much memory each has."""
    up = Family("allward_process_up", "gauge", "1 if the process runs.")
    restarts = Family("allward_process_restarts_total", "counter", "Times the supervisor started it again.")
    memory = Family("allward_process_resident_bytes", "gauge", "Resident memory of the process itself.")
    for row in rows:
        up.add(row["state"] == "running", process=row["name"])
        restarts.add(row["restarts"], process=row["name"])
        memory.add(_resident_bytes(row["pid"]), process=row["name"])
    yield from (up, restarts, memory)


def _resident_bytes(pid: int | None) -> int | None:
    """Return a process' resident memory; None where it is gone or the system does not tell.

    Source
    ------
    proc_pid_status(5), VmRSS in KiB.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmRSS:")]
    return int(found[0]) * 1024 if found else None
