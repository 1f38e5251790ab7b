"""Outlines in a label map, moved by corrections: no voxel is lost, doubled or taken from another finding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from allward.results.edit_masks import (
    cut_between,
    free_of_others,
    free_value,
    is_inside,
    joined,
    outline_of,
    trimmed,
    with_outline,
    without_values,
)
from allward.results.edit_states import numbers_in_force
from allward_runner.abilities import Outline
from allward_sdk.geometry import Geometry

SHAPE = (4, 5, 6)
MAPS = arrays.arrays(np.uint8, SHAPE, elements=st.integers(0, 3))
MASKS = arrays.arrays(np.bool_, (2, 3, 3))
FIRSTS = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3))
TURNED = Geometry(
    shape_kji=SHAPE,
    index_to_lps_mm=np.array([[0, 0, -0.7, 10], [0, 0.7, 0, -20], [2.5, 0, 0, 30], [0, 0, 0, 1]], float),
    frame_of_reference_uid="1.2.3",
)
POINT = st.tuples(*[st.floats(-40, 40)] * 3)


def whole(outline: Outline) -> np.ndarray:
    """The outline in an array of the whole volume."""
    found = np.zeros(SHAPE, dtype=bool)
    for index in np.argwhere(outline.mask):
        found[tuple(index + outline.first_kji)] = True
    return found


@given(MAPS, MASKS, FIRSTS, st.integers(1, 3))
def test_a_finding_gets_exactly_what_is_free_or_its_own_and_others_keep_theirs(labels, mask, first, value):
    outline = Outline(mask, first)
    free = free_of_others(labels, outline, value=value)
    wanted = whole(outline) & ((labels == 0) | (labels == value))
    if free is None:
        assert not wanted.any()
        return
    np.testing.assert_array_equal(whole(free), wanted)
    drawn = with_outline(labels, free, value=value)
    np.testing.assert_array_equal(drawn == value, wanted)
    for other in {1, 2, 3} - {value}:
        np.testing.assert_array_equal(drawn == other, labels == other)


@given(MAPS, st.integers(1, 3))
def test_an_outline_that_is_read_and_put_back_changes_nothing(labels, value):
    outline = outline_of(labels, value)
    if outline is None:
        assert not (labels == value).any()
        return
    np.testing.assert_array_equal(with_outline(labels, outline, value=value), labels)
    assert trimmed(outline).mask.shape == outline.mask.shape


@given(MAPS, st.sets(st.integers(1, 3), min_size=2))
def test_joined_findings_have_the_voxels_of_all_of_them_and_none_is_left(labels, values):
    outline = joined(labels, values)
    assert not np.isin(without_values(labels, values), list(values)).any()
    wanted = np.isin(labels, list(values))
    assert (outline is None) == (not wanted.any())
    if outline is not None:
        np.testing.assert_array_equal(whole(outline), wanted)


@given(MASKS, FIRSTS, POINT, POINT)
@settings(max_examples=200)
def test_a_cut_gives_every_voxel_to_the_nearer_point_and_none_to_both(mask, first, one, other):
    outline = Outline(mask, first)
    sides = cut_between(outline, TURNED, (one, other))
    if sides is None:
        return
    larger, smaller = (whole(side) for side in sides)
    assert larger.sum() >= smaller.sum() > 0
    np.testing.assert_array_equal(larger ^ smaller, whole(outline))
    assert not (larger & smaller).any()
    near = {}
    for name, side in (("larger", larger), ("smaller", smaller)):
        places = TURNED.to_lps_mm(np.argwhere(side))
        away = [np.linalg.norm(places - point, axis=1) for point in (one, other)]
        near[name] = {bool(each) for each in away[0] <= away[1]}
    assert sorted(near.values(), key=str) == [{False}, {True}]


@pytest.mark.parametrize(("first", "inside"), [((0, 0, 0), True), ((3, 3, 4), False), ((-1, 0, 0), False)])
def test_a_box_that_leaves_the_volume_is_noticed(first, inside):
    assert is_inside(Outline(np.ones((2, 2, 2), bool), first), SHAPE) is inside


def test_the_smallest_free_value_is_taken_and_255_are_all():
    assert free_value({1, 3, None}) == 2
    assert free_value(range(1, 256)) is None


class Edit:
    def __init__(self, number: int, undoes: int | None) -> None:
        self.number, self.undoes = number, undoes


@given(st.lists(st.booleans(), max_size=30))
def test_a_history_is_undone_from_its_end(is_undo):
    edits, stack = [], []
    for number, undo in enumerate(is_undo, start=1):
        if undo and stack:
            edits.append(Edit(number, stack.pop()))
        else:
            edits.append(Edit(number, None))
            stack.append(number)
    assert numbers_in_force(reversed(edits)) == stack
