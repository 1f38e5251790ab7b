"""The states of a delivery."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """How far an object got."""

    SCHEDULED = "scheduled"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"
    """Not wanted there any more before it was sent."""
    WITHDRAWN = "withdrawn"
    """It arrived, or may have, and a rejection note follows it."""


_D = DeliveryState
MAY_BECOME: dict[DeliveryState, frozenset[DeliveryState]] = {
    _D.SCHEDULED: frozenset({_D.DELIVERED, _D.FAILED, _D.CANCELED, _D.WITHDRAWN}),
    _D.DELIVERED: frozenset({_D.WITHDRAWN}),
    _D.FAILED: frozenset(
        {_D.SCHEDULED, _D.DELIVERED, _D.CANCELED, _D.WITHDRAWN}  # first: a person asks for it again
    ),
    _D.CANCELED: frozenset({_D.SCHEDULED, _D.DELIVERED, _D.WITHDRAWN}),
    _D.WITHDRAWN: frozenset(),
}
"""A worker that was believed lost may still say that an object arrived; that word counts."""
