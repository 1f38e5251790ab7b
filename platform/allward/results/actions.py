"""Every way results, findings and reviews are written."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allward.audit.actions import record
from allward.kernel.states import ForbiddenTransitionError, check_transition
from allward.outbox.publish import publish
from allward.results.events import (
    ResultAccepted,
    ResultReady,
    ResultRejected,
    ResultReviewed,
    ResultSuperseded,
)
from allward.results.models import FindingRecord, Result, ResultObject, Review
from allward.results.states import IN_FORCE, REVIEW_MAY_BECOME, STATUS_MAY_BECOME, ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.studies.models import Series
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import required_scope
from allward_sdk.results import CaseResult

_STATE_AFTER = {
    "accept": ReviewState.ACCEPTED,
    "reject": ReviewState.REJECTED,
    "reset": ReviewState.UNREVIEWED,
}

REJECT_REASONS = frozenset({"false_positive", "wrong_boundary", "wrong_label", "image_quality", "other"})


class ReviewConflictError(Exception):
    """Somebody else has reviewed the finding in the meantime."""


class ReviewRefusedError(Exception):
    """This review cannot be: the decision is unknown, a reason is missing, or the result is not in force."""


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
    unreviewed = [earlier for earlier in _in_force_before(run) if not is_reviewed(earlier)]
    is_late = _newer_results(run).exists()
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
        plugins=shown.plugins,
        case_result=case_result.model_dump(mode="json"),
    )
    FindingRecord.objects.bulk_create(
        FindingRecord(result=result, ordinal=ordinal, finding=finding.model_dump(mode="json"))
        for ordinal, finding in enumerate(case_result.findings, start=1)
    )
    for earlier in unreviewed:
        _supersede(earlier, by=result)
    if is_late:
        _note_superseded(result, by=_newer_results(run).order_by("-run__revision")[0], was_reviewed=False)
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
            _supersede(result, by=None)


def is_reviewed(result: Result) -> bool:
    """Tell whether a person's word stands on a result: on a finding, or in a report that may have left."""
    words = FindingRecord.objects.filter(result=result).exclude(review_state=ReviewState.UNREVIEWED)
    reports = ResultObject.objects.filter(result=result, verified=True, rejected_at=None)
    return words.exists() or reports.exists()


def _in_force_before(run: AppRun) -> list[Result]:
    """Return earlier results of a run's app on its series that are in force; locked, the latest first."""
    rows = Result.objects.select_for_update(of=("self",)).filter(
        series_id=run.series_id, run__app=run.app, run__revision__lt=run.revision, status__in=IN_FORCE
    )
    return list(rows.order_by("-run__revision"))


def _newer_results(run: AppRun) -> QuerySet[Result]:
    return Result.objects.filter(
        series_id=run.series_id, run__app=run.app, run__revision__gt=run.revision
    ).exclude(status=ResultStatus.WITHDRAWN)


def _supersede(result: Result, *, by: Result | None) -> None:
    was_reviewed = is_reviewed(result)
    _move(result, ResultStatus.SUPERSEDED)
    publish(ResultSuperseded(result_id=result.pk), tenant_id=result.tenant_id)
    _note_superseded(result, by=by, was_reviewed=was_reviewed)


def _note_superseded(result: Result, *, by: Result | None, was_reviewed: bool) -> None:
    scope = required_scope()
    record(
        tenant_id=result.tenant_id, actor=scope.actor, action="change", what="result", what_id=str(result.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, status=ResultStatus.SUPERSEDED.value,
        superseded_by=str(by.pk) if by else None, was_reviewed=was_reviewed,
    )  # fmt: skip


def _move(result: Result, new: ResultStatus) -> None:
    if result.status == new:
        return
    check_transition(STATUS_MAY_BECOME, old=ResultStatus(result.status), new=new, what="a result")
    result.status = new
    result.save(update_fields=["status"])


@transaction.atomic
def review_finding(
    *, finding_id: UUID, decision: str, reason: str, version: int, author_name: str
) -> FindingRecord:
    """Give or change a person's word on a finding.

    Raises
    ------
    ReviewConflictError
        If `version` is not the finding's present one.
    ReviewRefusedError
        If the decision is unknown, a rejection has no known reason, or the result is superseded; if it is
        to be accepted although it is not about all of the images, or a newer one is there.
    """
    scope = required_scope()
    finding = FindingRecord.objects.select_for_update().get(pk=finding_id)
    result = Result.objects.select_for_update(of=("self",)).select_related("run").get(pk=finding.result_id)
    new = _STATE_AFTER.get(decision)
    if new is None:
        raise ReviewRefusedError(f"{decision!r} is no decision; say accept, reject or reset")
    if new == ReviewState.REJECTED and reason not in REJECT_REASONS:
        raise ReviewRefusedError("a rejection needs one of the known reasons")
    if result.status not in IN_FORCE:
        raise ReviewRefusedError(f"this result is {result.status}; review the newer one")
    if new == ReviewState.ACCEPTED:
        _refuse_outdated(result.run)
    if finding.version != version:
        raise ReviewConflictError("somebody else has reviewed this finding; look at it again")
    if scope.user_id is None:
        raise ReviewRefusedError("only a person reviews")
    try:
        check_transition(REVIEW_MAY_BECOME, old=ReviewState(finding.review_state), new=new, what="a finding")
    except ForbiddenTransitionError as error:
        raise ReviewRefusedError(str(error)) from error
    finding.review_state = new
    finding.version += 1
    finding.save(update_fields=["review_state", "version"])
    Review.objects.create(
        finding=finding, decision=decision, reason=reason if new == ReviewState.REJECTED else "",
        author_id=scope.user_id, author_name=author_name, author_tenant_id=scope.home,
    )  # fmt: skip
    record(
        tenant_id=scope.acting, actor=scope.actor, action="review", what="finding", what_id=str(finding.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, decision=decision, reason=reason,
    )  # fmt: skip
    _conclude(result)
    return finding


def _refuse_outdated(run: AppRun) -> None:
    """Let nobody accept what is not about the images as they are now; to reject it is always possible."""
    if _newer_results(run).exists():
        raise ReviewRefusedError("there is a newer result; review that one")
    if run.input_digest != series_input_digest(run.series_id):
        raise ReviewRefusedError("images have arrived since this result was made; it cannot be accepted")


def _conclude(result: Result) -> None:
    """Tell what the findings' states mean for the result as a whole, and for those that stood until now."""
    states = set(FindingRecord.objects.filter(result=result).values_list("review_state", flat=True))
    event: ResultReviewed | ResultAccepted | ResultRejected
    if ReviewState.UNREVIEWED in states:
        _move(result, ResultStatus.PRELIMINARY)
        event = ResultReviewed(result_id=result.pk)
    elif ReviewState.ACCEPTED in states:
        _move(result, ResultStatus.CURRENT)
        event = ResultAccepted(result_id=result.pk)
    else:
        _move(result, ResultStatus.CURRENT)
        event = ResultRejected(result_id=result.pk)
    publish(event, tenant_id=result.tenant_id)
    if ReviewState.UNREVIEWED not in states:
        for earlier in _in_force_before(result.run):
            _supersede(earlier, by=result)
