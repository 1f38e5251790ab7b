"""A check begins, tells line by line, and ends; one that died begins anew.

Who checks holds a lease and the number of the check. A process that was taken for lost finds another number
in the row and stops; the lines that it wrote stay and count for nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.publishing.actions.noting import move, note_submission
from allward.publishing.actions.turns import one_at_a_time
from allward.publishing.events import SubmissionTurnedDown
from allward.publishing.models import CheckLine, ReviewCase, Submission
from allward.publishing.states import SubmissionState
from allward.storage.place import storage
from allward_sdk.errors import TemporaryError

LEASE = timedelta(seconds=30)
"""A check that is not heard of for so long counts as lost."""

MOST_CHECKS = 5
"""A package whose check dies so often is refused."""

_DIED = Text(
    f"The check broke off {MOST_CHECKS} times. Hand the package in again, or ask the platform's operator.",
    f"检查已中断 {MOST_CHECKS} 次。请重新提交，或联系平台运维人员。",
)


class CheckTakenOverError(TemporaryError):
    """Another process has begun this check anew. Told to nobody."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one package."""

    submission_id: UUID
    number: int
    path: Path
    digest: str
    """sha256 of what was handed in."""


@transaction.atomic
def begin_check(submission_id: UUID) -> Check | None:
    """Take a submission for checking; None if there is nothing to check any more.

    Raises
    ------
    TemporaryError
        While another process is at it, or at another package of the same vendor.
    """
    row = Submission.objects.select_for_update().get(pk=submission_id)
    if row.state not in (SubmissionState.SUBMITTED, SubmissionState.CHECKING):
        return None
    if row.check_until is not None and row.check_until > now():
        raise TemporaryError("another process is checking this package")
    one_at_a_time(row.tenant_id)
    mine = Submission.objects.filter(tenant_id=row.tenant_id, state=SubmissionState.CHECKING)
    if mine.filter(check_until__gt=now()).exclude(pk=row.pk).exists():
        raise TemporaryError("another package of this vendor is being checked")
    if row.state == SubmissionState.SUBMITTED:
        move(row, SubmissionState.CHECKING)
    if row.checks >= MOST_CHECKS:
        _end(row, _DIED)
        return None
    row.checks += 1
    row.check_until = now() + LEASE
    row.save(update_fields=["state", "checks", "check_until"])
    return Check(row.pk, row.checks, storage().path(row.storage_key), row.digest)


def still_checking(check: Check) -> None:
    """Prolong the lease.

    Raises
    ------
    CheckTakenOverError
        If another process has begun the check anew.
    """
    mine = Submission.objects.filter(pk=check.submission_id, state=SubmissionState.CHECKING)
    if not mine.filter(checks=check.number).update(check_until=now() + LEASE):
        raise CheckTakenOverError("another process has begun this check anew")


@transaction.atomic
def note_line(check: Check, number: int, said: dict[str, Any]) -> None:
    """Keep what one rule said, and prolong the lease; raises as `still_checking`."""
    still_checking(check)
    CheckLine.objects.create(
        submission_id=check.submission_id, check_number=check.number, number=number, said=said
    )


@transaction.atomic
def end_check(check: Check, refusal: Text | None = None) -> None:
    """Let a check be over: a package that keeps every rule goes into review, any other is refused.

    Parameters
    ----------
    refusal
        Why it came to no end, for the vendor; None: every rule was applied.

    Raises
    ------
    CheckTakenOverError
        If another process has begun the check anew.
    """
    row = Submission.objects.select_for_update().get(pk=check.submission_id)
    if (row.state, row.checks) != (SubmissionState.CHECKING, check.number):
        raise CheckTakenOverError("another process has begun this check anew")
    _end(row, refusal)


@transaction.atomic
def break_off_check(check: Check, *, counted: bool = True) -> None:
    """Give the lease back, so that the next try need not wait for its end; what never began counts not."""
    mine = Submission.objects.filter(pk=check.submission_id, state=SubmissionState.CHECKING)
    before = check.number if counted else check.number - 1
    mine.filter(checks=check.number).update(check_until=None, checks=before)


def _end(row: Submission, refusal: Text | None) -> None:
    failed = CheckLine.objects.filter(
        tenant_id=row.tenant_id, submission=row, check_number=row.checks, said__verdict="failed"
    )
    rules = [line.said["rule"]["en"] for line in failed.order_by("number")]
    is_kept = refusal is None and not rules
    move(row, SubmissionState.IN_REVIEW if is_kept else SubmissionState.REFUSED)
    row.check_until = None
    row.refusal = None if refusal is None else refusal.to_json()
    row.save(update_fields=["state", "check_until", "refusal"])
    if is_kept:
        ReviewCase.objects.create(submission=row)
    else:
        publish(SubmissionTurnedDown(row.pk), tenant_id=row.tenant_id)
    note_submission(row, row.state, failed=rules, reason="" if refusal is None else refusal.en)
