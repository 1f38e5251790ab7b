import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.phantoms.shapes import box, ellipsoid, grid, sphere

from allward_measure.diameter import largest_axial_diameter
from allward_measure.inside import inside_point_kji
from allward_measure.volume import label_volume_ml, touches_edge, volume_ml

SPHERE_TOLERANCE = {
    (1.0, 1.0, 1.0): 0.015,
    (1.0, 0.7, 0.7): 0.006,
    (2.5, 0.7, 0.7): 0.021,
    (5.0, 0.7, 0.7): 0.086,
}
"""Largest error of voxel counting for a sphere of 20 mm, as a share, times 1.5."""


def test_the_volume_of_a_box_is_exact_on_an_anisotropic_grid():
    geometry = grid((10, 40, 50), (5.0, 0.8, 0.75))
    mask = box(geometry.shape_kji, (2, 3, 4), (7, 13, 24))
    assert volume_ml(mask, geometry) == pytest.approx(5 * 10 * 20 * 5.0 * 0.8 * 0.75 / 1000)
    assert label_volume_ml(mask.astype(np.uint8) * 3, 3, geometry) == volume_ml(mask, geometry)


@pytest.mark.parametrize("spacing_kji_mm", SPHERE_TOLERANCE)
def test_the_volume_of_a_20_mm_sphere_is_right_within_the_voxel_error(spacing_kji_mm):
    shape = tuple(int(np.ceil(24 / s)) for s in spacing_kji_mm)
    geometry = grid(shape, spacing_kji_mm, origin_lps_mm=(-11.83, -12.17, -11.9))
    measured = volume_ml(sphere(geometry, (0.0, 0.0, 0.0), 10.0), geometry)
    assert measured == pytest.approx(4 / 3 * np.pi, rel=SPHERE_TOLERANCE[spacing_kji_mm])


def test_the_volume_of_an_ellipsoid_is_that_of_its_formula():
    geometry = grid((84, 124, 164), origin_lps_mm=(-81.5, -61.5, -41.5))
    measured = volume_ml(ellipsoid(geometry, (0, 0, 0), (80.0, 60.0, 40.0)), geometry)
    assert measured == pytest.approx(804.2477, rel=3e-4)


@given(st.floats(0, 360), st.floats(0, 90))
def test_turning_the_grid_changes_no_measurement(about_z, about_x):
    turned = Rotation.from_euler("zx", [about_z, about_x], degrees=True).as_matrix()
    shape, spacing = (6, 12, 14), (2.5, 0.8, 0.6)
    mask = box(shape, (1, 2, 3), (4, 9, 11))
    straight, oblique = grid(shape, spacing), grid(shape, spacing, turned=turned)
    assert volume_ml(mask, oblique) == pytest.approx(volume_ml(mask, straight))
    assert largest_axial_diameter(mask, oblique).length_mm == pytest.approx(
        largest_axial_diameter(mask, straight).length_mm
    )


def test_the_diameter_of_a_box_is_the_diagonal_of_its_outline():
    geometry = grid((5, 40, 50), (5.0, 0.5, 0.5))
    mask = box(geometry.shape_kji, (1, 10, 10), (3, 16, 18))
    assert largest_axial_diameter(mask, geometry).length_mm == pytest.approx(5.0)


def test_the_diameter_is_taken_in_the_slice_where_it_is_largest():
    geometry = grid((5, 40, 50))
    mask = box(geometry.shape_kji, (1, 10, 10), (2, 14, 13)) | box(
        geometry.shape_kji, (3, 10, 10), (4, 18, 25)
    )
    found = largest_axial_diameter(mask, geometry)
    assert found.slice_k == 3
    assert found.length_mm == pytest.approx(17.0)
    assert np.linalg.norm(np.subtract(*found.ends_lps_mm)) == pytest.approx(found.length_mm)


def test_the_diameter_of_a_sphere_is_right_within_a_voxel_diagonal():
    geometry = grid((24, 48, 48), (1.0, 0.5, 0.5), origin_lps_mm=(-12, -12, -12))
    found = largest_axial_diameter(sphere(geometry, (0, 0, 0), 10.0), geometry)
    assert 20.0 <= found.length_mm <= 20.0 + 0.71


def test_a_part_that_is_cut_out_is_measured_at_its_own_place():
    geometry = grid((9, 30, 30), (3.0, 1.0, 1.0), origin_lps_mm=(5, 6, 7))
    mask = box(geometry.shape_kji, (2, 5, 6), (4, 9, 12))
    whole = largest_axial_diameter(mask, geometry)
    cut = largest_axial_diameter(mask[2:4, 5:9, 6:12], geometry, offset_kji=(2, 5, 6))
    assert cut.length_mm == pytest.approx(whole.length_mm)
    np.testing.assert_allclose(cut.ends_lps_mm, whole.ends_lps_mm)


def test_nothing_has_no_diameter_and_no_inside_point():
    geometry = grid((4, 4, 4))
    assert largest_axial_diameter(np.zeros((4, 4, 4), bool), geometry) is None
    assert inside_point_kji(np.zeros((4, 4, 4), bool), geometry) is None


def test_the_inside_point_of_a_ring_lies_in_the_ring():
    geometry = grid((9, 60, 60))
    ring = sphere(geometry, (30, 30, 4), 25.0) & ~sphere(geometry, (30, 30, 4), 18.0)
    assert ring[inside_point_kji(ring, geometry)]


def test_the_inside_point_of_a_sphere_is_its_centre():
    geometry = grid((31, 31, 31))
    assert inside_point_kji(sphere(geometry, (15, 14, 13), 9.0), geometry) == (13, 14, 15)


@pytest.mark.parametrize(
    ("low", "high", "touches", "touches_ends"),
    [
        ((1, 1, 1), (4, 4, 4), False, False),
        ((0, 1, 1), (4, 4, 4), True, True),
        ((1, 1, 1), (8, 4, 4), True, True),
        ((1, 0, 1), (4, 4, 4), True, False),
        ((1, 1, 1), (4, 4, 8), True, False),
    ],
)
def test_a_mask_at_the_border_is_cut_off(low, high, touches, touches_ends):
    mask = box((8, 8, 8), low, high)
    assert touches_edge(mask) is touches
    assert touches_edge(mask, in_plane=False) is touches_ends
