import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.phantoms.nodules import room, shares
from tests.phantoms.shapes import box, grid

from allward_measure.nodules.axes import axes_by_plane, best_axes, largest_diameter_mm
from allward_sdk.geometry import Geometry


def tilted(geometry, semi_axes_lps_mm, turn):
    """Mask of an ellipsoid at the origin that is turned."""
    points = geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T) @ turn
    return ((points / semi_axes_lps_mm) ** 2).sum(axis=1).reshape(geometry.shape_kji) <= 1.0


def measured(mask, geometry):
    return best_axes(axes_by_plane(mask.astype(np.float64), geometry))


@pytest.mark.parametrize("degrees", [0, 17, 45, 73, 90])
def test_a_turned_ellipse_of_10_by_6_mm_has_these_axes_and_a_mean_of_8(degrees):
    geometry = room(10, (5.0, 0.1, 0.1))
    turn = Rotation.from_euler("z", degrees, degrees=True).as_matrix()
    found = measured(tilted(geometry, (5.0, 3.0, 2.0), turn), geometry)
    assert found.plane == "axial"
    assert found.long_mm == pytest.approx(10.0, abs=0.101)
    assert found.short_mm == pytest.approx(6.0, abs=0.101)
    assert found.mean_mm == pytest.approx(8.0, abs=0.1)


@pytest.mark.parametrize(
    ("semi_axes", "plane"),
    [((5.0, 4.0, 2.0), "axial"), ((5.0, 2.0, 4.0), "coronal"), ((2.0, 5.0, 4.0), "sagittal")],
)
def test_the_plane_with_the_greatest_dimensions_is_taken(semi_axes, plane):
    geometry = room(10, (0.5, 0.5, 0.5))
    found = best_axes(axes_by_plane(shares(geometry, semi_axes), geometry))
    assert found.plane == plane
    assert found.long_mm == pytest.approx(10.0, abs=0.25)
    assert found.short_mm == pytest.approx(8.0, abs=0.25)


def test_planes_are_the_patients_however_the_series_was_scanned():
    lying = room(10, (0.5, 0.5, 0.5)).index_to_lps_mm
    sagittal = lying.copy()
    sagittal[:3, :3] = lying[:3, [2, 0, 1]]
    shape = room(10, (0.5, 0.5, 0.5)).shape_kji
    field = shares(room(10, (0.5, 0.5, 0.5)), (5.0, 4.0, 2.0)).transpose(2, 0, 1)
    found = best_axes(axes_by_plane(field, Geometry((shape[2], shape[0], shape[1]), sagittal, "1")))
    assert found.plane == "axial"


def test_the_ends_lie_in_the_patient_where_the_line_is_drawn():
    geometry = room(10, (1.0, 0.5, 0.5))
    found = best_axes(axes_by_plane(shares(geometry, (5.0, 4.0, 3.0)), geometry))
    first, second = (np.asarray(end) for end in found.long_ends_lps_mm)
    third, fourth = (np.asarray(end) for end in found.short_ends_lps_mm)
    assert np.linalg.norm(first - second) == pytest.approx(found.long_mm)
    assert np.linalg.norm(third - fourth) == pytest.approx(found.short_mm)
    assert (first - second) @ (third - fourth) == pytest.approx(0.0, abs=1e-6)
    assert np.abs((first + second) / 2) == pytest.approx([0, 0, 0], abs=0.6)


def test_thick_slices_are_measured_in_their_own_plane_only():
    geometry = room(8, (5.0, 0.5, 0.5))
    planes = {axes.plane for axes in axes_by_plane(shares(geometry, (4.0, 4.0, 4.0)), geometry)}
    assert planes == {"axial"}
    thin = room(8, (1.0, 0.5, 0.5))
    assert len(axes_by_plane(shares(thin, (4.0, 4.0, 4.0)), thin)) == 3


def test_a_notch_is_bridged_as_by_a_caliper():
    geometry = grid((3, 40, 40))
    whole = box(geometry.shape_kji, (1, 10, 10), (2, 20, 30))
    notched = whole & ~box(geometry.shape_kji, (1, 10, 18), (2, 16, 22))
    assert measured(notched, geometry).short_mm == pytest.approx(measured(whole, geometry).short_mm)


def test_a_single_voxel_is_as_long_as_it_is_wide_and_nothing_has_no_axes():
    geometry = grid((3, 9, 9), (2.0, 0.5, 0.5))
    found = measured(box(geometry.shape_kji, (1, 4, 4), (2, 5, 5)), geometry)
    assert (found.long_mm, found.short_mm) == pytest.approx((0.5, 0.5))
    assert measured(np.zeros(geometry.shape_kji, bool), geometry) is None
    assert largest_diameter_mm(np.zeros(geometry.shape_kji), geometry) is None


def test_the_longest_line_in_space_leaves_the_planes():
    geometry = room(14, (0.5, 0.5, 0.5))
    turn = Rotation.from_euler("xy", [40, 35], degrees=True).as_matrix()
    field = tilted(geometry, (2.0, 2.0, 7.0), turn).astype(np.float64)
    longest = largest_diameter_mm(field, geometry)
    assert longest == pytest.approx(14.0, abs=0.5)
    assert best_axes(axes_by_plane(field, geometry)).long_mm < longest


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_axes_do_not_depend_on_the_unit_the_turn_of_the_grid_or_the_order_of_its_rows(seed):
    draw = np.random.default_rng(seed)
    mask = np.zeros((5, 9, 9))
    mask[1:4, 2:7, 2:7] = draw.random((3, 5, 5)) > 0.3
    mask[2, 4, 4] = 1.0
    geometry = grid(mask.shape, (1.0, 0.7, 0.7))
    found = best_axes(axes_by_plane(mask, geometry))
    tenfold = best_axes(axes_by_plane(mask, grid(mask.shape, (10.0, 7.0, 7.0))))
    assert tenfold.long_mm == pytest.approx(10 * found.long_mm)
    turned = grid(mask.shape, (1.0, 0.7, 0.7), turned=Rotation.from_euler("z", 30, degrees=True).as_matrix())
    assert best_axes(axes_by_plane(mask, turned)).long_mm == pytest.approx(found.long_mm)
    assert best_axes(axes_by_plane(mask[::-1, ::-1], geometry)).long_mm == pytest.approx(found.long_mm)
    assert found.short_mm <= found.long_mm + 1e-9


@settings(max_examples=8, deadline=None)
@given(st.floats(4.0, 12.0), st.floats(0.1, 3.0))
def test_a_larger_sphere_never_measures_smaller(mm, more):
    geometry = room(16, (1.0, 0.7, 0.7))
    small, large = (
        best_axes(axes_by_plane(shares(geometry, (d / 2,) * 3), geometry)) for d in (mm, mm + more)
    )
    assert large.long_mm >= small.long_mm
    assert large.short_mm >= small.short_mm - 0.05
