import numpy as np
import pytest
from tests.phantoms.nodules import (
    GROUND_GLASS_HU,
    LUNG_HU,
    SOLID_HU,
    SPACINGS_KJI_MM,
    ball,
    phantom,
    room,
    shares,
    shelled,
)

from allward_measure.components import Component
from allward_measure.nodules.density import density
from allward_measure.nodules.kind import compose
from allward_measure.nodules.measure import measure_nodule
from allward_measure.nodules.region import Region, cut_out

THIN = (1.0, 0.7, 0.7)


@pytest.mark.parametrize("spacing", SPACINGS_KJI_MM[:4])
@pytest.mark.parametrize(
    ("hu", "kind"),
    [(SOLID_HU, "solid"), (GROUND_GLASS_HU, "ground_glass"), (-450.0, "ground_glass"), (600.0, "calcified")],
)
def test_an_even_nodule_is_of_the_kind_that_its_density_says(spacing, hu, kind):
    assert compose(ball(10, spacing, hu=hu).region).kind == kind


def test_a_solid_core_in_ground_glass_is_part_solid_and_both_are_measured():
    found = measure_nodule(shelled(16, 8, GROUND_GLASS_HU, SOLID_HU, (0.7, 0.7, 0.7)).region)
    assert found.composition.kind == "part_solid"
    assert found.size.axes.long_mm == pytest.approx(16, abs=0.5)
    assert found.solid_part.axes.long_mm == pytest.approx(8, abs=0.35)
    assert found.solid_part.volume_mm3 == pytest.approx(268.08, rel=0.1)
    assert float(found.solid_part.lung_rads_mean_mm) == pytest.approx(8, abs=0.35)


@pytest.mark.parametrize("noise_hu", [30, 60])
def test_noise_makes_no_other_kind_of_a_nodule(noise_hu):
    draw = np.random.default_rng(noise_hu)
    made = {
        "solid": ball(6, THIN),
        "ground_glass": ball(10, THIN, hu=GROUND_GLASS_HU),
        "part_solid": shelled(12, 5, GROUND_GLASS_HU, SOLID_HU, THIN),
    }
    for kind, scan in made.items():
        noisy = scan.volume_hu + draw.normal(0.0, noise_hu, scan.volume_hu.shape)
        assert compose(scan._replace(volume_hu=noisy).region).kind == kind


def test_only_a_part_solid_nodule_has_a_solid_part():
    assert measure_nodule(ball(8, THIN).region).solid_part is None
    assert measure_nodule(ball(8, THIN, hu=GROUND_GLASS_HU).region).solid_part is None


def test_a_patch_of_fat_is_found_and_the_border_of_a_solid_part_is_no_fat():
    assert compose(shelled(16, 10, SOLID_HU, -80.0, (0.7, 0.7, 0.7)).region).kind == "fat_containing"
    assert compose(shelled(16, 8, GROUND_GLASS_HU, SOLID_HU, (0.7, 0.7, 0.7)).region).fat_share == 0.0


def test_a_fleck_of_calcium_does_not_make_a_nodule_calcified():
    found = compose(shelled(12, 4, SOLID_HU, 800.0, (0.7, 0.7, 0.7)).region)
    assert found.kind == "solid"
    assert 0 < found.calcified_share < 0.5


def test_a_tiny_nodule_is_judged_by_all_its_voxels_and_says_so():
    assert not compose(ball(4, (5.0, 0.7, 0.7)).region).by_core
    assert compose(ball(8, THIN).region).by_core


def test_densities_are_those_of_the_mask():
    made = ball(10, THIN)
    found = measure_nodule(made.region)
    inside = made.volume_hu[made.nodule.in_whole(made.geometry.shape_kji)]
    assert found.density.mean_hu == pytest.approx(inside.mean())
    assert found.density.percentiles_hu[2] == pytest.approx(np.median(inside))
    assert (found.density.min_hu, found.density.max_hu) == (inside.min(), inside.max())
    assert density(made.volume_hu, np.zeros(made.volume_hu.shape, bool)) is None


def test_a_nodule_at_the_edge_of_the_scan_is_said_to_be_cut_off():
    made = ball(10, THIN)
    k = made.nodule.box_kji[0][0] + 4
    mask = made.nodule.in_whole(made.geometry.shape_kji)[k:]
    low, high = made.nodule.box_kji
    cut = Component(
        mask[: high[0] - k, low[1] : high[1], low[2] : high[2]], 1, ((0, *low[1:]), (high[0] - k, *high[1:]))
    )
    region = cut_out(made.volume_hu[k:], cut, room(10, THIN))
    assert region.at_edge
    assert not made.region.at_edge


def test_a_region_lies_where_it_was_cut_out():
    made = ball(10, THIN, offset_mm=(0.2, 0.1, -0.3))
    region = cut_out(made.volume_hu, made.nodule, made.geometry, margin_mm=2.0)
    inside = np.argwhere(region.mask).mean(axis=0)
    assert region.geometry.to_lps_mm([inside])[0] == pytest.approx([0, 0, 0], abs=0.3)
    assert region.mask.sum() == made.nodule.voxels


def test_without_contrast_there_is_no_level_and_no_volume_by_fractions():
    found = measure_nodule(ball(10, THIN, hu=LUNG_HU + 20).region)
    assert found.levels is None
    assert found.size.volume_mm3 is None
    assert found.size.voxels_mm3 > 0


def test_an_empty_mask_is_no_nodule():
    region = ball(10, THIN).region
    nothing = np.zeros_like(region.mask)
    assert measure_nodule(Region(region.volume_hu, nothing, region.geometry)) is None


def test_the_chest_wall_is_no_part_of_a_nodule_that_touches_it():
    spacing = (1.0, 0.7, 0.7)
    geometry = room(10, spacing)
    filled = shares(geometry, (5.0, 5.0, 5.0))
    x = geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T)[:, 0].reshape(geometry.shape_kji)
    wall = x > 5.0
    made = phantom(np.where(wall, 40.0, LUNG_HU + filled * (SOLID_HU - LUNG_HU)), geometry, filled)
    mask = made.nodule
    known = measure_nodule(cut_out(made.volume_hu, mask, geometry, lung=~wall))
    unknown = measure_nodule(cut_out(made.volume_hu, mask, geometry))
    assert known.size.volume_mm3 == pytest.approx(523.6, rel=0.02)
    assert unknown.size.volume_mm3 == pytest.approx(523.6, rel=0.02)
    assert unknown.size.axes.long_mm == pytest.approx(10.0, abs=0.5)
    assert known.levels.background_hu == pytest.approx(LUNG_HU, abs=5)
