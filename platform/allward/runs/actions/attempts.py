"""Tries at a job: begun under a token, ended once; what an outdated token says changes nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.outbox.publish import publish
from allward.runs.actions.moves import cancel_job, move_job, move_run, runs_of
from allward.runs.events import JobCompleted, JobFailed, RunChanged
from allward.runs.models import Attempt, Claim, Job
from allward.runs.states import Fault, JobState, RunState


@dataclass(frozen=True, slots=True)
class JobOutput:
    """What a completed job leaves."""

    labelmap_key: str
    """Empty: no outlines."""
    labelmap_sha256: str
    geometry: dict[str, Any]
    stages_run: list[str]
    device: str
    model_digests: dict[str, str]
    timings_s: dict[str, float]
    first_unit_at: datetime | None = None
    found: list[dict[str, Any]] = field(default_factory=list)
    """Records beside the outlines, as JSON."""
    arrays_key: str = ""
    """Empty: no arrays."""
    arrays_sha256: str = ""


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
        move_job(job, JobState.SCHEDULED)
    move_job(job, JobState.IN_PROGRESS)
    job.started_at = now()
    job.progress = 0.0
    job.stage = ""
    job.save()
    Attempt.objects.create(job=job, number=token, worker=worker)
    for run in runs_of(job):
        if run.state == RunState.SCHEDULED:
            run.started_at = now()
            move_run(run, RunState.IN_PROGRESS)
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
    move_job(job, JobState.COMPLETED)
    job.progress, job.stage, job.ended_at = 1.0, "", now()
    job.labelmap_key, job.labelmap_sha256 = output.labelmap_key, output.labelmap_sha256
    job.found, job.arrays_key, job.arrays_sha256 = output.found, output.arrays_key, output.arrays_sha256
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
    move_job(job, JobState.FAILED)
    job.fault, job.reasons, job.ended_at = fault, [reason], now()
    job.save()
    Claim.objects.filter(job_id=job.pk).delete()
    publish(JobFailed(job_id=job.pk), tenant_id=job.tenant_id)
    return True


@transaction.atomic
def give_back_job(*, job_id: UUID, token: int, message: str, outcome: str = "temporary") -> bool:
    """End an attempt that could not be finished just now; the job waits for the next one."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(
        job=job, token=token, outcome=outcome, message=message
    ):
        return False
    move_job(job, JobState.SCHEDULED)
    job.save()
    for run in runs_of(job):
        publish(RunChanged(run_id=run.pk), tenant_id=run.tenant_id)
    return True


@transaction.atomic
def confirm_cancel(*, job_id: UUID, token: int) -> bool:
    """End a job whose worker stopped because it was asked to."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.state != JobState.IN_PROGRESS or not _end_attempt(job=job, token=token, outcome="canceled"):
        return False
    cancel_job(job)
    return True
