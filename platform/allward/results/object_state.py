"""What people's words on the findings mean for the objects written from a result. Pure."""

from collections.abc import Collection
from enum import StrEnum

from allward.results.states import ResultStatus, ReviewState


class Word(StrEnum):
    """The word on a result as a whole."""

    OPEN = "open"
    """Some finding has not been reviewed, or there is none to review."""
    ACCEPTED = "accepted"
    """Every finding is reviewed and at least one is accepted."""
    REJECTED = "rejected"
    """Every finding is reviewed and all are rejected."""
    OVER = "over"
    """Superseded by a newer result, or withdrawn."""


def word_on(status: ResultStatus, review_states: Collection[ReviewState]) -> Word:
    """Say what a result's status and its findings' states mean together."""
    if status in (ResultStatus.SUPERSEDED, ResultStatus.WITHDRAWN):
        return Word.OVER
    if not review_states or ReviewState.UNREVIEWED in review_states:
        return Word.OPEN
    return Word.ACCEPTED if ReviewState.ACCEPTED in review_states else Word.REJECTED
