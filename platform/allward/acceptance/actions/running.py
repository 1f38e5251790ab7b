"""The run of a set: each case is a job that nobody else is shown, and ends once.

A set is locked before its cases, its cases before their jobs.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.acceptance.actions.sets import locked, note
from allward.acceptance.events import AcceptanceCompared, AcceptanceStarted
from allward.acceptance.models import AcceptanceCase, AcceptanceReport, AcceptanceSet
from allward.acceptance.orders import BadCaseError
from allward.acceptance.queries import others_waiting
from allward.acceptance.states import (
    CASE_MAY_BECOME,
    NOT_OVER,
    SET_MAY_BECOME,
    CaseState,
    SetState,
)
from allward.entitlements.actions import Use, admit
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.registry.trust import refuse_what_no_longer_holds, trust_of
from allward.runs.actions import RunOrder, drop_job, repeat_job, schedule_job
from allward.runs.models import Job
from allward.runs.states import Fault, JobState, Priority
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import required_scope

APP = "acceptance"
"""What usage is counted under: no app of a hospital has asked for it."""

_NO_CASES = Text("Add at least one case first.", "请先添加至少一个病例。")
_CANCELED = Text("The set was canceled.", "该病例集已取消。")
_OUTDATED = Text(
    "Images of this series arrived while the set was running.", "病例集运行期间该序列又收到图像。"
)


@transaction.atomic
def start_set(set_id: UUID) -> AcceptanceSet:
    """Start a set, or start again what was canceled of it; what is done stays done.

    Raises
    ------
    WrongSetStateError
        If it runs or has run to its end.
    BadCaseError
        If it has no case.
    NotPermittedError
        If no run may begin with the version.
    """
    one = locked(set_id, SetState.DRAFT, SetState.CANCELED)
    rows = AcceptanceCase.objects.select_for_update().filter(tenant_id=one.tenant_id, acceptance_set=one)
    cases = list(rows.order_by("number"))
    if not cases:
        raise BadCaseError("no_cases", _NO_CASES)
    refuse_what_no_longer_holds(one.plugin_version, one.tenant_id)
    for case in cases:
        if case.state == CaseState.CANCELED:
            case.job, case.reason = None, None
            _move_case(case, CaseState.WAITING)
    one.started_at, one.reason = one.started_at or now(), None
    _move_set(one, SetState.RUNNING)
    note(one, "started", cases=len(cases))
    publish(AcceptanceStarted(set_id=one.pk), tenant_id=one.tenant_id)
    _end_if_over(one)
    return one


@transaction.atomic
def cancel_set(set_id: UUID) -> AcceptanceSet:
    """Cancel a set that runs or waits for its report; jobs that nothing else needs are ended.

    Raises
    ------
    WrongSetStateError
        If it does neither.
    """
    one = locked(set_id, SetState.RUNNING, SetState.REPORTING)
    rows = AcceptanceCase.objects.select_for_update().filter(
        tenant_id=one.tenant_id, acceptance_set=one, state__in=NOT_OVER
    )
    cases = list(rows.order_by("number"))
    for case in cases:
        case.reason = _CANCELED.to_json()
        _move_case(case, CaseState.CANCELED)
    _move_set(one, SetState.CANCELED)
    for case in sorted(cases, key=lambda each: str(each.job_id)):
        if case.job_id is not None and not others_waiting(one, case.job_id):
            drop_job(job_id=case.job_id)
    note(one, "canceled", cases=len(cases))
    return one


@transaction.atomic
def schedule_case(case_id: UUID) -> None:
    """Ask for the job of a case, once however often it is called; shares one that computes the same."""
    found = _locked_case(case_id, CaseState.WAITING)
    if found is None:
        return
    one, case = found
    refusal = _not_entitled(one, case)
    if refusal is not None:
        _fail(one, case, refusal)
        return
    version = one.plugin_version
    order = RunOrder(
        app=APP,
        app_version=version.version,
        series=case.series,
        input_digest=series_input_digest(case.series_id),
        plugins={one.slot: version},
        priority=Priority.LOW,
        research_only=True,
    )
    job = schedule_job(order, version, parameters=one.parameters)
    if job.state == JobState.CANCELED or (job.state == JobState.FAILED and job.fault != Fault.INPUT):
        repeat_job(job_id=job.pk)
    case.job = job
    _move_case(case, CaseState.RUNNING)


def _not_entitled(one: AcceptanceSet, case: AcceptanceCase) -> Text | None:
    """Return why the publisher does not let this hospital run the plug-in on a study; counts the study."""
    version = one.plugin_version
    use = Use(
        app=APP,
        slot=one.slot,
        plugin_id=version.plugin_id,
        plugin_version=version.version,
        study_id=case.study_id,
        needs_entitlement=bool(version.manifest["licences"].get("entitlement", False)),
    )
    admission = admit(use, trust_of(one.tenant_id))
    return None if admission.admitted else admission.text


@transaction.atomic
def repeat_case(case_id: UUID) -> None:
    """Ask again for the job of a case that somebody else canceled; with other images now, the case failed."""
    found = _locked_case(case_id, CaseState.RUNNING)
    if found is None:
        return
    one, case = found
    assert case.job_id is not None
    job = Job.objects.get(pk=case.job_id)
    if series_input_digest(case.series_id) != job.input_digest:
        _fail(one, case, _OUTDATED)
        return
    repeat_job(job_id=job.pk)


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a case that ran."""

    outcome: dict[str, Any]
    groups: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def end_case(case_id: UUID, ended: Ended) -> None:
    """Keep what came of a case; after the last one the set is over."""
    found = _locked_case(case_id, CaseState.RUNNING)
    if found is None:
        return
    one, case = found
    case.outcome, case.groups = ended.outcome, ended.groups
    _move_case(case, CaseState.DONE)
    _end_if_over(one)


@transaction.atomic
def fail_case(case_id: UUID, reason: Text, *, groups: dict[str, str] | None = None) -> None:
    """Count a case as failed, and say why; after the last one the set is over."""
    found = _locked_case(case_id, CaseState.WAITING, CaseState.RUNNING)
    if found is None:
        return
    one, case = found
    case.groups = groups or {}
    _fail(one, case, reason)


def _fail(one: AcceptanceSet, case: AcceptanceCase, reason: Text) -> None:
    case.reason = reason.to_json()
    _move_case(case, CaseState.FAILED)
    _end_if_over(one)


def _locked_case(case_id: UUID, *states: CaseState) -> tuple[AcceptanceSet, AcceptanceCase] | None:
    """Lock a case of a set that runs, and its set first; None if it is in none of the states."""
    case = AcceptanceCase.objects.filter(pk=case_id, tenant_id=required_scope().acting).first()
    if case is None:
        return None
    rows = AcceptanceSet.objects.select_for_update(of=("self",)).select_related("plugin_version")
    one = rows.get(pk=case.acceptance_set_id)
    case = AcceptanceCase.objects.select_for_update(of=("self",)).select_related("series").get(pk=case.pk)
    if one.state != SetState.RUNNING or case.state not in states:
        return None
    return one, case


def _end_if_over(one: AcceptanceSet) -> None:
    rows = AcceptanceCase.objects.filter(tenant_id=one.tenant_id, acceptance_set=one, state__in=NOT_OVER)
    if rows.exists():
        return
    one.ended_at = now()
    _move_set(one, SetState.REPORTING)
    publish(AcceptanceCompared(set_id=one.pk), tenant_id=one.tenant_id)


@dataclass(frozen=True, slots=True)
class Report:
    """A report whose files are in the storage."""

    digest: str
    """sha256 of `report.json`."""
    keyid: str
    """Of the key that signed it and the PDFs."""
    json_key: str
    pdf_keys: dict[str, str]


@transaction.atomic
def keep_report(set_id: UUID, report: Report) -> None:
    """Keep the report of a set that is over; once."""
    one = AcceptanceSet.objects.select_for_update().get(pk=set_id, tenant_id=required_scope().acting)
    if one.state != SetState.REPORTING:
        return
    AcceptanceReport.objects.create(
        acceptance_set=one,
        digest=report.digest,
        keyid=report.keyid,
        json_key=report.json_key,
        pdf_keys=report.pdf_keys,
        pdf_keyid=report.keyid,
    )
    _move_set(one, SetState.FINISHED)
    note(one, "reported", report=report.digest)


@transaction.atomic
def give_report_up(set_id: UUID, reason: Text) -> None:
    """Keep why the report of a set cannot be made; when the set is started again, it is tried again."""
    one = AcceptanceSet.objects.select_for_update().get(pk=set_id, tenant_id=required_scope().acting)
    if one.state != SetState.REPORTING:
        return
    one.reason = reason.to_json()
    _move_set(one, SetState.CANCELED)
    note(one, "not reported", reason=reason.en)


def _move_set(one: AcceptanceSet, new: SetState) -> None:
    check_transition(SET_MAY_BECOME, old=SetState(one.state), new=new, what="a set")
    one.state = new
    one.save()


def _move_case(case: AcceptanceCase, new: CaseState) -> None:
    check_transition(CASE_MAY_BECOME, old=CaseState(case.state), new=new, what="a case")
    case.state = new
    case.save()
