import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.phantoms.shapes import box, ellipsoid, grid, sphere

from allward_measure.surgery.cutting import Plane, plane_cut, sphere_cut
from allward_measure.surgery.margins import cut_surface, margin_of
from allward_measure.surgery.organ import organ_of
from allward_sdk.errors import BadInputError

CUBE = grid((70, 70, 70), origin_lps_mm=(-34.5, -34.5, -34.5))


@pytest.fixture(scope="module")
def organ():
    return organ_of(np.ones(CUBE.shape_kji, dtype=bool), CUBE)


def test_the_margin_between_concentric_spheres_is_the_difference_of_their_radii(organ):
    tumour = sphere(CUBE, (0, 0, 0), 10.0)
    margin = margin_of(organ, sphere_cut(organ, (0, 0, 0), 20.0), tumour, threshold_mm=11.0)
    assert margin.least_mm == pytest.approx(10.0, abs=1.0)
    assert margin.mean_mm == pytest.approx(10.0, abs=0.25)
    assert margin.distances_mm.max() == pytest.approx(10.0, abs=1.0)
    assert margin.share_below == pytest.approx(1.0)
    assert margin.left_ml == 0.0


@pytest.mark.parametrize("offset_mm", [3.0, 7.5])
def test_a_tumour_off_the_middle_has_so_much_less_margin(organ, offset_mm):
    tumour = sphere(CUBE, (offset_mm, 0, 0), 10.0)
    margin = margin_of(organ, sphere_cut(organ, (0, 0, 0), 20.0), tumour, threshold_mm=10.0)
    assert margin.least_mm == pytest.approx(10.0 - offset_mm, abs=1.0)
    assert margin.distances_mm.max() == pytest.approx(10.0 + offset_mm, abs=1.0)


def test_a_margin_of_boxes_is_exact_on_an_anisotropic_grid():
    geometry = grid((20, 40, 50), (5.0, 0.8, 0.75))
    organ = organ_of(np.ones(geometry.shape_kji, dtype=bool), geometry)
    tumour = box(geometry.shape_kji, (5, 10, 10), (9, 20, 20))
    sideways = box(geometry.shape_kji, (0, 0, 0), (20, 40, 30))
    assert margin_of(organ, sideways, tumour, threshold_mm=5).least_mm == pytest.approx(10 * 0.75)
    upwards = box(geometry.shape_kji, (0, 0, 0), (11, 40, 50))
    assert margin_of(organ, upwards, tumour, threshold_mm=5).least_mm == pytest.approx(2 * 5.0)


def test_the_share_of_a_plane_below_the_threshold_is_the_disc_near_the_tumour(organ):
    tumour = sphere(CUBE, (0, 0, 0), 10.0)
    resected = plane_cut(organ, Plane((15.0, 0, 0), (-1, 0, 0)))
    margin = margin_of(organ, resected, tumour, threshold_mm=10.0)
    assert margin.least_mm == pytest.approx(5.0, abs=0.5)
    # Points of the plane within 20 mm of the centre, half a voxel more or less: a disc in a square.
    low, high = (np.pi * (reach_mm**2 - 15.0**2) / 70**2 for reach_mm in (19.5, 20.5))
    assert low < margin.share_below < high


def test_a_cut_through_a_tumour_has_no_margin_and_tells_what_stays(organ):
    tumour = sphere(CUBE, (0, 0, 0), 10.0)
    margin = margin_of(organ, plane_cut(organ, Plane((0, 0, 0), (1, 0, 0))), tumour, threshold_mm=1.0)
    assert margin.least_mm == 0.0
    assert margin.left_ml == pytest.approx(tumour.sum() / 2000, rel=1e-6)


def test_a_tumour_that_stays_whole_has_no_margin_either(organ):
    tumour = sphere(CUBE, (20, 0, 0), 6.0)
    margin = margin_of(organ, plane_cut(organ, Plane((0, 0, 0), (-1, 0, 0))), tumour, threshold_mm=1.0)
    assert margin.least_mm == 0.0
    assert margin.left_ml == pytest.approx(tumour.sum() / 1000)


@pytest.mark.parametrize("normal", [(1, 0, 0), (1, 1, 0), (1, 2, 3), (0.2, -1, 0.6)])
def test_the_area_of_an_oblique_cut_is_that_of_its_disc(normal):
    geometry = grid((60, 60, 60), origin_lps_mm=(-29.5, -29.5, -29.5))
    ball = organ_of(ellipsoid(geometry, (0, 0, 0), (25.0, 25.0, 25.0)), geometry)
    area = cut_surface(ball, plane_cut(ball, Plane((0, 0, 0), normal))).area_mm2
    assert area == pytest.approx(np.pi * 25**2, rel=0.06)


@given(st.floats(6, 24), st.floats(0.5, 5))
@settings(max_examples=10, deadline=None)
def test_a_wider_cut_never_has_less_margin(radius_mm, more_mm):
    geometry = grid((40, 40, 40), (1.5, 1.5, 1.5), origin_lps_mm=(-29.0, -29.0, -29.0))
    whole = organ_of(np.ones(geometry.shape_kji, dtype=bool), geometry)
    tumour = sphere(geometry, (1.0, 0, 0), 5.0)
    near, far = (
        margin_of(whole, sphere_cut(whole, (0, 0, 0), r), tumour, threshold_mm=5)
        for r in (radius_mm, radius_mm + more_mm)
    )
    assert far.least_mm >= near.least_mm - 1e-9
    assert far.left_ml <= near.left_ml


def test_a_tumour_outside_the_organ_has_no_margin():
    whole = organ_of(sphere(CUBE, (0, 0, 0), 25.0), CUBE)
    outside = whole.crop(sphere(CUBE, (22.0, 22.0, 0), 3.0)) & ~whole.mask
    assert outside.any()
    with pytest.raises(BadInputError, match="outside the organ"):
        margin_of(whole, plane_cut(whole, Plane((5.1, 0, 0), (1, 0, 0))), outside, threshold_mm=1)


def test_a_margin_without_a_tumour_or_a_cut_is_refused(organ):
    nothing = np.zeros_like(organ.mask)
    with pytest.raises(BadInputError, match="no voxel near the organ"):
        margin_of(organ, sphere_cut(organ, (0, 0, 0), 9.0), nothing, threshold_mm=1)
    with pytest.raises(BadInputError, match="divides nothing"):
        margin_of(organ, nothing, sphere(CUBE, (0, 0, 0), 5.0), threshold_mm=1)
