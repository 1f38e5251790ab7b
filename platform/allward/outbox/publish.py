"""Write an event next to the change it tells of."""

from uuid import UUID

from django.db import connection

from allward.kernel.events import Event
from allward.outbox.models import OutboxEvent

CHANNEL = "allward_outbox"
"""PostgreSQL notification channel that wakes the relay."""


def publish(event: Event, *, tenant_id: UUID) -> None:
    """Store `event`; call it inside the transaction that makes it true.

    If the transaction is rolled back, so is the event: nobody hears of what did not happen.
    """
    OutboxEvent.objects.create(tenant_id=tenant_id, kind=type(event).__name__, payload=event.to_payload())
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
