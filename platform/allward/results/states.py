"""The states of results and of reviews."""

from enum import StrEnum


class ResultStatus(StrEnum):
    """How a result stands to the images as they are now."""

    PRELIMINARY = "preliminary"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


IN_FORCE = (ResultStatus.PRELIMINARY, ResultStatus.CURRENT)
"""Results that count: what is reviewed, delivered and shown."""

STATUS_MAY_BECOME: dict[ResultStatus, frozenset[ResultStatus]] = {
    ResultStatus.PRELIMINARY: frozenset(
        {ResultStatus.CURRENT, ResultStatus.SUPERSEDED, ResultStatus.WITHDRAWN}
    ),
    ResultStatus.CURRENT: frozenset(
        {ResultStatus.PRELIMINARY, ResultStatus.SUPERSEDED, ResultStatus.WITHDRAWN}
    ),
    ResultStatus.SUPERSEDED: frozenset(),
    ResultStatus.WITHDRAWN: frozenset({ResultStatus.CURRENT, ResultStatus.PRELIMINARY}),
}


IN_FORCE = (ResultStatus.PRELIMINARY, ResultStatus.CURRENT)
"""Results that stand; the others are history."""


class ReviewState(StrEnum):
    """What a person said of a finding."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


_R = ReviewState
REVIEW_MAY_BECOME: dict[ReviewState, frozenset[ReviewState]] = {
    _R.UNREVIEWED: frozenset({_R.ACCEPTED, _R.REJECTED}),
    _R.ACCEPTED: frozenset({_R.REJECTED, _R.UNREVIEWED}),
    _R.REJECTED: frozenset({_R.ACCEPTED, _R.UNREVIEWED}),
}
