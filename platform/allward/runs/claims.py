"""Who works on what: claims across tenants, in the dispatcher's role; ids, tenant and state only.

A claim is a lease: a worker that dies stops renewing it, and the job goes to the next one under a higher
token. What the dead one might still write carries the old token and is refused.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from allward.kernel.clock import now
from allward.runs.models import Claim

LEASE = timedelta(seconds=15)
"""How long a worker may be silent. It renews every few seconds."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One job in a worker's hands."""

    job_id: UUID
    tenant_id: UUID
    token: int


def claim_next(*, worker: str, using: str = "dispatcher") -> Claimed | None:
    """Take the job that waits in front, or None: urgent first, then the longest wait."""
    moment = now()
    with transaction.atomic(using=using):
        claim = (
            Claim.objects.using(using)
            .select_for_update(skip_locked=True)
            .filter(Q(lease_until=None) | Q(lease_until__lt=moment), available_at__lte=moment)
            .order_by("priority", "available_at")
            .first()
        )
        if claim is None:
            return None
        claim.token += 1
        claim.worker = worker
        claim.lease_until = moment + LEASE
        claim.save(using=using, update_fields=["token", "worker", "lease_until"])
    return Claimed(job_id=claim.job_id, tenant_id=claim.tenant_id, token=claim.token)


def renew(claimed: Claimed, *, using: str = "dispatcher") -> bool:
    """Prolong a lease.

    Returns
    -------
    True if the work should stop (cancelled, or the lease is lost), False if it goes on.
    """
    with transaction.atomic(using=using):
        mine = Claim.objects.using(using).filter(job_id=claimed.job_id, token=claimed.token)
        if not mine.update(lease_until=now() + LEASE):
            return True
        return mine.filter(cancel_requested=True).exists()


def release(claimed: Claimed, *, wait: timedelta, using: str = "dispatcher") -> None:
    """Give a job back, to be taken again after `wait`."""
    with transaction.atomic(using=using):
        Claim.objects.using(using).filter(job_id=claimed.job_id, token=claimed.token).update(
            lease_until=None, worker="", available_at=now() + wait
        )
