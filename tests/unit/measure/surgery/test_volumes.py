import numpy as np
import pytest
from tests.phantoms.shapes import box, ellipsoid, grid, sphere

from allward_measure.surgery.cutting import Plane, plane_cut
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.volumes import remnant_of
from allward_sdk.errors import BadInputError

GRID = grid((30, 40, 60), (2.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def slab():
    return organ_of(box(GRID.shape_kji, (5, 5, 5), (25, 35, 55)), GRID)


def test_volumes_of_boxes_are_exact(slab):
    resected = slab.crop(box(GRID.shape_kji, (0, 0, 0), (30, 40, 25)))
    tumours = slab.crop(
        box(GRID.shape_kji, (6, 6, 6), (10, 10, 10)) | box(GRID.shape_kji, (6, 6, 45), (8, 8, 47))
    )
    kept = remnant_of(slab, resected, tumours)
    assert kept.organ_ml == pytest.approx(60.0)
    assert (kept.resected_ml, kept.remnant_ml) == pytest.approx((24.0, 36.0))
    assert kept.tumour_ml == pytest.approx(0.144)
    assert kept.functional_ml == pytest.approx(60.0 - 0.144)
    assert kept.functional_remnant_ml == pytest.approx(36.0 - 0.016)
    assert kept.share == pytest.approx((36.0 - 0.016) / (60.0 - 0.144))
    assert kept.pieces_ml == pytest.approx((36.0,))
    assert not kept.is_in_pieces


def test_a_tumour_within_the_part_that_is_taken_leaves_the_functional_remnant_whole():
    geometry = grid((44, 64, 84), (2.0, 2.0, 2.0), origin_lps_mm=(-83.0, -63.0, -43.0))
    organ = organ_of(ellipsoid(geometry, (0, 0, 0), (80.0, 60.0, 40.0)), geometry)
    tumour = organ.crop(sphere(geometry, (55.0, 0, 0), 12.0))
    kept = remnant_of(organ, plane_cut(organ, Plane((40.0, 0, 0), (1, 0, 0))), tumour)
    whole, taken = 804.2477, 0.15625 * 804.2477
    ball = 4 / 3 * np.pi * 1.2**3
    assert kept.functional_remnant_ml == pytest.approx(whole - taken, rel=0.003)
    assert kept.share == pytest.approx((whole - taken) / (whole - ball), rel=0.003)


def test_a_remnant_in_pieces_is_told_with_the_size_of_each(slab):
    resected = slab.crop(box(GRID.shape_kji, (0, 0, 20), (30, 40, 30)))
    kept = remnant_of(slab, resected)
    assert kept.is_in_pieces
    assert kept.pieces_ml == pytest.approx((30.0, 18.0))
    assert sum(kept.pieces_ml) == pytest.approx(kept.remnant_ml)


def test_the_error_of_the_remnant_is_its_surface_times_that_of_a_boundary(slab):
    resected = slab.crop(box(GRID.shape_kji, (0, 0, 0), (30, 40, 30)))
    exact = remnant_of(slab, resected, boundary_mm=0.0)
    assert (exact.error_ml.low, exact.error_ml.high) == pytest.approx((exact.remnant_ml, exact.remnant_ml))
    wide = remnant_of(slab, resected, boundary_mm=1.0)
    # A flat cut of 30 x 40 mm, and 2/3 of the faces of 25 x 30 x 40 mm but the one that was cut.
    surface_mm2 = 1200 + 2 / 3 * (1200 + 2 * (25 * 30 + 25 * 40))
    assert wide.error_ml.high - wide.remnant_ml == pytest.approx(surface_mm2 / 1000)
    assert wide.remnant_ml - wide.error_ml.low == pytest.approx(surface_mm2 / 1000)
    # The outer boundary is off for both halves alike, so only the cut makes the share uncertain.
    assert wide.error_share.low < 0.5 < wide.error_share.high
    assert wide.error_share.high == pytest.approx(0.5 + 1.2 / (60 - 2 / 3 * 5.9), abs=0.002)


def test_a_tumour_outside_the_organ_counts_nowhere(slab):
    resected = slab.crop(box(GRID.shape_kji, (0, 0, 0), (30, 40, 30)))
    outside = ~slab.mask
    assert remnant_of(slab, resected, outside) == remnant_of(slab, resected)


def test_an_organ_that_is_all_tumour_is_refused(slab):
    with pytest.raises(BadInputError, match="All of the organ is tumour"):
        remnant_of(slab, plane_cut(slab, Plane((30, 20, 30), (1, 0, 0))), slab.mask)
