"""The states of a pair: what became of a study that was given to a shadow."""

from enum import StrEnum


class PairState(StrEnum):
    """Where a pair stands."""

    WAITING = "waiting"
    COMPARED = "compared"
    FAILED = "failed"
    """One of the two ended without output; which one stands in the pair."""
    DROPPED = "dropped"
    """A job was canceled, for instance since images arrived: it says nothing of either version."""


PAIR_MAY_BECOME: dict[PairState, frozenset[PairState]] = {
    PairState.WAITING: frozenset({PairState.COMPARED, PairState.FAILED, PairState.DROPPED}),
    PairState.COMPARED: frozenset(),
    PairState.FAILED: frozenset({PairState.COMPARED, PairState.DROPPED}),  # a person asked for a job again
    PairState.DROPPED: frozenset({PairState.COMPARED, PairState.FAILED}),
}
