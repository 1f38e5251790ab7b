"""What can become true of a delivery."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class DeliveryScheduled(Event):
    """An object waits to be sent."""

    delivery_id: UUID
