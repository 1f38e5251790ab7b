import numpy as np
import pytest
from tests.phantoms.shapes import box, grid

from allward_measure.surgery.cutting import Plane
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.territories import nearest_label
from allward_sdk.errors import BadInputError
from liver_planning.logic.couinaud import (
    CONVENTION,
    GROUPS,
    PLANE_TOWARDS,
    SEGMENTS,
    holding,
    segments_by_planes,
    volumes_ml,
)

GRID = grid((60, 50, 170), origin_lps_mm=(-84.5, -24.5, -29.5))
"""x, to the patient's left, from -84.5 mm on; z, upwards, from -29.5 mm on."""

PLANES = {
    "right_hepatic_vein": Plane((-40, 0, 0), (1, 0, 0)),
    "middle_hepatic_vein": Plane((0, 0, 0), (1, 0, 0)),
    "umbilical_fissure": Plane((40, 0, 0), (1, 0, 0)),
    "left_hepatic_vein": Plane((0, 0, 0), (0, 0, 1)),
    "portal_level": Plane((0, 0, 0), (0, 0, 1)),
}
COLUMNS = (("VII", "VI"), ("VIII", "V"), ("IVa", "IVb"), ("II", "III"))
"""From the patient's right to the left, the upper one first."""


@pytest.fixture(scope="module")
def liver():
    """A box of 160 x 40 x 50 mm."""
    return organ_of(box(GRID.shape_kji, (5, 5, 5), (55, 45, 165)), GRID)


def boxes():
    wanted = {}
    for column, names in enumerate(COLUMNS):
        for row, name in enumerate(names):
            k = (30, 55) if row == 0 else (5, 30)
            i = 5 + 40 * column
            wanted[name] = box(GRID.shape_kji, (k[0], 5, i), (k[1], 45, i + 40))
    return wanted


def numbers(names_to_masks):
    return {number: names_to_masks[name] for number, name in SEGMENTS.items() if name in names_to_masks}


def test_planes_cut_a_box_into_the_eight_boxes_of_the_convention(liver):
    segments = segments_by_planes(liver, PLANES)
    for number, wanted in numbers(boxes()).items():
        assert np.array_equal(segments == number, liver.crop(wanted)), SEGMENTS[number]
    volumes = volumes_ml(liver, segments)
    assert volumes.pop("I") is None
    assert set(volumes.values()) == {40 * 40 * 25 / 1000}


def test_a_caudate_lobe_is_segment_i_and_is_taken_from_no_other_twice(liver):
    caudate = box(GRID.shape_kji, (25, 35, 75), (40, 45, 95))
    segments = segments_by_planes(liver, PLANES, liver.crop(caudate))
    assert np.array_equal(segments == 1, liver.crop(caudate))
    volumes = volumes_ml(liver, segments)
    assert volumes["I"] == pytest.approx(15 * 10 * 20 / 1000)
    assert sum(volumes.values()) == pytest.approx(liver.volume_ml)


def test_vessels_in_the_middle_of_the_boxes_give_the_same_segments(liver):
    lines = {}
    for number, wanted in numbers(boxes()).items():
        points = GRID.to_lps_mm(np.argwhere(wanted))
        x, _, z = (points.min(axis=0) + points.max(axis=0)) / 2
        lines[number] = [(x, y, z) for y in np.arange(-19.5, 20)]
    assert np.array_equal(nearest_label(liver, lines), segments_by_planes(liver, PLANES))


def test_planes_that_meet_within_the_liver_leave_no_voxel_without_a_segment(liver):
    crossed = {**PLANES, "right_hepatic_vein": Plane((-20, 0, 0), (1, 0.2, -1.5))}
    crossed["umbilical_fissure"] = Plane((10, 0, 0), (1, -0.5, 0.9))
    segments = segments_by_planes(liver, crossed)
    assert ((segments > 0) == liver.mask).all()
    assert sum(v or 0.0 for v in volumes_ml(liver, segments).values()) == pytest.approx(liver.volume_ml)


def test_a_tumour_is_told_with_its_segments_the_fullest_first(liver):
    segments = segments_by_planes(liver, PLANES)
    tumour = liver.crop(box(GRID.shape_kji, (35, 20, 30), (45, 30, 50)))
    assert holding(liver, segments, tumour) == ["VII", "VIII"]
    assert holding(liver, segments, np.zeros_like(liver.mask)) == []


def test_a_missing_landmark_is_named(liver):
    with pytest.raises(BadInputError, match="umbilical_fissure"):
        segments_by_planes(liver, {n: p for n, p in PLANES.items() if n != "umbilical_fissure"})


def test_the_convention_is_stated_for_every_method_and_names_every_plane():
    assert set(CONVENTION) == {"planes", "vessels_straight", "vessels_within", "plugin"}
    assert set(PLANE_TOWARDS) == set(PLANES)
    assert sorted(SEGMENTS) == list(range(1, 10))
    halves = GROUPS["right_liver"] | GROUPS["left_liver"]
    assert halves == set(SEGMENTS) - {1}
    sections = [members for name, members in GROUPS.items() if name.endswith("section")]
    assert sorted(n for members in sections for n in members) == sorted(halves)
