"""Who works on what: claims across tenants, in the dispatcher's role; ids, tenant and state only.

A claim is a lease: a worker that dies stops renewing it, and the job goes to the next one under a higher
token. What the dead one might still write carries the old token and is refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Q, When

from allward.kernel.clock import now
from allward.runs.models import Claim
from allward.runs.states import Priority

LEASE = timedelta(seconds=15)
"""How long a worker may be silent. It renews every few seconds."""

DUE_SOON = timedelta(minutes=5)
"""A job that is due within this goes before others of its priority; the engine knows what it really needs."""

HEAD_START = timedelta(seconds=20)
"""So long a job is left to a device that holds its models already, if others wait that this one holds."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One job in a worker's hands."""

    job_id: UUID
    tenant_id: UUID
    token: int
    plugin_version_id: UUID | None = None


def claim_next(
    *,
    worker: str,
    warm: Collection[UUID] = (),
    least: Priority = Priority.LOW,
    using: str = "dispatcher",
) -> Claimed | None:
    """Take the job that waits in front, or None.

    Urgent comes first; within a priority what is due soon; then what has waited for `HEAD_START` or finds
    its models loaded; then the longest wait.

    Parameters
    ----------
    warm
        Plug-in versions whose models the worker's device holds.
    least
        The least urgent priority that this worker takes.
    """
    moment = now()
    due = Q(due_at__lt=moment + DUE_SOON)
    ready = Q(available_at__lt=moment - HEAD_START) | Q(plugin_version_id__in=list(warm))
    with transaction.atomic(using=using):
        claim = (
            Claim.objects.using(using)
            .select_for_update(skip_locked=True)
            .filter(Q(lease_until=None) | Q(lease_until__lt=moment))
            .filter(available_at__lte=moment, priority__lte=least)
            .order_by("priority", Case(When(due, then=0), When(ready, then=1), default=2), "available_at")
            .first()
        )
        if claim is None:
            return None
        claim.token += 1
        claim.worker = worker
        claim.lease_until = moment + LEASE
        claim.save(using=using, update_fields=["token", "worker", "lease_until"])
    return Claimed(
        job_id=claim.job_id,
        tenant_id=claim.tenant_id,
        token=claim.token,
        plugin_version_id=claim.plugin_version_id,
    )


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
