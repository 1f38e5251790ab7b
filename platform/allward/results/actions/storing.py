"""A run's app has spoken: what it said is kept, and what it takes the place of ends."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.outbox.publish import publish
from allward.results.actions.standing import (
    in_force_before,
    is_reviewed,
    newer_results,
    note_superseded,
    supersede,
)
from allward.results.events import ResultReady
from allward.results.models import FindingRecord, Result
from allward.results.states import IN_FORCE, ResultStatus
from allward.runs.models import AppRun
from allward.studies.models import Series
from allward_sdk.results import CaseResult


@dataclass(frozen=True, slots=True)
class Shown:
    """What the screen needs beside the case result."""

    labelmap_key: str
    """Empty: no outlines."""
    geometry: dict[str, Any] | None
    segments: list[dict[str, Any]]
    plugins: list[dict[str, Any]]
    image_uids: tuple[str, ...] = ()
    """SOP Instance UIDs of the images that the jobs read, by growing k."""
    arrays_key: str = ""
    """Storage key of the arrays that the case result's records name; empty: none."""
    labels: list[dict[str, Any]] | None = None
    """Labels of the map that the app drew; None: its first plug-in drew it."""


@transaction.atomic
def store_result(
    *, run: AppRun, case_result: CaseResult, reasons: list[dict[str, str]], shown: Shown
) -> Result:
    """Keep what a run's app said, once; earlier results of the app on this series that nobody has reviewed
    are superseded.

    Those that a person has reviewed stand until a person has judged this one. One that comes after the
    result of a later run is superseded from the beginning, and nobody is told of it.
    """
    Series.objects.select_for_update().get(pk=run.series_id)  # two runs of it see one another's results
    known = Result.objects.filter(run=run).first()
    if known is not None:
        return known
    unreviewed = [earlier for earlier in in_force_before(run) if not is_reviewed(earlier)]
    is_late = newer_results(run).exists()
    result = Result.objects.create(
        status=ResultStatus.SUPERSEDED if is_late else ResultStatus.PRELIMINARY,
        run=run,
        study_id=run.study_id,
        series_id=run.series_id,
        evaluable=case_result.evaluable,
        reasons=reasons,
        research_only=run.research_only,
        labelmap_key=shown.labelmap_key,
        geometry=shown.geometry,
        arrays_key=shown.arrays_key,
        image_uids=list(shown.image_uids),
        segments=shown.segments,
        labels=shown.labels,
        plugins=shown.plugins,
        case_result=case_result.model_dump(mode="json"),
    )
    FindingRecord.objects.bulk_create(
        FindingRecord(result=result, ordinal=ordinal, finding=finding.model_dump(mode="json"))
        for ordinal, finding in enumerate(case_result.findings, start=1)
    )
    for earlier in unreviewed:
        supersede(earlier, by=result)
    if is_late:
        note_superseded(result, by=newer_results(run).order_by("-run__revision")[0], was_reviewed=False)
    else:
        publish(ResultReady(result_id=result.pk), tenant_id=run.tenant_id)
    return result


@transaction.atomic
def supersede_outdated(*, series_id: UUID, run_ids: Collection[UUID]) -> None:
    """End the results of these runs of a series that nobody has reviewed: there are other images now.

    What a person has reviewed stands; but it can no longer be accepted.
    """
    Series.objects.select_for_update().get(pk=series_id)
    rows = Result.objects.select_for_update(of=("self",)).filter(run_id__in=run_ids, status__in=IN_FORCE)
    for result in rows.order_by("-run__revision"):
        if not is_reviewed(result):
            supersede(result, by=None)
