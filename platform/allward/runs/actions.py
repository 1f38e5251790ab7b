"""Every way runs and jobs are written: one function, one transaction, one event. Leases: `claims.py`."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.registry.models import PluginVersion
from allward.runs.events import JobCompleted, JobFailed, JobScheduled, RunChanged
from allward.runs.keys import job_key, run_key
from allward.runs.models import AppRun, Attempt, Claim, DecisionTrace, Job, RunJob
from allward.runs.states import (
    JOB_MAY_BECOME,
    RUN_MAY_BECOME,
    Fault,
    JobState,
    RunState,
)
from allward.studies.models import Series
from allward.tenancy.scope import required_scope


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What is to be run: one app version on one series, each slot filled by one plug-in version."""

    app: str
    app_version: str
    series: Series
    input_digest: str
    plugins: dict[str, PluginVersion]
    """slot -> version."""
    priority: int
    research_only: bool
    department_id: UUID | None = None


@transaction.atomic
def schedule_run(order: RunOrder) -> tuple[AppRun, bool]:
    """Create a run with its jobs, once however often it is called; return it and whether it is new."""
    scope = required_scope()
    digests = {slot: plugin.digest for slot, plugin in sorted(order.plugins.items())}
    key = run_key(
        app=order.app, app_version=order.app_version, plugin_digests=digests, parameters={},
        input_digest=order.input_digest,
    )  # fmt: skip
    earlier = AppRun.objects.filter(series=order.series, app=order.app).count()
    run, created = AppRun.objects.get_or_create(
        tenant_id=scope.acting,
        series=order.series,
        key=key,
        defaults={
            "study_id": order.series.study_id,
            "department_id": order.department_id,
            "app": order.app,
            "app_version": order.app_version,
            "plugin_digests": digests,
            "input_digest": order.input_digest,
            "revision": earlier + 1,
            "priority": order.priority,
            "research_only": order.research_only,
        },
    )
    if created:
        for slot, plugin in order.plugins.items():
            job = _schedule_job(order, plugin)
            RunJob.objects.create(run=run, job=job, slot=slot)
        record(
            tenant_id=scope.acting, actor=scope.actor, action="run", what="run", what_id=str(run.pk),
            app=order.app, version=order.app_version, plugins=digests, user_id=scope.user_id,
            user_tenant_id=scope.home,
        )  # fmt: skip
        publish(RunChanged(run_id=run.pk), tenant_id=scope.acting)
    return run, created


def _schedule_job(order: RunOrder, plugin: PluginVersion) -> Job:
    tenant_id = required_scope().acting
    key = job_key(input_digest=order.input_digest, plugin_digest=plugin.digest, parameters={})
    job, created = Job.objects.get_or_create(
        tenant_id=tenant_id,
        key=key,
        defaults={
            "plugin_version": plugin,
            "study_id": order.series.study_id,
            "series": order.series,
            "input_digest": order.input_digest,
            "priority": order.priority,
        },
    )
    if created:
        Claim.objects.create(job_id=job.pk, tenant_id=tenant_id, priority=order.priority)
        publish(JobScheduled(job_id=job.pk), tenant_id=tenant_id)
    elif job.state == JobState.COMPLETED:
        publish(JobCompleted(job_id=job.pk), tenant_id=tenant_id)
    elif job.state in (JobState.FAILED, JobState.CANCELED):
        publish(JobFailed(job_id=job.pk), tenant_id=tenant_id)
    return job


@dataclass(frozen=True, slots=True)
class JobOutput:
    """What a completed job leaves."""

    labelmap_key: str
    labelmap_sha256: str
    geometry: dict[str, Any]
    stages_run: list[str]
    device: str
    model_digests: dict[str, str]
    timings_s: dict[str, float]
    first_unit_at: datetime | None = None


def _move_job(job: Job, new: JobState) -> None:
    check_transition(JOB_MAY_BECOME, old=JobState(job.state), new=new, what="a job")
    job.state = new


def _move_run(run: AppRun, new: RunState) -> None:
    check_transition(RUN_MAY_BECOME, old=RunState(run.state), new=new, what="a run")
    run.state = new
    run.save()
    publish(RunChanged(run_id=run.pk), tenant_id=run.tenant_id)


def _runs_of(job: Job) -> list[AppRun]:
    ids = RunJob.objects.filter(job=job).values_list("run_id", flat=True)
    return list(AppRun.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))


@transaction.atomic
def start_attempt(*, job_id: UUID, token: int, worker: str) -> Job | None:
    """Begin the attempt that a claim allows; None if the job is over already.

    An attempt that was still open lost its lease and is closed as lost.
    """
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state not in (JobState.SCHEDULED, JobState.IN_PROGRESS):
        return None
    Attempt.objects.filter(job=job, ended_at=None).update(ended_at=now(), outcome="lost")
    if job.state == JobState.IN_PROGRESS:
        _move_job(job, JobState.SCHEDULED)
    _move_job(job, JobState.IN_PROGRESS)
    job.started_at = now()
    job.progress = 0.0
    job.stage = ""
    job.save()
    Attempt.objects.create(job=job, number=token, worker=worker)
    for run in _runs_of(job):
        if run.state == RunState.SCHEDULED:
            run.started_at = now()
            _move_run(run, RunState.IN_PROGRESS)
    return job


def _end_attempt(*, job: Job, token: int, outcome: str, message: str = "") -> bool:
    """Close the attempt of this token; False if a newer one has taken the job over."""
    ended = Attempt.objects.filter(job=job, number=token, ended_at=None).update(
        ended_at=now(), outcome=outcome, message=message
    )
    return bool(ended)


def note_progress(*, job_id: UUID, token: int, fraction: float, stage: str) -> None:
    """Keep how far a job is, if the token is still the one in force."""
    with transaction.atomic():
        if Attempt.objects.filter(job_id=job_id, number=token, ended_at=None).exists():
            Job.objects.filter(pk=job_id, state=JobState.IN_PROGRESS).update(progress=fraction, stage=stage)


@transaction.atomic
def complete_job(*, job_id: UUID, token: int, output: JobOutput) -> bool:
    """Store a job's output; False, and nothing is changed, if the token is no longer in force."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(job=job, token=token, outcome="completed"):
        return False
    _move_job(job, JobState.COMPLETED)
    job.progress, job.stage, job.ended_at = 1.0, "", now()
    job.labelmap_key, job.labelmap_sha256 = output.labelmap_key, output.labelmap_sha256
    job.geometry, job.device, job.stages_run = output.geometry, output.device, output.stages_run
    job.model_digests, job.timings_s = output.model_digests, output.timings_s
    job.first_unit_at = output.first_unit_at
    job.save()
    Claim.objects.filter(job_id=job.pk).delete()
    publish(JobCompleted(job_id=job.pk), tenant_id=job.tenant_id)
    return True


@transaction.atomic
def fail_job(*, job_id: UUID, token: int, fault: Fault, reason: dict[str, str]) -> bool:
    """End a job without output, and say whose fault it is; False if the token is no longer in force."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(
        job=job, token=token, outcome="failed", message=reason["en"]
    ):
        return False
    _move_job(job, JobState.FAILED)
    job.fault, job.reasons, job.ended_at = fault, [reason], now()
    job.save()
    Claim.objects.filter(job_id=job.pk).delete()
    publish(JobFailed(job_id=job.pk), tenant_id=job.tenant_id)
    return True


@transaction.atomic
def give_back_job(*, job_id: UUID, token: int, message: str) -> bool:
    """End an attempt that could not be finished just now; the job waits for the next one."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(
        job=job, token=token, outcome="temporary", message=message
    ):
        return False
    _move_job(job, JobState.SCHEDULED)
    job.save()
    for run in _runs_of(job):
        publish(RunChanged(run_id=run.pk), tenant_id=run.tenant_id)
    return True


@transaction.atomic
def cancel_run(*, run_id: UUID) -> AppRun:
    """Cancel a run; its jobs are canceled unless another run needs them."""
    scope = required_scope()
    run = AppRun.objects.select_for_update().get(pk=run_id)
    _end_run(run, RunState.CANCELED, fault="", reasons=[])
    for job in Job.objects.filter(runjob__run=run, state__in=(JobState.SCHEDULED, JobState.IN_PROGRESS)):
        needed = RunJob.objects.filter(job=job, run__state__in=(RunState.SCHEDULED, RunState.IN_PROGRESS))
        if not needed.exists():
            Claim.objects.filter(job_id=job.pk).update(cancel_requested=True)
            if job.state == JobState.SCHEDULED:
                _cancel(job)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="run", what_id=str(run.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, state="canceled",
    )  # fmt: skip
    return run


def _cancel(job: Job) -> None:
    _move_job(job, JobState.CANCELED)
    job.ended_at = now()
    job.save()
    Claim.objects.filter(job_id=job.pk).delete()
    publish(JobFailed(job_id=job.pk), tenant_id=job.tenant_id)


@transaction.atomic
def confirm_cancel(*, job_id: UUID, token: int) -> bool:
    """End a job whose worker stopped because it was asked to."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(job=job, token=token, outcome="canceled"):
        return False
    _cancel(job)
    return True


@transaction.atomic
def repeat_job(*, job_id: UUID) -> None:
    """Let a failed or canceled job run again because a person asked for it; its runs wait for it anew."""
    scope = required_scope()
    job = Job.objects.select_for_update().get(pk=job_id)
    _move_job(job, JobState.SCHEDULED)
    job.fault, job.reasons, job.ended_at, job.progress = "", [], None, 0.0
    job.save()
    token = Attempt.objects.filter(job=job).count()
    Claim.objects.create(job_id=job.pk, tenant_id=job.tenant_id, priority=job.priority, token=token)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="run", what="job", what_id=str(job.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, again=True,
    )  # fmt: skip
    publish(JobScheduled(job_id=job.pk), tenant_id=job.tenant_id)


def _end_run(run: AppRun, state: RunState, *, fault: str, reasons: list[dict[str, str]]) -> None:
    run.fault, run.reasons, run.ended_at = fault, reasons, now()
    _move_run(run, state)


@transaction.atomic
def complete_run(*, run_id: UUID, reasons: list[dict[str, str]]) -> None:
    """End a run whose app has spoken; `reasons` say why it is not evaluable, or nothing."""
    run = AppRun.objects.select_for_update().get(pk=run_id)
    if run.state in (RunState.SCHEDULED, RunState.IN_PROGRESS):
        _end_run(run, RunState.COMPLETED, fault="", reasons=reasons)


@transaction.atomic
def fail_run(*, run_id: UUID, fault: str, reasons: list[dict[str, str]]) -> None:
    """End a run that cannot come to a result: CANCELED with a reason, as UPS has it."""
    run = AppRun.objects.select_for_update().get(pk=run_id)
    if run.state in (RunState.SCHEDULED, RunState.IN_PROGRESS):
        _end_run(run, RunState.CANCELED, fault=fault, reasons=reasons)


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a rule did or did not start an app on a series."""

    rule_name: str
    app: str
    series_id: UUID | None
    ran: bool
    clause: str
    not_evaluable: bool
    detail: dict[str, str]


@transaction.atomic
def write_traces(*, study_id: UUID, study_revision: int, traces: list[Trace]) -> None:
    """Keep what was decided for a revision of a study, in place of what was decided for it before."""
    DecisionTrace.objects.filter(study_id=study_id, study_revision=study_revision).delete()
    DecisionTrace.objects.bulk_create(
        DecisionTrace(study_id=study_id, study_revision=study_revision, **asdict(trace)) for trace in traces
    )
