"""Marks of readers beside the grid of their series."""

import pytest
from tests.unit.acceptance.answers import GRID

from allward.acceptance.marks import refuse_outside
from allward.acceptance.orders import BadCaseError, ReaderMark


def test_marks_up_to_the_faces_of_the_outermost_voxels_are_taken():
    refuse_outside([ReaderMark(-5.0, -5.0, -5.0), ReaderMark(95.0, 95.0, 35.0)], GRID)


@pytest.mark.parametrize("point", [(-5.1, 0.0, 0.0), (0.0, 95.1, 0.0), (0.0, 0.0, 36.0)])
def test_a_mark_beyond_the_series_is_refused_with_its_point_and_what_is_wanted(point):
    with pytest.raises(BadCaseError, match="lies outside the series") as refused:
        refuse_outside([ReaderMark(0.0, 0.0, 0.0), ReaderMark(*point)], GRID)
    x, y, z = point
    assert f"({x:g}, {y:g}, {z:g})" in refused.value.text.en
    assert "LPS, mm" in refused.value.text.en
    assert "LPS" in refused.value.text.zh
