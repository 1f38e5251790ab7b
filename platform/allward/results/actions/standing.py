"""How a result stands to other results and to people's words: what every action on it has to obey."""

from uuid import UUID

from django.db.models import QuerySet

from allward.audit.actions import record
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.results.events import ResultAccepted, ResultRejected, ResultReviewed, ResultSuperseded
from allward.results.models import FindingRecord, Result, ResultObject
from allward.results.states import IN_FORCE, STATUS_MAY_BECOME, ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import required_scope


class ReviewConflictError(Exception):
    """Somebody else has reviewed or corrected it in the meantime."""


class ReviewRefusedError(Exception):
    """This review or correction cannot be: it is not known, something is missing, or the result is over."""


def locked(result_id: UUID) -> Result:
    """Return a result that nobody else changes until this transaction ends."""
    return Result.objects.select_for_update(of=("self",)).select_related("run").get(pk=result_id)


def is_reviewed(result: Result) -> bool:
    """Tell whether a person's word or work stands on a result, or a report of it that may have left."""
    words = FindingRecord.objects.filter(result=result).exclude(review_state=ReviewState.UNREVIEWED)
    reports = ResultObject.objects.filter(result=result, verified=True, rejected_at=None)
    return result.version > 1 or words.exists() or reports.exists()


def in_force_before(run: AppRun) -> list[Result]:
    """Return earlier results of a run's app on its series that are in force; locked, the latest first."""
    rows = Result.objects.select_for_update(of=("self",)).filter(
        series_id=run.series_id, run__app=run.app, run__revision__lt=run.revision, status__in=IN_FORCE
    )
    return list(rows.order_by("-run__revision"))


def newer_results(run: AppRun) -> QuerySet[Result]:
    """Return the results of later runs of a run's app on its series."""
    return Result.objects.filter(
        series_id=run.series_id, run__app=run.app, run__revision__gt=run.revision
    ).exclude(status=ResultStatus.WITHDRAWN)


def supersede(result: Result, *, by: Result | None) -> None:
    """End a result; None: no newer one is there yet."""
    was_reviewed = is_reviewed(result)
    _move(result, ResultStatus.SUPERSEDED)
    publish(ResultSuperseded(result_id=result.pk), tenant_id=result.tenant_id)
    note_superseded(result, by=by, was_reviewed=was_reviewed)


def note_superseded(result: Result, *, by: Result | None, was_reviewed: bool) -> None:
    """Leave in the audit trail that a result is over, and why."""
    scope = required_scope()
    record(
        tenant_id=result.tenant_id, actor=scope.actor, action="change", what="result", what_id=str(result.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, status=ResultStatus.SUPERSEDED.value,
        superseded_by=str(by.pk) if by else None, was_reviewed=was_reviewed,
    )  # fmt: skip


def refuse_outdated(run: AppRun) -> None:
    """Let nobody accept what is not about the images as they are now; to reject it is always possible.

    Raises
    ------
    ReviewRefusedError
        If there is a newer result, or other images than those that this one is about.
    """
    if newer_results(run).exists():
        raise ReviewRefusedError("there is a newer result; review that one")
    if run.input_digest != series_input_digest(run.series_id):
        raise ReviewRefusedError("images have arrived since this result was made; it cannot be accepted")


def conclude(result: Result) -> None:
    """Tell what the findings' states mean for the result as a whole, and for those that stood until now."""
    states = set(FindingRecord.objects.filter(result=result).values_list("review_state", flat=True))
    is_open = not states or ReviewState.UNREVIEWED in states
    event: ResultReviewed | ResultAccepted | ResultRejected
    if is_open:
        _move(result, ResultStatus.PRELIMINARY)
        event = ResultReviewed(result_id=result.pk)
    elif ReviewState.ACCEPTED in states:
        _move(result, ResultStatus.CURRENT)
        event = ResultAccepted(result_id=result.pk)
    else:
        _move(result, ResultStatus.CURRENT)
        event = ResultRejected(result_id=result.pk)
    publish(event, tenant_id=result.tenant_id)
    if not is_open:
        for earlier in in_force_before(result.run):
            supersede(earlier, by=result)


def _move(result: Result, new: ResultStatus) -> None:
    if result.status == new:
        return
    check_transition(STATUS_MAY_BECOME, old=ResultStatus(result.status), new=new, what="a result")
    result.status = new
    result.save(update_fields=["status"])
