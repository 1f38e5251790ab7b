"""Ends of runs, and new beginnings that a person asks for."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from allward.audit.actions import record
from allward.outbox.publish import publish
from allward.runs.actions.moves import cancel_job, end_run, move_job, move_run
from allward.runs.events import JobCompleted, JobScheduled
from allward.runs.models import AppRun, Attempt, Claim, Job, RunJob
from allward.runs.states import JobState, RunState
from allward.tenancy.scope import required_scope


@transaction.atomic
def complete_run(*, run_id: UUID, reasons: list[dict[str, str]]) -> None:
    """End a run whose app has spoken; `reasons` say why it is not evaluable, or nothing."""
    run = AppRun.objects.select_for_update().get(pk=run_id)
    if run.state in (RunState.SCHEDULED, RunState.IN_PROGRESS):
        end_run(run, RunState.COMPLETED, fault="", reasons=reasons)


@transaction.atomic
def fail_run(*, run_id: UUID, fault: str, reasons: list[dict[str, str]]) -> None:
    """End a run that cannot come to a result: CANCELED with a reason, as UPS has it."""
    run = AppRun.objects.select_for_update().get(pk=run_id)
    if run.state in (RunState.SCHEDULED, RunState.IN_PROGRESS):
        end_run(run, RunState.CANCELED, fault=fault, reasons=reasons)


@transaction.atomic
def cancel_run(*, run_id: UUID, fault: str = "", reasons: Sequence[dict[str, str]] = ()) -> AppRun:
    """Cancel a run, and say why; its jobs are canceled unless another run needs them."""
    scope = required_scope()
    jobs = _locked_jobs(run_id)
    run = AppRun.objects.select_for_update().get(pk=run_id)
    end_run(run, RunState.CANCELED, fault=fault, reasons=list(reasons))
    for job in jobs:
        if not _is_needed(job):
            Claim.objects.filter(job_id=job.pk).update(cancel_requested=True)
            if job.state == JobState.SCHEDULED:
                cancel_job(job)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="run", what_id=str(run.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, state="canceled",
    )  # fmt: skip
    return run


class NothingToRepeatError(Exception):
    """The run did not fail and was not canceled, or none of its jobs can be tried again."""


@transaction.atomic
def repeat_run(*, run_id: UUID) -> AppRun:
    """Let a run that failed or was canceled try again, because a person asked for it.

    Raises
    ------
    NothingToRepeatError
        If there is nothing that could be tried again.
    """
    scope = required_scope()
    jobs = _locked_jobs(run_id)
    run = AppRun.objects.select_for_update().get(pk=run_id)
    again = [job for job in jobs if job.state in (JobState.FAILED, JobState.CANCELED)]
    over = all(job.state == JobState.COMPLETED for job in jobs)
    if run.state != RunState.CANCELED or not (again or over):
        raise NothingToRepeatError("this run has nothing that could be tried again")
    run.fault, run.reasons, run.ended_at, run.started_at = "", [], None, None
    move_run(run, RunState.SCHEDULED)
    for job in again:
        _repeat_job(job)
    if over:  # it was canceled in the moment in which its last job was done
        publish(JobCompleted(job_id=jobs[0].pk), tenant_id=run.tenant_id)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="run", what="run", what_id=str(run.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, again=True,
    )  # fmt: skip
    return run


@transaction.atomic
def repeat_job(*, job_id: UUID) -> bool:
    """Let a job that failed or was canceled try again for who needs it still; False if it did neither."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELED):
        return False
    _repeat_job(job)
    return True


@transaction.atomic
def drop_job(*, job_id: UUID) -> None:
    """Cancel a job that no run waits for; one that a worker has in hand is asked to stop."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state not in (JobState.SCHEDULED, JobState.IN_PROGRESS) or _is_needed(job):
        return
    Claim.objects.filter(job_id=job.pk).update(cancel_requested=True)
    if job.state == JobState.SCHEDULED:
        cancel_job(job)


def _is_needed(job: Job) -> bool:
    return RunJob.objects.filter(job=job, run__state__in=(RunState.SCHEDULED, RunState.IN_PROGRESS)).exists()


def _locked_jobs(run_id: UUID) -> list[Job]:
    """Lock a run's jobs; always before the run itself, as those do who end a job."""
    ids = RunJob.objects.filter(run_id=run_id).values_list("job_id", flat=True)
    return list(Job.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))


def _repeat_job(job: Job) -> None:
    last = Attempt.objects.filter(job=job).aggregate(number=Max("number"))["number"] or 0
    move_job(job, JobState.SCHEDULED)
    job.fault, job.reasons, job.ended_at, job.progress = "", [], None, 0.0
    job.tries_from = last + 1
    job.save()
    Claim.objects.update_or_create(
        job_id=job.pk,
        defaults={
            "tenant_id": job.tenant_id,
            "plugin_version_id": job.plugin_version_id,
            "priority": job.priority,
            "due_at": job.due_at,
            "token": last,
        },
    )
    publish(JobScheduled(job_id=job.pk), tenant_id=job.tenant_id)
