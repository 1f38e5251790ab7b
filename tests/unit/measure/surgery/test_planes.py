import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.phantoms.shapes import ellipsoid, grid

from allward_measure.surgery.cutting import Plane
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.planes import Region, plane_through, regions_by_planes
from allward_sdk.errors import BadInputError

GRID = grid((20, 20, 40), origin_lps_mm=(-19.5, -9.5, -9.5))
PLANES = {"across": Plane((0, 0, 0), (1, 0, 0)), "level": Plane((0, 0, 0), (0, 0, 1))}
REGIONS = (
    Region(1, frozenset(), frozenset({"across"})),
    Region(2, frozenset({"across", "level"}), frozenset()),
    Region(3, frozenset({"across"}), frozenset({"level"})),
)


def test_planes_divide_a_block_into_the_boxes_between_them():
    organ = organ_of(np.ones(GRID.shape_kji, dtype=bool), GRID)
    labels = regions_by_planes(organ, PLANES, REGIONS)
    assert (labels[:, :, :20] == 1).all()
    assert (labels[10:, :, 20:] == 2).all()
    assert (labels[:10, :, 20:] == 3).all()


def test_a_part_that_is_known_is_divided_by_no_plane():
    organ = organ_of(np.ones(GRID.shape_kji, dtype=bool), GRID)
    known = np.zeros_like(organ.mask)
    known[8:12, 8:12, 18:22] = True
    labels = regions_by_planes(organ, PLANES, REGIONS, {9: known})
    assert np.array_equal(labels == 9, known)


@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda n: np.linalg.norm(n) > 0.1), st.floats(-10, 10))
@settings(max_examples=20, deadline=None)
def test_regions_add_up_to_the_organ(normal, shift):
    organ = organ_of(ellipsoid(GRID, (0, 0, 0), (18.0, 9.0, 8.0)), GRID)
    planes = {"across": Plane((shift, 0, 0), normal), "level": PLANES["level"]}
    labels = regions_by_planes(organ, planes, REGIONS)
    assert ((labels > 0) == organ.mask).all()


def test_three_landmarks_make_a_plane_that_looks_at_a_fourth():
    plane = plane_through((1, 0, 0), (1, 5, 0), (1, 0, 7), (-3, 0, 0))
    assert plane.normal_lps == pytest.approx((-1, 0, 0))
    assert plane_through((1, 0, 7), (1, 5, 0), (1, 0, 0), (9, 0, 0)).normal_lps == pytest.approx((1, 0, 0))


def test_landmarks_and_regions_that_do_not_divide_the_organ_are_refused():
    organ = organ_of(np.ones(GRID.shape_kji, dtype=bool), GRID)
    with pytest.raises(BadInputError, match="on a line"):
        plane_through((0, 0, 0), (1, 1, 1), (3, 3, 3), (5, 0, 0))
    with pytest.raises(BadInputError, match="lies on the plane"):
        plane_through((0, 0, 0), (1, 0, 0), (0, 1, 0), (4, 4, 0))
    with pytest.raises(BadInputError, match="are missing: level"):
        regions_by_planes(organ, {"across": PLANES["across"]}, REGIONS)
    with pytest.raises(ValueError, match="none of them"):
        regions_by_planes(organ, PLANES, REGIONS[:2])
