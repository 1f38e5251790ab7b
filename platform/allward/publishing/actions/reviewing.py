"""The operator's word on a submission, and the withdrawal of what was published.

Both are written in the vendor's scope, and say whose word it was and from which tenant.
"""

from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.outbox.publish import publish
from allward.publishing.actions.noting import move, note_submission
from allward.publishing.events import SubmissionAccepted, SubmissionTurnedDown, SubmissionYanked
from allward.publishing.models import ReviewCase, Submission
from allward.publishing.states import SubmissionState
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError


class OwnSubmissionError(AllwardError):
    """Nobody decides on what he has handed in himself. Told to the operator."""


@transaction.atomic
def decide(submission_id: UUID, *, accepted: bool, words: str) -> Submission:
    """Accept a package, which publishes it, or decline it.

    Raises
    ------
    Submission.DoesNotExist
        If the acting tenant has no such submission.
    ForbiddenTransitionError
        If it is not in review.
    OwnSubmissionError
        If the person who decides has handed it in.
    """
    scope = required_scope()
    row = Submission.objects.select_for_update().get(pk=submission_id, tenant_id=scope.acting)
    move(row, SubmissionState.ACCEPTED if accepted else SubmissionState.DECLINED)
    if row.submitted_by == scope.actor:
        raise OwnSubmissionError("who hands a package in does not decide on it; let a colleague do so")
    row.decided_at, row.decided_by, row.words, row.fault = now(), scope.actor, words, ""
    row.save(update_fields=["state", "decided_at", "decided_by", "words", "fault"])
    ReviewCase.objects.filter(tenant_id=scope.acting, submission=row).update(is_open=False)
    event = SubmissionAccepted(row.pk) if accepted else SubmissionTurnedDown(row.pk)
    publish(event, tenant_id=scope.acting)
    note_submission(row, row.state, words=words)
    return row


@transaction.atomic
def yank_submission(submission_id: UUID, *, reason: str) -> Submission:
    """Withdraw a published version; the catalogue says so next, and hospitals as soon as they read it.

    Raises as `decide`, but for the person's own.
    """
    scope = required_scope()
    row = Submission.objects.select_for_update().get(pk=submission_id, tenant_id=scope.acting)
    move(row, SubmissionState.YANKED)
    row.yanked_at, row.yanked_by, row.yank_reason = now(), scope.actor, reason
    row.save(update_fields=["state", "yanked_at", "yanked_by", "yank_reason"])
    publish(SubmissionYanked(row.pk), tenant_id=scope.acting)
    note_submission(row, row.state, reason=reason)
    return row
