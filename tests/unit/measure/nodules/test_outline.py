"""A nodule is outlined from a point: its size, its kind, and where it ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.phantoms.nodules import GROUND_GLASS_HU, SOLID_HU, scene

from allward_measure.nodules.detach import detached
from allward_measure.nodules.growth import sphere_diameter_mm
from allward_measure.nodules.measure import measure_nodule
from allward_measure.nodules.outline import outline_nodule
from allward_measure.nodules.region import cut_out


def outline(made, *, at_lps_mm=(0.0, 0.0, 0.0), diameter_mm=None):
    volume = made.volume_hu.astype(np.int16)
    point = tuple(made.geometry.to_index_kji([at_lps_mm])[0])
    return outline_nodule(volume, made.geometry, point, diameter_mm=diameter_mm)


def measured(made, **keywords):
    found = outline(made, **keywords)
    assert found is not None
    assert found.ends
    nodule = measure_nodule(cut_out(made.volume_hu, found.nodule, made.geometry))
    assert nodule is not None
    return nodule


@pytest.mark.parametrize("mm", [4.0, 6.0, 8.0, 12.0, 20.0, 35.0])
@pytest.mark.parametrize("hu", [SOLID_HU, GROUND_GLASS_HU])
def test_a_ball_is_found_from_a_point_beside_its_middle_in_noise(mm, hu):
    made = scene(mm, hu=hu, noise_hu=30.0)
    nodule = measured(made, at_lps_mm=(0.2 * mm, -0.2 * mm, 0.1 * mm))
    assert nodule.size.axes.mean_mm == pytest.approx(mm, abs=max(0.7, 0.04 * mm))
    assert nodule.composition.kind == ("solid" if hu == SOLID_HU else "ground_glass")
    assert nodule.size.volume_mm3 == pytest.approx(made.truth_mm3, rel=0.1 if mm > 4 else 0.25)


@pytest.mark.parametrize("mm", [8.0, 12.0, 20.0, 35.0])
@pytest.mark.parametrize("from_rim", [False, True])
def test_a_part_solid_nodule_is_outlined_along_its_halo_from_wherever_one_begins(mm, from_rim):
    made = scene(mm, hu=GROUND_GLASS_HU, core=(mm / 2, SOLID_HU), noise_hu=30.0)
    nodule = measured(made, at_lps_mm=(0.36 * mm if from_rim else 0.0, 0.0, 0.0))
    assert nodule.composition.kind == "part_solid"
    assert nodule.size.axes.mean_mm == pytest.approx(mm, rel=0.12)
    assert nodule.solid_part.axes.mean_mm == pytest.approx(mm / 2, rel=0.1)


def test_a_solid_ball_has_no_halo_at_any_slice_thickness():
    for spacing in ((0.5, 0.5, 0.5), (1.0, 0.7, 0.7), (2.5, 0.7, 0.7), (5.0, 0.7, 0.7)):
        nodule = measured(scene(12.0, spacing, noise_hu=30.0))
        assert nodule.composition.kind == "solid", spacing
        assert nodule.solid_part is None


@pytest.mark.parametrize(("mm", "vessel_mm"), [(4.0, 2.0), (6.0, 2.0), (8.0, 2.0), (12.0, 4.0), (20.0, 4.0)])
def test_vessels_that_run_through_a_nodule_are_cut_off(mm, vessel_mm):
    made = scene(mm, vessel_mm=vessel_mm)
    nodule = measured(made)
    assert nodule.size.axes.mean_mm == pytest.approx(mm, abs=0.9)
    assert sphere_diameter_mm(nodule.size.volume_mm3) == pytest.approx(mm, rel=0.05)


@pytest.mark.parametrize("mm", [6.0, 8.0, 12.0, 20.0])
def test_a_nodule_that_sits_on_the_chest_wall_ends_at_it(mm):
    made = scene(mm, wall_mm=0.45 * mm, noise_hu=20.0)
    nodule = measured(made)
    assert nodule.size.axes.long_mm == pytest.approx(mm, abs=0.7)
    assert nodule.size.volume_mm3 == pytest.approx(made.truth_mm3, rel=0.25)


def test_a_mass_whose_box_is_known_is_not_cut_by_the_narrow_surface_of_the_lungs():
    made = scene(30.0, wall_mm=6.0, noise_hu=20.0)
    narrow, wide = outline(made), outline(made, diameter_mm=34.0)
    assert wide.nodule.voxels > 1.1 * narrow.nodule.voxels
    beyond_the_wall = (1 - 6 / 15) ** 2 * (2 + 6 / 15) / 4
    share = wide.nodule.voxels * made.geometry.voxel_volume_ml * 1000 / made.truth_mm3
    assert share == pytest.approx(1 - beyond_the_wall, abs=0.2)


def test_where_nothing_stands_out_there_is_no_outline():
    made = scene(8.0, noise_hu=20.0)
    assert outline(made, at_lps_mm=(25.0, 25.0, 20.0)) is None


def test_without_lung_around_there_is_no_outline():
    made = scene(8.0)
    soft = made._replace(volume_hu=np.full_like(made.volume_hu, 40.0))
    outside = made._replace(volume_hu=np.full_like(made.volume_hu, -1000.0))
    assert outline(soft) is None
    assert outline(outside) is None


@pytest.mark.parametrize("point", [(np.nan, 1.0, 1.0), (-5.0, 1.0, 1.0), (1.0, 1.0, 1e9), (np.inf, 0.0, 0.0)])
def test_a_point_that_is_not_in_the_scan_has_no_outline(point):
    made = scene(6.0)
    assert outline_nodule(made.volume_hu.astype(np.int16), made.geometry, point) is None


@settings(max_examples=12, deadline=None)
@given(shift=st.tuples(*[st.floats(-0.5, 0.5)] * 3), mm=st.floats(5.0, 15.0))
def test_the_grid_may_lie_anywhere_below_the_nodule(shift, mm):
    spacing = (1.0, 0.7, 0.7)
    offset = tuple(part * size for part, size in zip(shift, spacing, strict=True))
    nodule = measured(scene(mm, spacing, offset_mm=offset))
    assert nodule.size.axes.mean_mm == pytest.approx(mm, abs=0.6)


def test_what_hangs_on_a_ball_by_a_thin_neck_goes_and_its_holes_are_filled():
    k, j, i = np.ogrid[:41, :41, :41]
    ball = (k - 20) ** 2 + (j - 20) ** 2 + (i - 12) ** 2 <= 64
    other = (k - 20) ** 2 + (j - 20) ** 2 + (i - 32) ** 2 <= 36
    neck = ((k - 20) ** 2 + (j - 20) ** 2 <= 2) & (i > 12) & (i < 32)
    mask = ball | other | neck
    mask[20, 20, 12] = False
    found = detached(mask, (20, 20, 10), (1.0, 1.0, 1.0))
    assert found is not None
    assert found[20, 20, 12]
    assert not (found & other).any()
    assert (found & ball).sum() > 0.95 * ball.sum()


def test_nothing_is_detached_where_there_is_nothing_near():
    mask = np.zeros((9, 9, 9), bool)
    assert detached(mask, (4, 4, 4), (1.0, 1.0, 1.0)) is None
    mask[0, 0, 0] = True
    assert detached(mask, (8, 8, 8), (1.0, 1.0, 1.0)) is None


def test_a_small_nodule_on_a_mass_is_not_the_mass_where_its_size_is_expected():
    made = scene(30.0, wall_mm=None)
    x, y, z = (made.geometry.to_lps_mm(np.indices(made.geometry.shape_kji).reshape(3, -1).T)).T
    small = ((x - 17.5) ** 2 + y**2 + z**2 <= 9.0).reshape(made.geometry.shape_kji)
    volume = np.where(small, SOLID_HU, made.volume_hu)
    both = made._replace(volume_hu=volume)
    expected = outline(both, at_lps_mm=(18.0, 0.0, 0.0), diameter_mm=6.0)
    assert expected is None or expected.nodule.voxels * both.geometry.voxel_volume_ml * 1000 < 1000.0
    free = outline(both, at_lps_mm=(0.0, 0.0, 0.0), diameter_mm=30.0)
    assert free.nodule.voxels * both.geometry.voxel_volume_ml * 1000 > 12_000.0
