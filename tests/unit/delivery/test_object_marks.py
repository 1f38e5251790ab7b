"""What objects say against a result: never cut off, no part of what they are known by; no empty report."""

from dataclasses import replace

import pytest

from allward.results.object_content import Content, Marks, Uids
from allward.results.object_state import Word
from allward.results.object_writing import described, make_report
from allward_sdk.results import CaseResult

CASE = CaseResult(
    study_instance_uid="2.25.1",
    series_instance_uid="2.25.2",
    app="any_imaging",
    version="1.0.0",
    plugins=(),
    evaluable=True,
)
CLEARED = Content(Word.OPEN, CASE, "", False, labels=(), shown=())
LONGEST = "Allward AI tables and texts UNVERIFIED"


@pytest.mark.parametrize(
    ("research", "marks", "ends"),
    [
        (False, Marks(), LONGEST),
        (True, Marks(), "UNVERIFIED (research use only)"),
        (False, Marks(withdrawn=("x",)), "UNVERIFIED (withdrawn)"),
        (True, Marks(unsigned=True), "UNVERIFIED (research, unsigned)"),
        (True, Marks(unsigned=True, withdrawn=("x",)), "UNVERIFIED (research, unsigned, withdrawn)"),
    ],
)
def test_a_series_description_holds_all_that_is_said_against_a_result(research, marks, ends):
    said = described(LONGEST, replace(CLEARED, research_only=research, marks=marks))
    assert said.endswith(ends)
    assert len(said) <= 64  # characters of LO


def test_a_withdrawal_alone_gives_no_object_another_identity():
    withdrawn = replace(CLEARED, marks=Marks(withdrawn=("left and right are swapped",)))
    assert withdrawn.digest("sr", generation=0) == CLEARED.digest("sr", generation=0)
    assert withdrawn.marks.sentences[0].endswith("was withdrawn: left and right are swapped")


def test_a_result_that_says_nothing_gives_no_report():
    uids = Uids("2.25.3", "2.25.4")
    assert make_report(CLEARED, sources=[], segmentation=None, predecessor=None, uids=uids) is None
