"""The states of a delivery."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """How far an object got."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    FAILED = "failed"


MAY_BECOME: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.SCHEDULED: frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED}),
    DeliveryState.DELIVERED: frozenset(),
    DeliveryState.FAILED: frozenset({DeliveryState.SCHEDULED}),  # a person asks for it again
}
