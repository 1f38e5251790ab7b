"""Lungs, airways and body in chests of simple solids."""

import numpy as np
import pytest
from scipy import ndimage
from tests.phantoms.shapes import grid
from tests.unit.measure import thorax_phantom as phantom
from tests.unit.measure.thorax_phantom import Chest, chest, turned

from allward_measure.thorax.balls import closed, dilated, eroded
from allward_measure.thorax.coarse import coarse_of
from allward_measure.thorax.lungs import find_lungs, reach_of
from allward_measure.thorax.sides import side_at


def look(made: Chest):
    coarse = coarse_of(made.hu, made.geometry)
    return coarse, find_lungs(coarse)


def dice(one, other) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.fixture(scope="module")
def whole():
    made = chest()
    return made, *look(made)


def test_both_lungs_are_found_on_their_own_sides_with_their_volumes(whole):
    _, coarse, lungs = whole
    assert lungs.sides == ("right", "left")
    for mask, x_mm in ((lungs.right, phantom.RIGHT_X_MM), (lungs.left, phantom.LEFT_X_MM)):
        assert coarse.volume_ml(mask) == pytest.approx(phantom.LUNG_ML, rel=0.03)
        assert dice(coarse.to_volume(mask), phantom.lung(x_mm)) > 0.98
    assert not (lungs.right & lungs.left).any()
    assert (lungs.cut_above, lungs.cut_below) == (False, False)


def test_the_body_is_there_without_the_table(whole):
    _, coarse, lungs = whole
    body = coarse.to_volume(lungs.body)
    exact = np.pi * 105 * 140 * 225 / 1000
    assert coarse.volume_ml(lungs.body) == pytest.approx(exact, rel=0.03)
    assert not body[:, 230:].any()


def test_the_trachea_is_an_airway_and_no_lung(whole):
    made, coarse, lungs = whole
    tube = phantom.trachea(made.hu.copy())
    assert dice(coarse.to_volume(lungs.airways), tube) > 0.9
    assert not (lungs.both & lungs.airways).any()


def test_an_array_in_other_axes_gives_the_same_lungs(whole):
    made, coarse, lungs = whole
    other, found = look(turned(made))
    assert found.sides == ("right", "left")
    right = other.to_volume(found.right)[::-1, ::-1].transpose(1, 2, 0)
    assert dice(right, coarse.to_volume(lungs.right)) > 0.98


@pytest.mark.parametrize(("side", "gone"), [("right", "left"), ("left", "right")])
def test_one_lung_stays_one_and_keeps_its_side(side, gone):
    coarse, lungs = look(chest(**{gone: False}))
    assert lungs.sides == (side,)
    assert coarse.volume_ml(getattr(lungs, side)) == pytest.approx(phantom.LUNG_ML, rel=0.03)


def test_a_belly_with_gas_has_no_lungs():
    hu = phantom.empty_body()
    hu[phantom.ellipsoid((105.0, 90.0, 190.0), (50.0, 35.0, 45.0))] = phantom.GAS_HU
    _, lungs = look(Chest(hu, phantom.geometry_of()))
    assert lungs.sides == ()
    assert lungs.airways is None
    assert not lungs.both.any()


def test_an_empty_scanner_has_no_body():
    _, lungs = look(Chest(np.full(phantom.SHAPE, -1000, np.int16), phantom.geometry_of()))
    assert not lungs.body.any()
    assert lungs.sides == ()


def test_lungs_that_touch_in_front_are_told_apart():
    made = chest()
    bridge = phantom.ellipsoid((130.0, 95.0, 150.0), (15.0, 3.0, 40.0))
    made.hu[bridge & (made.hu == phantom.SOFT_HU)] = phantom.LUNG_HU
    coarse, lungs = look(made)
    assert lungs.sides == ("right", "left")
    for mask, x_mm in ((lungs.right, phantom.RIGHT_X_MM), (lungs.left, phantom.LEFT_X_MM)):
        assert dice(coarse.to_volume(mask), phantom.lung(x_mm)) > 0.96


def test_what_touches_the_pleura_and_what_lies_inside_belongs_to_the_lung():
    made = chest()
    at_the_pleura = phantom.ellipsoid((105.0, 120.0, 40.0), (5.0, 5.0, 5.0)) & phantom.lung(85.0)
    inside = phantom.ellipsoid((105.0, 120.0, 90.0), (12.0, 12.0, 12.0))
    made.hu[at_the_pleura | inside] = 30
    coarse, lungs = look(made)
    right = coarse.to_volume(lungs.right)
    assert right[inside].all()
    assert right[at_the_pleura].mean() > 0.8  # its outermost blocks are half chest wall


def test_a_mass_on_the_diaphragm_is_outside_but_within_reach():
    made = chest()
    mass = phantom.ellipsoid((25.0, 120.0, 85.0), (14.0, 14.0, 14.0))
    made.hu[mass] = 40
    coarse, lungs = look(made)
    reach = coarse.to_volume(reach_of(lungs, coarse, 20.0))
    assert reach[mass & phantom.lung(85.0)].all()


@pytest.mark.parametrize(
    ("cut", "above", "below"), [(slice(0, 50), True, False), (slice(30, 90), False, True)]
)
def test_lungs_that_go_on_beyond_the_scan_are_said_to(cut, above, below):
    made = chest()
    shorter = Chest(made.hu[cut], made.geometry)
    _, lungs = look(shorter)
    assert (lungs.cut_above, lungs.cut_below) == (above, below)
    assert lungs.sides == ("right", "left")


def test_a_closing_fills_a_dent_and_keeps_the_outside():
    mask = np.zeros((40, 40, 40), bool)
    mask[10:30, 10:30, 10:30] = True
    dented = mask.copy()
    dented[18:22, 18:22, 10:14] = False
    again = closed(dented, (1.0, 1.0, 1.0), 6.0)
    dent = mask & ~dented
    assert again[dent].mean() >= 0.75  # the ball sinks in by less than a voxel
    assert again[dented].all()
    assert not again[~mask].any()


def test_a_ball_grows_and_shrinks_in_millimetres():
    point = np.zeros((21, 21, 21), bool)
    point[10, 10, 10] = True
    ball = dilated(point, (2.0, 1.0, 1.0), 4.0)
    assert ball[10, 10].sum() == 9
    assert ball[:, 10, 10].sum() == 5
    assert eroded(ball, (2.0, 1.0, 1.0), 4.0)[10, 10, 10]


@pytest.mark.parametrize("shape", [(40, 50, 60), (100, 80, 70)])
@pytest.mark.parametrize("radius_mm", [1.0, 2.5, 4.0, 7.3, 10.0])
def test_balls_are_those_of_a_plain_distance_map_in_small_and_in_large_arrays(shape, radius_mm):
    spacing = (2.0, 1.5, 1.4)
    draw = np.random.default_rng(len(shape) + shape[0])
    mask = ndimage.gaussian_filter(draw.normal(size=shape), 2.5) > 0.03
    mask[:6], mask[:, :9], mask[:, :, -11:] = False, False, False
    near = ndimage.distance_transform_edt(~mask, sampling=spacing) <= radius_mm + 1e-6
    deep = ndimage.distance_transform_edt(mask, sampling=spacing) > radius_mm + 1e-6
    assert np.array_equal(dilated(mask, spacing, radius_mm), near)
    assert np.array_equal(eroded(mask, spacing, radius_mm), deep)


def test_a_mask_that_fills_its_array_or_is_empty_stays_so():
    for filled in (True, False):
        mask = np.full((5, 6, 7), filled)
        assert np.array_equal(dilated(mask, (1.0, 1.0, 1.0), 3.0), mask)
        assert np.array_equal(eroded(mask, (1.0, 1.0, 1.0), 3.0), mask)


def test_lungs_that_are_one_part_all_along_are_told_apart():
    made = chest()
    bridge = phantom.ellipsoid((105.0, 120.0, 150.0), (80.0, 60.0, 40.0))
    made.hu[bridge & (made.hu == phantom.SOFT_HU)] = phantom.LUNG_HU
    coarse, lungs = look(made)
    assert lungs.sides == ("right", "left")
    for mask, x_mm in ((lungs.right, phantom.RIGHT_X_MM), (lungs.left, phantom.LEFT_X_MM)):
        assert (coarse.to_volume(mask) & phantom.lung(x_mm)).sum() > 0.98 * phantom.lung(x_mm).sum()


@pytest.mark.parametrize(("side", "gone"), [("right", "left"), ("left", "right")])
def test_an_arm_beside_the_chest_does_not_move_a_single_lung_to_the_other_side(side, gone):
    made = chest(**{gone: False})
    wide = np.pad(made.hu, [(0, 0), (0, 0), (160, 160)], constant_values=phantom.AIR_HU)
    arm = slice(35, 175) if side == "right" else slice(445, 585)
    wide[:, 90:150, arm] = np.where(
        wide[:, 90:150, arm] == phantom.AIR_HU, phantom.SOFT_HU, wide[:, 90:150, arm]
    )
    geometry = grid(wide.shape, phantom.SPACING)
    _, lungs = look(Chest(wide, geometry))
    assert lungs.sides == (side,)


def test_voxels_lie_in_the_lung_that_holds_most_of_them_or_in_the_nearest():
    right, left = np.zeros((2, 10, 20, 40), bool)
    right[:, :, :12], left[:, :, 28:] = True, True
    spacing = (2.0, 2.0, 2.0)
    points = {"right": (5, 5, 3), "left": (5, 5, 30)}
    for side, point in points.items():
        assert side_at(right, left, spacing, np.array([point])) == side
    assert side_at(right, left, spacing, np.array([[5, 5, 16]])) == "right"
    assert side_at(right, left, spacing, np.array([[5, 5, 24]])) == "left"
    assert side_at(right, None, spacing, np.array([[5, 5, 13]])) == "right"
    assert side_at(right, None, spacing, np.array([[5, 5, 30]])) is None
    assert side_at(None, None, spacing, np.array([[5, 5, 30]])) is None


def test_a_voxel_lies_in_its_block_in_whatever_axes_the_array_runs():
    made = turned(chest())
    coarse = coarse_of(made.hu, made.geometry)
    mask = np.zeros(coarse.hu.shape, bool)
    mask[20:24, 30:36, 50:53] = True
    blocks = coarse.blocks_of(np.argwhere(coarse.to_volume(mask)))
    assert {tuple(each) for each in blocks} == {tuple(each) for each in np.argwhere(mask)}
