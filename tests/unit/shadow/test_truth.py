"""What reviewers said, as one word."""

import pytest

from allward.results.states import ReviewState
from allward.shadow.truth import Word, truth_of

YES, NO, OPEN = ReviewState.ACCEPTED, ReviewState.REJECTED, ReviewState.UNREVIEWED
COUNTED = frozenset({"lesion", "class"})


@pytest.mark.parametrize(
    ("words", "truth"),
    [
        ([("lesion", YES), ("lesion", NO)], True),
        ([("lesion", YES), ("lesion", OPEN)], True),
        ([("lesion", NO), ("lesion", NO), ("organ", YES)], False),
        ([("lesion", NO), ("lesion", OPEN)], None),
        ([("lesion", OPEN)], None),
        ([("organ", YES), ("statement", YES)], False),
        ([("organ", YES), ("statement", NO)], None),
        ([("organ", YES), ("statement", OPEN)], None),
        ([("organ", YES)], None),
        ([("lesion", NO), ("statement", YES)], False),
        ([], None),
    ],
)
def test_accepted_is_there_rejected_is_not_and_what_is_not_said_is_not_known(words, truth):
    assert truth_of([Word(kind, None, state) for kind, state in words], COUNTED) is truth


def test_a_class_that_was_not_chosen_is_no_finding():
    stored = {"kind": "class", "chosen": False}
    assert truth_of([Word.of(stored, YES)], COUNTED) is None
    assert truth_of([Word.of(stored | {"chosen": True}, YES)], COUNTED) is True
