"""What a reader clicks, draws and measures becomes a finding by the same measurements."""

import math

import numpy as np
import pytest
from tests.phantoms.chest import chest_scan
from tests.unit.lung_nodule.chests import GLASS, NODULES, SMALL, SOLID, assess, case_of, marks_of, said, value

from allward_runner.abilities import Calipers, Correctable, Outline
from allward_sdk.errors import BadInputError
from allward_sdk.results import PriorSight
from lung_nodule.logic.app import APP
from lung_nodule.logic.correcting import with_calipers
from lung_nodule.logic.followup import words
from lung_nodule.logic.words import CALIPERS


@pytest.fixture(scope="module")
def made():
    return chest_scan(NODULES, (1.5, 1.0, 1.0))


@pytest.fixture(scope="module")
def case(made):
    return case_of(made)


@pytest.fixture(scope="module")
def found(made):
    return assess(made, marks_of())


def test_the_app_can_be_corrected():
    assert isinstance(APP, Correctable)


@pytest.mark.parametrize("nodule", NODULES)
def test_a_click_beside_the_middle_outlines_the_nodule(case, nodule):
    outline = APP.outline_at(case, tuple(np.add(nodule.centre_lps_mm, (1.5, -1.0, 1.0))))
    volume_mm3 = outline.mask.sum() * case.geometry.voxel_volume_ml * 1000
    assert volume_mm3 == pytest.approx(math.pi / 6 * nodule.diameter_mm**3, rel=0.2)


def test_a_click_and_the_model_find_the_same_voxels(case, found):
    for finding, nodule in zip(found.findings, NODULES, strict=True):
        outline = APP.outline_at(case, nodule.centre_lps_mm)
        theirs = np.argwhere(found.labels_kji == finding.segment_value)
        ours = np.argwhere(outline.mask) + outline.first_kji
        shared = len({tuple(each) for each in ours} & {tuple(each) for each in theirs})
        assert 2 * shared / (len(ours) + len(theirs)) > 0.95


@pytest.mark.parametrize(
    "point", [(-65.0, -35.0, -25.0), (0.0, 0.0, 5000.0), (math.nan, 0.0, 0.0), (0.0, 118.0, 0.0)]
)
def test_a_click_into_lung_air_or_nowhere_outlines_nothing(case, point):
    assert APP.outline_at(case, point) is None


def test_on_an_mr_nothing_is_outlined(made):
    assert APP.outline_at(case_of(made, modality="MR"), SOLID.centre_lps_mm) is None


def test_an_added_nodule_is_measured_as_the_model_would_have(case, found):
    outline = APP.outline_at(case, SMALL.centre_lps_mm)
    finding, label = APP.finding_of(case, outline, value=9, like=None)
    assert (finding.id, finding.segment_value, label.value) == ("nodule-9", 9, 9)
    assert said(finding, "measured") == "reader"
    assert said(finding, "side") == "left"
    assert said(finding, "kind") == "solid"
    assert finding.score is None
    model = found.findings[2]
    for name in ("mean_diameter_mm", "volume_mm3", "mean_hu"):
        assert value(finding, name) == pytest.approx(value(model, name), rel=0.05, abs=5.0)


def test_a_corrected_nodule_stays_the_one_that_it_was(case, found):
    model = found.findings[0]
    outline = APP.outline_at(case, SOLID.centre_lps_mm)
    smaller = Outline(outline.mask.copy(), outline.first_kji)
    smaller.mask[: smaller.mask.shape[0] // 2] = False
    finding, _ = APP.finding_of(case, smaller, value=1, like=model)
    assert (finding.id, finding.tracking_uid, finding.title) == (model.id, model.tracking_uid, model.title)
    assert finding.score == model.score
    assert said(finding, "measured") == "reader"
    assert value(finding, "volume_mm3") < 0.8 * value(model, "volume_mm3")
    assert finding.box_kji != model.box_kji


def before(model, mm, volume_mm3, status="stable"):
    """The model's nodule, compared with one of a year ago."""
    sizes = {"mean_diameter_mm": mm, "volume_mm3": volume_mm3, "mass_mg": volume_mm3}
    prior = PriorSight(
        study_instance_uid="1.9",
        series_instance_uid="1.9.1",
        centre_lps_mm=None,
        measurements=tuple(
            each.model_copy(update={"value": sizes[each.name]})
            for each in model.measurements
            if each.name in sizes
        ),
    )
    numbers = (words.number("delta_mm", 0.1), words.number("days_since_prior", 365.0))
    return model.model_copy(
        update={
            "prior": prior,
            "measurements": (*model.measurements, *numbers),
            "properties": (*model.properties, words.change_property(status)),
        }
    )


def test_a_nodule_that_is_measured_anew_is_compared_anew(case, found):
    like = before(found.findings[0], 8.0, 268.0)
    outline = APP.outline_at(case, SOLID.centre_lps_mm)
    finding, _ = APP.finding_of(case, outline, value=1, like=like)
    assert said(finding, "change") == "growing"
    assert value(finding, "delta_mm") == pytest.approx(value(finding, "mean_diameter_mm") - 8.0, abs=0.01)
    assert 100 < value(finding, "doubling_time_days") < 365
    assert value(finding, "days_since_prior") == 365.0
    assert finding.prior == like.prior
    names = [each.name for each in finding.measurements]
    assert len(names) == len(set(names))
    assert [each.name for each in finding.properties].count("change") == 1


def test_what_was_not_comparable_stays_so_and_bears_no_number_of_the_model(case, found):
    like = before(found.findings[0], 8.0, 268.0, "not_comparable")
    finding, _ = APP.finding_of(case, APP.outline_at(case, SOLID.centre_lps_mm), value=1, like=like)
    assert said(finding, "change") == "not comparable"
    assert value(finding, "delta_mm") is None
    assert value(finding, "doubling_time_days") is None


def test_calipers_stand_before_the_outline_and_say_so(case):
    outline = APP.outline_at(case, GLASS.centre_lps_mm)
    x, y, z = GLASS.centre_lps_mm
    drawn = Calipers(((x - 9, y, z), (x + 9, y, z)), ((x, y - 6.5, z), (x, y + 6.5, z)))
    finding, _ = APP.finding_of(case, outline, value=2, like=None, calipers=drawn)
    assert value(finding, "long_axis_mm") == 18.0
    assert value(finding, "short_axis_mm") == 13.0
    assert value(finding, "mean_diameter_mm") == 15.5
    methods = {each.name: each.method for each in finding.measurements}
    assert methods["long_axis_mm"] == methods["mean_diameter_mm"] == CALIPERS
    assert value(finding, "longest_axial_mm") == 18.0
    assert methods["longest_axial_mm"] == CALIPERS


def test_what_an_outline_says_against_drawn_diameters_is_not_kept_for_a_rule_to_use(case):
    outline = APP.outline_at(case, GLASS.centre_lps_mm)
    x, y, z = GLASS.centre_lps_mm
    drawn = Calipers(((x, y, z - 15), (x, y, z + 15)), ((x, y - 13, z), (x, y + 13, z)))
    finding, _ = APP.finding_of(case, outline, value=2, like=None, calipers=drawn)
    for name in ("volume_mm3", "equivalent_diameter_mm", "largest_3d_mm", "mass_mg", "longest_axial_mm"):
        assert value(finding, name) is None
    assert value(finding, "mean_hu") is not None


def test_a_solid_part_larger_than_the_nodule_that_was_drawn_is_not_kept(case):
    outline = APP.outline_at(case, SOLID.centre_lps_mm)
    plain, _ = APP.finding_of(case, outline, value=2, like=None)
    sized = tuple(
        each.model_copy(update={"value": 9.0}) if each.name.startswith("solid_") else each
        for each in plain.measurements
    )
    kept = with_calipers(sized, Calipers(((0.0, 0.0, 0.0), (9.5, 0.0, 0.0))), 1.5)
    gone = with_calipers(sized, Calipers(((0.0, 0.0, 0.0), (8.5, 0.0, 0.0))), 1.5)
    assert {each.value for each in kept if each.name.startswith("solid_")} == {9.0}
    assert {each.value for each in gone if each.name.startswith("solid_")} == {None}


def test_a_nodule_with_drawn_diameters_is_compared_by_them_and_not_by_the_outline(case, found):
    like = before(found.findings[0], 12.0, 100.0)
    x, y, z = SOLID.centre_lps_mm
    drawn = Calipers(((x - 6, y, z), (x + 6, y, z)), ((x, y - 6, z), (x, y + 6, z)))
    finding, _ = APP.finding_of(
        case, APP.outline_at(case, SOLID.centre_lps_mm), value=1, like=like, calipers=drawn
    )
    assert said(finding, "change") == "stable (within measurement error)"
    assert value(finding, "volume_change_percent") is None


def test_a_long_axis_alone_leaves_the_mean_open(case):
    outline = APP.outline_at(case, GLASS.centre_lps_mm)
    finding, _ = APP.finding_of(
        case, outline, value=2, like=None, calipers=Calipers(((0.0, 0.0, 0.0), (0.0, 17.0, 0.0)))
    )
    assert value(finding, "long_axis_mm") == 17.0
    assert value(finding, "mean_diameter_mm") is None


@pytest.mark.parametrize("end", [(0.0, 0.0, 0.0), (math.nan, 0.0, 0.0), (math.inf, 0.0, 0.0)])
def test_calipers_without_a_length_are_refused(case, end):
    outline = APP.outline_at(case, GLASS.centre_lps_mm)
    with pytest.raises(BadInputError, match="apart"):
        APP.finding_of(case, outline, value=2, like=None, calipers=Calipers(((0.0, 0.0, 0.0), end)))


@pytest.mark.parametrize(
    "outline",
    [
        Outline(np.zeros((3, 3, 3), bool), (5, 5, 5)),
        Outline(np.zeros((0, 3, 3), bool), (5, 5, 5)),
        Outline(np.ones((3, 3), bool), (5, 5, 5)),
        Outline(np.ones((3, 3, 3), bool), (-1, 5, 5)),
        Outline(np.ones((3, 3, 3), bool), (5, 5, 10_000)),
    ],
)
def test_outlines_without_voxels_or_beyond_the_images_are_refused(case, outline):
    with pytest.raises(BadInputError):
        APP.finding_of(case, outline, value=1, like=None)
