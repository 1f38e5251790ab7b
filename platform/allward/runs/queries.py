"""Questions about runs and jobs."""

from uuid import UUID

from allward.runs.models import CURRENT, AppRun, Job, RunJob
from allward.runs.states import RunState


def waiting_runs_of_job(job_id: UUID) -> list[AppRun]:
    """Return the runs that wait for this job."""
    ids = RunJob.objects.filter(job_id=job_id).values_list("run_id", flat=True)
    return list(
        AppRun.objects.filter(
            pk__in=list(ids), state__in=(RunState.SCHEDULED, RunState.IN_PROGRESS)
        ).order_by("pk")
    )


def outdated_runs(*, series_id: UUID, input_digest: str) -> list[AppRun]:
    """Return the runs on a series whose app has no run on its present images, the oldest first."""
    runs = list(AppRun.objects.filter(series_id=series_id).order_by("revision"))
    on_present = {run.app for run in runs if run.input_digest == input_digest}
    return [run for run in runs if run.app not in on_present]


def jobs_of_run(run_id: UUID, *, of_input: str = CURRENT) -> dict[str, Job]:
    """Return a run's jobs on one of its inputs by slot, with their plug-in versions."""
    needs = RunJob.objects.filter(run_id=run_id, input=of_input).select_related("job__plugin_version")
    return {need.slot: need.job for need in needs}
