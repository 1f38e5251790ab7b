import numpy as np
import pytest
from tests.phantoms.shapes import box, grid

from allward_measure.components import Component, find_components
from allward_measure.nodules.place import locate

SHAPE = (40, 60, 120)
GEOMETRY = grid(SHAPE, (2.0, 1.0, 1.0))
RIGHT = box(SHAPE, (2, 5, 5), (38, 55, 50))
"""x grows to the Left and along i, so that the right lung has the lower columns."""
LEFT = box(SHAPE, (2, 5, 70), (38, 55, 115))
LUNG = RIGHT | LEFT
NAMES = {1: "RUL", 2: "RML", 3: "RLL", 4: "LUL", 5: "LLL"}


def nodule(low, high):
    return find_components(box(SHAPE, low, high))[0]


def lobes():
    found = np.zeros(SHAPE, np.uint8)
    found[RIGHT], found[LEFT] = 3, 5
    found[20:][RIGHT[20:]], found[20:][LEFT[20:]] = 1, 4
    return found


@pytest.mark.parametrize("side", ["right", "left", None])
def test_the_side_is_that_of_the_lung_and_no_side_is_none(side):
    assert locate(nodule((10, 20, 20), (13, 24, 24)), GEOMETRY, lung=LUNG, side=side).side == side


def test_a_lobe_that_is_known_goes_before_the_side():
    found = nodule((25, 20, 90), (28, 24, 94))
    assert locate(found, GEOMETRY, lung=LUNG, side="right", lobes=(lobes(), NAMES)).side == "left"


def test_a_map_of_lobes_says_lobe_and_side():
    place = locate(nodule((25, 20, 90), (28, 24, 94)), GEOMETRY, lobes=(lobes(), NAMES))
    assert (place.lobe, place.side, place.is_upper_lobe) == ("LUL", "left", True)
    assert locate(nodule((5, 20, 20), (8, 24, 24)), GEOMETRY, lobes=(lobes(), NAMES)).is_upper_lobe is False


def test_in_a_fissure_the_lobe_of_most_voxels_is_taken():
    labels = lobes()
    labels[18:22] = 0
    place = locate(nodule((17, 20, 20), (25, 24, 24)), GEOMETRY, lobes=(labels, NAMES))
    assert place.lobe == "RUL"
    labels[:] = 0
    assert locate(nodule((17, 20, 20), (25, 24, 24)), GEOMETRY, lobes=(labels, NAMES)).lobe is None


@pytest.mark.parametrize("gap", [0, 1, 4, 12, 18])
def test_the_distance_to_the_pleura_is_the_gap_between_both_surfaces(gap):
    place = locate(nodule((18, 28, 5 + gap), (20, 31, 8 + gap)), GEOMETRY, lung=LUNG)
    assert place.pleura_mm == pytest.approx(gap)
    assert place.is_juxtapleural == (gap == 0)
    assert place.is_peripheral


def test_a_nodule_deep_in_a_huge_lung_is_told_to_lie_beyond_what_was_searched():
    shape = (60, 130, 130)
    lung = box(shape, (1, 1, 1), (59, 129, 129))
    deep = Component(np.ones((2, 2, 2), bool), 8, ((30, 64, 64), (32, 66, 66)))
    place = locate(deep, grid(shape, (2.0, 1.0, 1.0)), lung=lung)
    assert place.pleura_mm is None
    assert place.pleura_beyond_mm == 40.0
    assert place.is_juxtapleural is False
    assert place.is_peripheral is False


def test_without_maps_nothing_is_told():
    place = locate(nodule((10, 20, 20), (13, 24, 24)), GEOMETRY)
    assert (place.side, place.lobe, place.pleura_mm, place.is_juxtapleural) == (None, None, None, None)
    assert place.is_upper_lobe is None
