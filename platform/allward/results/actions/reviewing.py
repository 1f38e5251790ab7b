"""A person's word on findings."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.states import ForbiddenTransitionError, check_transition
from allward.results.actions.standing import (
    ReviewConflictError,
    ReviewRefusedError,
    conclude,
    locked,
    refuse_outdated,
)
from allward.results.models import FindingRecord, Result, Review
from allward.results.sights import unseen_by
from allward.results.states import IN_FORCE, REVIEW_MAY_BECOME, ReviewState
from allward.tenancy.scope import required_scope

_STATE_AFTER = {
    "accept": ReviewState.ACCEPTED,
    "reject": ReviewState.REJECTED,
    "reset": ReviewState.UNREVIEWED,
}

REJECT_REASONS = frozenset({"false_positive", "wrong_boundary", "wrong_label", "image_quality", "other"})


class UnseenError(Exception):
    """All are to be accepted, and somebody has not looked at all of them; `finding_ids` says at which."""

    def __init__(self, finding_ids: Sequence[UUID]) -> None:
        super().__init__(f"{len(finding_ids)} findings have not been looked at")
        self.finding_ids = tuple(finding_ids)


@transaction.atomic
def review_finding(
    *, finding_id: UUID, decision: str, reason: str, version: int, author_name: str
) -> FindingRecord:
    """Give or change a person's word on a finding.

    Raises
    ------
    ReviewConflictError
        If `version` is not the finding's present one, or a correction took it away.
    ReviewRefusedError
        If the decision is unknown, a rejection has no known reason, or the result is superseded; if it is
        to be accepted although it is not about all of the images, or a newer one is there.
    """
    finding = FindingRecord.every.select_for_update().get(pk=finding_id)
    result = locked(finding.result_id)
    new = _STATE_AFTER.get(decision)
    if new is None:
        raise ReviewRefusedError(f"{decision!r} is no decision; say accept, reject or reset")
    if new == ReviewState.REJECTED and reason not in REJECT_REASONS:
        raise ReviewRefusedError("a rejection needs one of the known reasons")
    _refuse_over(result)
    if new == ReviewState.ACCEPTED:
        refuse_outdated(result.run)
    if finding.version != version or not finding.in_force:
        raise ReviewConflictError("somebody else has reviewed this finding; look at it again")
    give_word(finding, decision, reason=reason, author_name=author_name)
    conclude(result)
    return finding


@transaction.atomic
def accept_all(*, result_id: UUID, version: int, author_name: str) -> list[UUID]:
    """Accept every finding of a result that has no word yet; return which these were.

    Raises
    ------
    ReviewConflictError
        If `version` is not the result's present one: it was corrected in the meantime.
    UnseenError
        If this person has not seen one of them as it is now.
    ReviewRefusedError
        As `review_finding`.
    """
    records = list(
        FindingRecord.objects.select_for_update()
        .filter(result_id=result_id, review_state=ReviewState.UNREVIEWED)
        .order_by("pk")
    )
    result = locked(result_id)
    _refuse_over(result)
    refuse_outdated(result.run)
    if result.version != version:
        raise ReviewConflictError("somebody else has corrected this result; look at it again")
    scope = required_scope()
    if scope.user_id is None:
        raise ReviewRefusedError("only a person reviews")
    records.sort(key=lambda each: each.ordinal)
    unseen = unseen_by(scope.user_id, records)
    if unseen:
        raise UnseenError([each.pk for each in unseen])
    for each in records:
        give_word(each, "accept", reason="", author_name=author_name)
    if records:
        conclude(result)
    return [each.pk for each in records]


def give_word(finding: FindingRecord, decision: str, *, reason: str, author_name: str) -> None:
    """Write a person's word on a finding that is locked; whoever calls concludes what it means.

    Raises
    ------
    ReviewRefusedError
        If nobody is there to give it, or it is the word that stands already.
    """
    scope = required_scope()
    if scope.user_id is None:
        raise ReviewRefusedError("only a person reviews")
    new = _STATE_AFTER[decision]
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


def _refuse_over(result: Result) -> None:
    if result.status not in IN_FORCE:
        raise ReviewRefusedError(f"this result is {result.status}; review the newer one")
