"""Whose turn an archive is: claims across hospitals, in the dispatcher's role; ids, tenant and state only.

One process works on an archive at a time, so that its cap of bandwidth and its associations are counted in
one place. A claim is a lease: a process that dies stops renewing it, and the archive goes to the next one
under a higher token. What the dead one might still write carries the old token and is refused.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from allward.kernel.clock import now
from allward.retrieval.models import ArchiveTurn, ExpectedMove

LEASE = timedelta(seconds=20)
"""How long a process may be silent. It renews every few seconds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One archive in a process' hands."""

    archive_id: UUID
    tenant_id: UUID
    token: int


def claim_turn(*, worker: str, using: str = "dispatcher") -> Turn | None:
    """Take the archive that has waited longest for its turn, or None."""
    moment = now()
    with transaction.atomic(using=using):
        row = (
            ArchiveTurn.objects.using(using)
            .select_for_update(skip_locked=True)
            .filter(Q(lease_until=None) | Q(lease_until__lt=moment), due_at__lte=moment)
            .order_by("due_at")
            .first()
        )
        if row is None:
            return None
        row.token += 1
        row.worker = worker
        row.lease_until = moment + LEASE
        row.save(using=using, update_fields=["token", "worker", "lease_until"])
    return Turn(row.archive_id, row.tenant_id, row.token)


def renew(turn: Turn, *, using: str = "dispatcher") -> bool:
    """Prolong a lease; return whether it was still ours."""
    with transaction.atomic(using=using):
        mine = ArchiveTurn.objects.using(using).filter(pk=turn.archive_id, token=turn.token)
        return bool(mine.update(lease_until=now() + LEASE))


def forget_expected(*, using: str = "dispatcher") -> int:
    """Delete expectations that no image can come for any more; return how many."""
    with transaction.atomic(using=using):
        return ExpectedMove.objects.using(using).filter(until__lt=now()).delete()[0]
