"""Moves along the tables of states, shared by the actions of this room."""

from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.runs.events import JobFailed, RunChanged
from allward.runs.models import AppRun, Claim, Job, RunJob
from allward.runs.states import JOB_MAY_BECOME, RUN_MAY_BECOME, JobState, RunState


def move_job(job: Job, new: JobState) -> None:
    """Change a job's state as its table allows; the caller saves it."""
    check_transition(JOB_MAY_BECOME, old=JobState(job.state), new=new, what="a job")
    job.state = new


def move_run(run: AppRun, new: RunState) -> None:
    """Change and save a run's state as its table allows, and tell."""
    check_transition(RUN_MAY_BECOME, old=RunState(run.state), new=new, what="a run")
    run.state = new
    run.save()
    publish(RunChanged(run_id=run.pk), tenant_id=run.tenant_id)


def runs_of(job: Job) -> list[AppRun]:
    """Return the runs that need a job, locked in one order."""
    ids = RunJob.objects.filter(job=job).values_list("run_id", flat=True)
    return list(AppRun.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk"))


def end_run(run: AppRun, state: RunState, *, fault: str, reasons: list[dict[str, str]]) -> None:
    """End a run, and say why if it did not come to a result."""
    run.fault, run.reasons, run.ended_at = fault, reasons, now()
    move_run(run, state)


def cancel_job(job: Job) -> None:
    """End a job that nobody needs any more, and drop its claim."""
    move_job(job, JobState.CANCELED)
    job.ended_at = now()
    job.save()
    Claim.objects.filter(job_id=job.pk).delete()
    publish(JobFailed(job_id=job.pk), tenant_id=job.tenant_id)
