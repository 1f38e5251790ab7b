"""The states of a retrieval, how archives give images out, and why studies are fetched."""

from enum import StrEnum


class RetrievalState(StrEnum):
    """How far a study got."""

    WAITING = "waiting"
    RETRIEVING = "retrieving"
    COMPLETE = "complete"
    """The index holds what the archive says there is."""
    INCOMPLETE = "incomplete"
    """Images came, but not all; the archive's words stand in `last_error`."""
    FAILED = "failed"
    """Nothing came."""
    CANCELED = "canceled"


_R = RetrievalState
MAY_BECOME: dict[RetrievalState, frozenset[RetrievalState]] = {
    _R.WAITING: frozenset({_R.RETRIEVING, _R.CANCELED}),
    _R.RETRIEVING: frozenset(
        {_R.WAITING, _R.COMPLETE, _R.INCOMPLETE, _R.FAILED, _R.CANCELED}  # first: the rest comes later
    ),
    _R.COMPLETE: frozenset(),
    _R.INCOMPLETE: frozenset(),
    _R.FAILED: frozenset(),
    _R.CANCELED: frozenset(),
}
"""Whoever asks for a study again makes a new retrieval; the old one stays as it ended."""

UNDER_WAY = frozenset({_R.WAITING, _R.RETRIEVING})
ENDS = frozenset(set(RetrievalState) - UNDER_WAY)


class Method(StrEnum):
    """How an archive gives images out."""

    C_MOVE = "c_move"
    """It sends them to our AE title; PS3.4 C.4.2."""
    C_GET = "c_get"
    """It sends them on the same association; PS3.4 C.4.3."""
    WADO_RS = "wado_rs"
    """DICOMweb: QIDO-RS to find, WADO-RS to fetch; PS3.18 10.4 and 10.6."""


class Purpose(StrEnum):
    """Why a study is fetched."""

    BACKFILL = "backfill"
    PRIOR = "prior"
    """A reader waits for it: it goes before the others, and outside of the window."""
