"""One line of the worklist, as the wire has it. Pure: records in, JSON out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from allward.kernel.texts import Text
from allward.results.states import ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.runs.states import Fault, Priority, RunState
from allward.studies.models import Patient, Study
from allward.tenancy.models import Tenant

_STOPPED = Text("A person canceled the AI run.", "AI 运行已由人员取消。")


_OVER = (ResultStatus.SUPERSEDED, ResultStatus.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with what its worklist line needs."""

    run: AppRun
    progress: float
    result_status: str | None
    evaluable: bool | None
    result_reasons: tuple[dict[str, str], ...] = ()
    review_states: tuple[str, ...] = ()
    finding_count: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What was received of a study; objects that the platform wrote itself are not counted."""

    series_count: int = 0
    instance_count: int = 0
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study with everything that its line says."""

    study: Study
    tenant: Tenant
    runs: tuple[RunFacts, ...]
    received: Received = field(default=Received())
    not_evaluable: tuple[dict[str, str], ...] = field(default=())
    """What the decision trace of this revision says of images that cannot be evaluated."""
    why_no_run: tuple[dict[str, str], ...] = field(default=())
    """What it says of rules that did not match."""


def tenant_json(tenant: Tenant) -> dict[str, Any]:
    """Return a hospital's wire form."""
    return {"id": str(tenant.pk), "code": tenant.code, "name": {"en": tenant.name_en, "zh": tenant.name_zh}}


def name_json(patient: Patient) -> dict[str, str | None]:
    """Return the groups of a person's name; None for one that is not stated."""
    return {
        "alphabetic": patient.name_alphabetic or None,
        "ideographic": patient.name_ideographic or None,
        "phonetic": patient.name_phonetic or None,
    }


def age_years(birth: date | None, on: date | None) -> int | None:
    """Return the age in whole years, or None if either date is missing."""
    if birth is None or on is None or on < birth:
        return None
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def worklist_item(facts: StudyFacts, *, today: date) -> dict[str, Any]:
    """Return the wire form of one line."""
    study, patient = facts.study, facts.study.patient
    current = current_runs(facts.runs)
    return {
        "study_id": str(study.pk),
        "study_instance_uid": study.study_instance_uid,
        "tenant": tenant_json(facts.tenant),
        "patient": {
            "name": name_json(patient),
            "patient_id": patient.patient_id,
            "issuer": patient.issuer or None,
            "sex": patient.sex or None,
            "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
            "age_years": age_years(patient.birth_date, study.study_date or today),
        },
        "modalities": list(facts.received.modalities),
        "body_part": study.body_part_examined or None,
        "description": study.description or None,
        "accession_number": study.accession_number or None,
        "study_date": study.study_date.isoformat() if study.study_date else None,
        "study_time": study.study_time or None,
        "received_at": study.received_at.isoformat(),
        "state": study.state,
        "revision": study.revision,
        "series_count": facts.received.series_count,
        "instance_count": facts.received.instance_count,
        "priority": Priority(min((f.run.priority for f in current), default=Priority.MEDIUM)).name,
        "synthetic": study.synthetic,
        "ai": ai_state(facts, current),
        "review": review_state(current),
    }


def current_runs(runs: Sequence[RunFacts]) -> tuple[RunFacts, ...]:
    """Leave out runs that a newer revision of the same app on the same series has replaced."""
    newest: dict[tuple[Any, str], int] = {}
    for facts in runs:
        key = (facts.run.series_id, facts.run.app)
        newest[key] = max(newest.get(key, 0), facts.run.revision)
    return tuple(f for f in runs if f.run.revision == newest[(f.run.series_id, f.run.app)])


def ai_state(facts: StudyFacts, current: Sequence[RunFacts]) -> dict[str, Any]:
    """Say where AI stands on a study: what still works first, then what failed, then what was found."""
    said: dict[str, Any] = {"state": "none", "progress": None, "finding_count": None}
    said |= {"reasons": [], "fault": None, "run_id": None}
    if not current:
        state = "not_evaluable" if facts.not_evaluable else "none"
        return {**said, "state": state, "reasons": list(facts.not_evaluable or facts.why_no_run)}
    for state, word in ((RunState.IN_PROGRESS, "in_progress"), (RunState.SCHEDULED, "scheduled")):
        active = [f for f in current if f.run.state == state]
        if active:
            progress = min(f.progress for f in active) if state == RunState.IN_PROGRESS else None
            return {**said, "state": word, "progress": progress, "run_id": str(active[0].run.pk)}
    ended = [f for f in current if f.run.state == RunState.CANCELED]
    failed = [f for f in ended if f.run.fault]
    if failed:
        run = failed[0].run
        word = "not_evaluable" if run.fault == Fault.INPUT else "failed"
        return {
            **said,
            "state": word,
            "reasons": run.reasons,
            "fault": run.fault,
            "run_id": str(run.pk),
        }
    if len(ended) == len(current):
        return {**said, "reasons": [_STOPPED.to_json()], "run_id": str(ended[0].run.pk)}
    return {**said, **_completed(facts, [f for f in current if f not in ended])}


def _completed(facts: StudyFacts, current: Sequence[RunFacts]) -> dict[str, Any]:
    counted = [f for f in current if f.result_status not in _OVER]
    if not counted:  # images came that no app judges
        state = "not_evaluable" if facts.not_evaluable else "none"
        why = list(facts.not_evaluable or facts.why_no_run)
        return {"state": state, "reasons": why, "run_id": str(current[0].run.pk)}
    mute = [f for f in counted if f.evaluable is False]
    reasons = _once([*(reason for f in mute for reason in f.result_reasons), *facts.not_evaluable])
    if len(mute) == len(counted):
        return {"state": "not_evaluable", "reasons": reasons, "run_id": str(mute[0].run.pk)}
    counts = [f.finding_count for f in counted if f.finding_count is not None]
    return {
        "state": "completed",
        "progress": 1.0,
        "finding_count": sum(counts) if counts else None,
        "reasons": reasons,
        "run_id": str(counted[0].run.pk),
    }


def _once(reasons: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [reason for at, reason in enumerate(reasons) if reason not in reasons[:at]]


def review_state(current: Sequence[RunFacts]) -> str | None:
    """Say how much of what was found has been reviewed; None if nothing was found yet."""
    in_force = (ResultStatus.PRELIMINARY, ResultStatus.CURRENT)
    states = [s for f in current if f.result_status in in_force for s in f.review_states]
    if not states:
        return None
    reviewed = sum(state != ReviewState.UNREVIEWED for state in states)
    if reviewed == 0:
        return "unreviewed"
    return "reviewed" if reviewed == len(states) else "partly"
