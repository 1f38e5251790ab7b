import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.phantoms.shapes import box, ellipsoid, grid, sphere

from allward_measure.surgery.bezier import bezier_cut, net_from_contour, surface_points
from allward_measure.surgery.cutting import (
    Plane,
    plane_cut,
    require_cut,
    sphere_around,
    sphere_cut,
    territory_cut,
    union,
    wedge_cut,
)
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.volumes import remnant_of
from allward_sdk.errors import BadInputError

SEMI_AXES = np.asarray([80.0, 60.0, 40.0])
GRID = grid((84, 124, 164), origin_lps_mm=(-81.5, -61.5, -41.5))
CAPS = {0.0: 0.5, 0.25: 0.316406, 0.5: 0.15625, 0.75: 0.042969}
"""Share of an ellipsoid beyond a plane at a share of its semi-axis: (1 - t)^2 (2 + t) / 4."""


@pytest.fixture(scope="module")
def organ():
    return organ_of(ellipsoid(GRID, (0, 0, 0), tuple(SEMI_AXES)), GRID)


def cap_plane(direction, t):
    """The plane at a share t of the way out, in the space where the ellipsoid is a unit sphere."""
    unit = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    return Plane(tuple(t * unit * SEMI_AXES), tuple(unit / SEMI_AXES))


@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (0, 0, -1), (1, 2, -0.5), (-1, 1, 1)])
@pytest.mark.parametrize("t", CAPS)
def test_a_plane_cuts_the_share_of_an_ellipsoid_that_the_formula_says(organ, direction, t):
    resected = plane_cut(organ, cap_plane(direction, t))
    # A plane is at worst half a voxel off: that layer is at most so large a share of the ellipsoid.
    layer = 0.5 * 3 / 4 / SEMI_AXES.min()
    assert resected.sum() / organ.mask.sum() == pytest.approx(CAPS[t], abs=min(layer, 0.002))


@given(
    st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda n: np.linalg.norm(n) > 0.1),
    st.tuples(*[st.floats(-40, 40)] * 3),
)
@settings(max_examples=25, deadline=None)
def test_what_is_resected_and_what_remains_are_the_organ(normal, point):
    geometry = grid((20, 30, 40), (2.5, 0.8, 0.9), origin_lps_mm=(-18, -12, -25))
    small = organ_of(ellipsoid(geometry, (0, 0, 0), (15.0, 10.0, 20.0)), geometry)
    one = plane_cut(small, Plane(point, normal))
    other = plane_cut(small, Plane(point, tuple(-np.asarray(normal))))
    assert not (one & other).any()
    assert not (one & ~small.mask).any()
    if one.any() and other.any():
        kept = remnant_of(small, one)
        assert kept.resected_ml + kept.remnant_ml == pytest.approx(kept.organ_ml, rel=1e-12)
        assert 0 <= kept.error_share.low <= kept.share <= kept.error_share.high <= 1


def test_a_bezier_surface_with_a_flat_net_cuts_like_its_plane(organ):
    plane = Plane((5.317, -3.119, 2.731), (1.0, 0.4142, -0.3173))
    normal = plane.unit_normal()
    first = np.cross(normal, (0, 0, 1))
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    ticks = np.linspace(-30, 30, 4)
    net = np.asarray(plane.point_lps_mm) + ticks[:, None, None] * first + ticks[None, :, None] * second
    on_it = surface_points(net, *np.random.default_rng(1).random((2, 200)))
    assert np.abs((on_it - plane.point_lps_mm) @ normal).max() < 1e-12
    cut = bezier_cut(organ, net, tuple(np.asarray(plane.point_lps_mm) + 30 * normal))
    assert np.array_equal(cut.resected, plane_cut(organ, plane))
    assert cut.beyond_rim > 0.3, "the small patch ends inside the organ"


def test_a_flat_contour_gives_the_plane_it_lies_in(organ):
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    contour = np.stack([np.full(40, 12.3), 70 * np.cos(angles), 50 * np.sin(angles)], axis=1)
    cut = bezier_cut(organ, net_from_contour(contour), (60.0, 0.0, 0.0))
    assert np.array_equal(cut.resected, plane_cut(organ, Plane((12.3, 0, 0), (1, 0, 0))))
    assert cut.beyond_rim == 0.0


@pytest.mark.parametrize("bent_mm", [5.0, 60.0])
def test_a_curved_surface_takes_what_lies_above_its_height_voxel_by_voxel(organ, bent_mm):
    ticks = np.linspace(-90, 90, 4)
    y, z = np.meshgrid(ticks, ticks, indexing="ij")
    # The heights change sign from point to point: the mean plane of the net is x = 5.
    waves = np.asarray([1.0, -1.0, -1.0, 1.0])[:, None] * np.asarray([1.0, -1.0, -1.0, 1.0])
    net = np.stack([5.0 + bent_mm * waves, y, z], axis=-1)
    cut = bezier_cut(organ, net, (200.0, 0.0, 0.0))
    index = np.argwhere(organ.mask)
    points = organ.geometry.to_lps_mm(index)
    places = (points[:, 1:] + 90) / 180
    height = surface_points(net, places[:, 0], places[:, 1])[:, 0]
    assert np.array_equal(cut.resected[tuple(index.T)], points[:, 0] > height)


@given(st.floats(0, 360), st.floats(0, 180), st.floats(-500, 500))
@settings(max_examples=15, deadline=None)
def test_turning_and_moving_the_patient_changes_no_cut(about_z, about_x, shift):
    turned = Rotation.from_euler("zx", [about_z, about_x], degrees=True).as_matrix()
    straight = grid((16, 24, 28), (2.0, 1.1, 0.9))
    oblique = grid((16, 24, 28), (2.0, 1.1, 0.9), origin_lps_mm=(shift, 7.0, -shift), turned=turned)
    mask = box(straight.shape_kji, (1, 2, 3), (15, 22, 26))
    net = np.random.default_rng(3).uniform(-2, 2, (4, 4, 3)) + np.stack(
        [*np.meshgrid(np.linspace(-2, 27, 4), np.linspace(-2, 28, 4), indexing="ij"), np.full((4, 4), 15.02)],
        -1,
    )
    cuts = []
    for geometry, matrix, start in ((straight, np.eye(3), 0), (oblique, turned, (shift, 7.0, -shift))):
        towards = tuple(matrix @ (12.0, 12.0, 29.0) + start)
        cuts.append(bezier_cut(organ_of(mask, geometry), net @ matrix.T + start, towards).resected)
    assert np.array_equal(*cuts)


def test_a_sphere_takes_its_volume_and_a_sphere_around_a_tumour_holds_its_margin(organ):
    resected = sphere_cut(organ, (3.2, -1.7, 0.4), 25.0)
    assert resected.sum() / 1000 == pytest.approx(4 / 3 * np.pi * 2.5**3, rel=0.003)
    tumour = organ.crop(sphere(GRID, (10.0, 5.0, 0.0), 12.0))
    centre, radius_mm = sphere_around(organ, tumour, 5.0)
    assert centre == pytest.approx((10.0, 5.0, 0.0), abs=0.5)
    assert 17.0 <= radius_mm <= 18.0
    assert not (tumour & ~sphere_cut(organ, centre, radius_mm)).any()


def test_a_wedge_is_the_tumour_grown_by_its_margin(organ):
    tumour = organ.crop(sphere(GRID, (0, 0, 0), 10.0))
    resected = wedge_cut(organ, tumour, 8.0)
    smaller, larger = (organ.crop(sphere(GRID, (0, 0, 0), r)) for r in (17.0, 18.0 + 1e-9))
    assert not (smaller & ~resected).any()
    assert not (resected & ~larger).any()


def test_territories_and_unions_take_each_voxel_once(organ):
    territories = np.where(organ.mask, 1, 0)
    territories[:, :, :50] *= 2
    taken = territory_cut(organ, territories, {2})
    assert np.array_equal(taken, (territories == 2) & organ.mask)
    both = union(organ, taken, sphere_cut(organ, (0, 0, 0), 10.0), taken)
    assert np.array_equal(both, taken | sphere_cut(organ, (0, 0, 0), 10.0))
    with pytest.raises(BadInputError, match=r"territory \[7\]"):
        territory_cut(organ, territories, {1, 7})


def test_what_cannot_be_cut_is_told_with_what_to_do(organ):
    with pytest.raises(BadInputError, match="misses the organ"):
        require_cut(organ, plane_cut(organ, Plane((500, 0, 0), (1, 0, 0))))
    with pytest.raises(BadInputError, match="no direction"):
        plane_cut(organ, Plane((0, 0, 0), (0, 0, 0)))
    with pytest.raises(BadInputError, match="on a line"):
        net_from_contour([(0, 0, 0), (1, 1, 1), (2, 2, 2)])
    with pytest.raises(BadInputError, match="no voxel in this scan"):
        organ_of(np.zeros(GRID.shape_kji, dtype=bool), GRID)
    flat = np.stack([*np.meshgrid(*[np.linspace(-50, 50, 4)] * 2, indexing="ij"), np.zeros((4, 4))], -1)
    with pytest.raises(BadInputError, match="on the surface itself"):
        bezier_cut(organ, flat, (0.0, 0.0, 0.0))
    folded = flat.copy()
    folded[1], folded[2] = flat[2] + (60, 0, 5), flat[1] - (60, 0, 5)
    with pytest.raises(BadInputError, match="folds over itself"):
        bezier_cut(organ, folded, (0.0, 0.0, 30.0))
