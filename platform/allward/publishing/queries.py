"""Questions about a vendor's keys and submissions, and about the operators' queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from allward.publishing.models import CheckLine, ReviewCase, Submission
from allward.publishing.states import SubmissionState

MOST_DECIDED = 50
"""Cases that are over, which the queue still shows."""


@dataclass(frozen=True, slots=True)
class Case:
    """Where a submission lies that operators look at."""

    submission_id: UUID
    tenant_id: UUID
    since: datetime
    is_open: bool


def submissions_of(tenant_id: UUID) -> list[Submission]:
    """Return a vendor's submissions, the latest first."""
    return list(Submission.objects.filter(tenant_id=tenant_id).order_by("-submitted_at", "-id"))


def lines_of(row: Submission, *, check_number: int | None = None, after: int = 0) -> Sequence[CheckLine]:
    """Return what the rules said in the last check of a submission.

    Parameters
    ----------
    check_number, after
        What the reader has: lines up to `after` of that check. All lines come where another check has begun.
    """
    seen = after if check_number == row.checks else 0
    lines = CheckLine.objects.filter(tenant_id=row.tenant_id, submission=row, check_number=row.checks)
    return list(lines.filter(number__gt=seen).order_by("number"))


def failed_rules(rows: Sequence[Submission]) -> dict[UUID, list[CheckLine]]:
    """Return submission -> the lines of the rules that failed in its last check."""
    found: dict[UUID, list[CheckLine]] = {}
    checks = {row.pk: row.checks for row in rows}
    lines = CheckLine.objects.filter(submission__in=list(checks), said__verdict="failed")
    for line in lines.order_by("submission_id", "number"):
        if line.check_number == checks[line.submission_id]:
            found.setdefault(line.submission_id, []).append(line)
    return found


def version_before(row: Submission) -> Submission | None:
    """Return the published version next below a submission, withdrawn ones too; None: it is the first."""
    states = (SubmissionState.PUBLISHED, SubmissionState.YANKED)
    others = Submission.objects.filter(tenant_id=row.tenant_id, plugin_id=row.plugin_id, state__in=states)
    below = [one for one in others if _numbers(one.version) < _numbers(row.version)]
    return max(below, key=lambda one: _numbers(one.version), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def queue(*, using: str = "dispatcher") -> list[Case]:
    """Return the cases that wait for an operator, the oldest first, and then what was decided lately."""
    with transaction.atomic(using=using):
        cases = ReviewCase.objects.using(using)
        waiting = list(cases.filter(is_open=True).order_by("since", "id"))
        decided = list(cases.filter(is_open=False).order_by("-since", "-id")[:MOST_DECIDED])
    return [_case(row) for row in (*waiting, *decided)]


def case_of(submission_id: UUID, *, using: str = "dispatcher") -> Case | None:
    """Return where a submission lies that operators look at, or None."""
    with transaction.atomic(using=using):
        row = ReviewCase.objects.using(using).filter(submission_id=submission_id).first()
    return None if row is None else _case(row)


def _case(row: ReviewCase) -> Case:
    return Case(row.submission_id, row.tenant_id, row.since, row.is_open)
