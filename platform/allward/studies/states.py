"""The states of a study. This table is the only place that says what may follow what."""

from enum import StrEnum


class StudyState(StrEnum):
    """Whether images are still expected."""

    RECEIVING = "receiving"
    COMPLETE = "complete"


MAY_BECOME: dict[StudyState, frozenset[StudyState]] = {
    StudyState.RECEIVING: frozenset({StudyState.RECEIVING, StudyState.COMPLETE}),
    StudyState.COMPLETE: frozenset({StudyState.RECEIVING}),  # a late image: the next revision
}
