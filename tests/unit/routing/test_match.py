from dataclasses import replace

import pytest

from allward.kernel.texts import Text
from allward.routing.facts import SeriesFacts
from allward.routing.match import decide
from allward_sdk.manifest import Wants

WANTS = Wants(
    modality=("CT",), body_part_examined=("ABDOMEN", "CHEST"), min_slices=10, max_slice_spacing_mm=6.0
)
GOOD = SeriesFacts(
    modality="CT",
    body_part_examined="ABDOMEN",
    image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
    slice_count=40,
    slice_spacing_mm=5.0,
    evaluable=True,
    reasons=(),
)


def test_a_series_that_meets_every_clause_runs():
    assert decide(WANTS, GOOD).runs


@pytest.mark.parametrize(
    ("change", "clause", "not_evaluable"),
    [
        ({"modality": "MR"}, "modality", False),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "image_type", False),
        ({"body_part_examined": "HEAD"}, "body_part_examined", False),
        ({"slice_count": 3}, "min_slices", True),
        ({"evaluable": False, "reasons": (Text("A slice is missing.", "缺层。"),)}, "geometry", True),
        ({"slice_spacing_mm": 7.0}, "max_slice_spacing_mm", True),
        ({"slice_spacing_mm": None}, "max_slice_spacing_mm", True),
    ],
)
def test_the_first_clause_that_fails_decides_and_says_so_in_both_languages(change, clause, not_evaluable):
    decision = decide(WANTS, replace(GOOD, **change))
    assert not decision.runs
    assert decision.clause == clause
    assert decision.not_evaluable is not_evaluable
    assert decision.detail.en != decision.detail.zh


def test_a_series_without_a_body_part_is_not_refused_for_it():
    assert decide(WANTS, replace(GOOD, body_part_examined="")).runs


def test_a_plug_in_that_names_no_body_part_takes_any():
    assert decide(
        WANTS.model_copy(update={"body_part_examined": ()}), replace(GOOD, body_part_examined="HEAD")
    ).runs
