import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.phantoms.shapes import box

from allward_measure.components import bounding_box, box_slices, find_components

SHAPE = (12, 20, 20)


def test_components_come_largest_first_with_their_boxes():
    mask = box(SHAPE, (0, 0, 0), (2, 2, 2)) | box(SHAPE, (5, 5, 5), (9, 9, 9))
    found = find_components(mask)
    assert [c.voxels for c in found] == [64, 8]
    assert found[0].box_kji == ((5, 5, 5), (9, 9, 9))
    assert found[1].box_kji == ((0, 0, 0), (2, 2, 2))


def test_voxels_that_share_a_corner_touch_by_26_neighbours_and_not_by_6():
    mask = box(SHAPE, (0, 0, 0), (2, 2, 2)) | box(SHAPE, (2, 2, 2), (4, 4, 4))
    assert len(find_components(mask)) == 1
    assert len(find_components(mask, neighbours=6)) == 2


def test_an_empty_mask_has_no_components_and_no_box():
    empty = np.zeros(SHAPE, dtype=bool)
    assert find_components(empty) == []
    assert bounding_box(empty) is None


@given(hnp.arrays(bool, st.tuples(*[st.integers(1, 7)] * 3)))
def test_the_components_together_are_the_mask(mask):
    whole = np.zeros(mask.shape, dtype=int)
    for component in find_components(mask):
        whole += component.in_whole(mask.shape)
        assert component.voxels == component.mask.sum()
        assert bounding_box(component.in_whole(mask.shape)) == component.box_kji
    assert (whole == mask).all()


def test_a_box_indexes_its_own_voxels():
    mask = box(SHAPE, (3, 4, 5), (6, 8, 10))
    assert mask[box_slices(bounding_box(mask))].all()
