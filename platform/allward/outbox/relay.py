"""From events to steps that are due; used by the relay process in the dispatcher's role."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F

from allward.kernel.clock import now
from allward.kernel.events import Step
from allward.outbox.models import OutboxDelivery, OutboxEvent

RESEND_AFTER = timedelta(seconds=30)
"""A step that was sent and is not done after this long is sent again; a second run does no harm."""

MOST_ATTEMPTS = 60
"""With the back-off below this is about two days; then a person has to look."""

BATCH = 200


class Due(NamedTuple):
    """One delivery that is due: whose, and by which step."""

    delivery_id: UUID
    tenant_id: UUID
    step: str


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1 s, doubling, an hour at most."""
    return timedelta(seconds=min(3600.0, 2.0 ** min(max(attempts - 1, 0), 12)))


def expand(pipeline: Iterable[Step[Any]], *, using: str = "dispatcher") -> int:
    """Write a delivery for each step of each new event; return how many events were taken."""
    steps = tuple(pipeline)
    with transaction.atomic(using=using):
        events = list(
            OutboxEvent.objects.using(using)
            .select_for_update(skip_locked=True)
            .filter(expanded=False)
            .order_by("created_at")[:BATCH]
        )
        OutboxDelivery.objects.using(using).bulk_create(
            [
                OutboxDelivery(tenant_id=event.tenant_id, event_id=event.pk, step=step.name)
                for event in events
                for step in steps
                if step.on.__name__ == event.kind
            ],
            ignore_conflicts=True,
        )
        OutboxEvent.objects.using(using).filter(pk__in=[event.pk for event in events]).update(expanded=True)
    return len(events)


def take_due(*, using: str = "dispatcher") -> list[Due]:
    """Take the deliveries that are due, and return them, oldest first.

    Each comes up again after its back-off, but not before `RESEND_AFTER`, until it is done or failed.
    """
    moment = now()
    with transaction.atomic(using=using):
        rows = OutboxDelivery.objects.using(using)
        rows.filter(state="pending", attempts__gte=MOST_ATTEMPTS, not_before__lte=moment).update(
            state="failed", last_error="it was tried too often; see the log of the worker"
        )
        due = list(
            rows.select_for_update(skip_locked=True)
            .filter(state="pending", not_before__lte=moment)
            .order_by("not_before")[:BATCH]
        )
        for delivery in due:
            rows.filter(pk=delivery.pk).update(
                attempts=F("attempts") + 1,
                not_before=moment + max(RESEND_AFTER, back_off(delivery.attempts + 1)),
            )
    return [Due(delivery.pk, delivery.tenant_id, delivery.step) for delivery in due]


def put_back(delivery_ids: Iterable[UUID], *, using: str = "dispatcher") -> None:
    """Note that these could not be sent after all, so that they are taken again soon."""
    with transaction.atomic(using=using):
        OutboxDelivery.objects.using(using).filter(pk__in=list(delivery_ids), state="pending").update(
            attempts=F("attempts") - 1, not_before=now() + timedelta(seconds=1)
        )


def forget_done(*, older_than: timedelta, using: str = "dispatcher") -> int:
    """Delete events whose every step was done long ago; return how many."""
    with transaction.atomic(using=using):
        limit = now() - older_than
        waiting = OutboxDelivery.objects.using(using).exclude(state="done").values("event_id")
        old = (
            OutboxEvent.objects.using(using)
            .filter(expanded=True, created_at__lt=limit)
            .exclude(pk__in=waiting)
            .values_list("pk", flat=True)[:5000]
        )
        ids = list(old)
        OutboxDelivery.objects.using(using).filter(event_id__in=ids).delete()
        OutboxEvent.objects.using(using).filter(pk__in=ids).delete()
    return len(ids)
