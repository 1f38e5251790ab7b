"""Steps that tell the pages: look again."""

from allward.outbox.live import tell
from allward.results.events import (
    ResultAccepted,
    ResultReady,
    ResultRejected,
    ResultReviewed,
    ResultSuperseded,
)
from allward.results.models import Result
from allward.runs.events import RunChanged
from allward.runs.models import AppRun
from allward.studies.events import StudyChanged, StudyCompleted
from allward.studies.models import Study
from allward.worklist.queries import items_of


def _tell_study(study: Study) -> None:
    item = items_of([study])[0]
    tell(study.tenant_id, {"type": "study.changed", "study_id": str(study.pk), "item": item})


def announce_study(event: StudyChanged | StudyCompleted) -> None:
    """Send the study's line as it is now."""
    _tell_study(Study.objects.select_related("patient").get(pk=event.study_id))


def announce_run(event: RunChanged) -> None:
    """Send the line of the run's study."""
    run = AppRun.objects.get(pk=event.run_id)
    _tell_study(Study.objects.select_related("patient").get(pk=run.study_id))


def announce_result(
    event: ResultReady | ResultReviewed | ResultAccepted | ResultRejected | ResultSuperseded,
) -> None:
    """Say that a result is to be read (again), and send the line of its study."""
    result = Result.objects.get(pk=event.result_id)
    word = {"type": "result.changed", "study_id": str(result.study_id), "result_id": str(result.pk)}
    tell(result.tenant_id, word)
    _tell_study(Study.objects.select_related("patient").get(pk=result.study_id))
