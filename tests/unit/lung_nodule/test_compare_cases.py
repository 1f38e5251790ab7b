"""A chest CT beside its prior: what became of each nodule, and why where that cannot be told."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.measure.registration.test_chests import affine, moved, with_vessels

from allward_runner.case import Case, Prior
from allward_sdk.results import Finding
from lung_nodule.logic.finding_words import change_of
from lung_nodule.logic.followup import words
from lung_nodule.logic.followup.compare_cases import compare_with_prior
from lung_nodule.logic.words import MEASURED, NODULE, NODULE_TITLE

MATRIX = affine((1, 2, -3), (1.0, 1.0, 1.04), (8, -15, 120))
GROWING, GONE, NEW = (70.0, 120.0, 90.0), (215.0, 130.0, 110.0), (230.0, 100.0, 90.0)
"""Places in the prior, mm."""
THIN = {"SliceThickness": "1.0", "ConvolutionKernel": "B60f", "PatientSex": "F"}


def at_current(point_lps_mm):
    return tuple(float(mm) for mm in MATRIX[:3, :3] @ point_lps_mm + MATRIX[:3, 3])


def nodule(number, centre_lps_mm, mm=None, mm3=None):
    values = {"mean_diameter_mm": mm, "volume_mm3": mm3}
    return Finding(
        id=f"nodule-{number}",
        kind="lesion",
        label=NODULE,
        title=NODULE_TITLE,
        tracking_uid=f"1.2.{number}",
        centre_lps_mm=centre_lps_mm,
        measurements=tuple(size(name, value) for name, value in values.items()),
    )


def size(name, value):
    told = MEASURED[name]
    return words.number("delta_mm", value).model_copy(
        update={"name": name, "title": told.title, "concept": told.concept, "unit": told.unit}
    )


@pytest.fixture(scope="module")
def scans():
    before = with_vessels(3)
    return before, moved(before, MATRIX)


def case_of(made, uid, **context):
    return Case(made.hu, made.geometry, uid, f"{uid}.1", clinical_context={**THIN, **context})


@pytest.fixture
def case(scans):
    before, now = scans
    prior = Prior(case_of(before, "1.1", StudyDate="20250101"), {})
    return replace(case_of(now, "1.2", StudyDate="20250701"), prior=prior)


EARLIER = (nodule(1, GROWING, 6.0, 110.0), nodule(2, GONE, 5.0, 65.0))
TODAY = (nodule(11, at_current(GROWING), 9.0, 380.0), nodule(12, at_current(NEW), 7.0, 180.0))


def told(finding):
    return {each.name: each.value for each in finding.measurements}


def with_context(case, **context):
    return replace(case, clinical_context={**case.clinical_context, **context})


def with_prior(seen, /, **changed):
    return replace(seen, prior=replace(seen.prior, **changed))


def test_a_nodule_grew_one_is_new_and_one_is_gone(case):
    (grown, new, gone), sentences = compare_with_prior(case, TODAY, EARLIER)
    assert sentences == ()
    assert [change_of(each) for each in (grown, new, gone)] == ["growing", "new", "resolved"]
    assert told(grown)["delta_mm"] == 3.0
    assert told(grown)["volume_change_percent"] == pytest.approx(245.45)
    assert told(grown)["days_since_prior"] == 181
    assert told(grown)["doubling_time_days"] == pytest.approx(181 * np.log(2) / np.log(380 / 110), abs=0.01)
    assert told(grown)["mass_doubling_time_days"] is None
    assert (grown.tracking_uid, new.tracking_uid, gone.tracking_uid) == ("1.2.1", "1.2.12", "1.2.2")
    assert grown.prior.centre_lps_mm == GROWING
    assert (grown.prior.study_instance_uid, grown.prior.study_date) == ("1.1", "2025-01-01")
    assert {each.name: each.value for each in grown.prior.measurements}["mean_diameter_mm"] == 6.0
    assert new.prior is None
    assert gone.kind == "statement"
    assert "for a check by a person" in gone.title.en
    assert np.linalg.norm(np.subtract(gone.centre_lps_mm, at_current(GONE))) < 3.0


def test_what_people_accepted_of_the_prior_goes_before_what_the_detector_says_of_it(case):
    seen = with_prior(case, findings=(nodule(7, GROWING, 8.8, 370.0),))
    (first, second), _ = compare_with_prior(seen, TODAY, EARLIER)
    assert change_of(first) == "stable"
    assert first.properties[-1].said.en == "stable (within measurement error)"
    assert told(first)["doubling_time_days"] is None
    assert change_of(second) == "new"


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ({"SliceThickness": "5.0"}, "slices are 5 mm thick"),
        ({"ConvolutionKernel": "B30f"}, "kernel is B30f"),
        ({"SliceThickness": ""}, "slice thickness of one series is not known"),
    ],
)
def test_scans_that_were_made_differently_are_not_compared_but_say_which_nodule_is_which(case, context, why):
    (first, *_), sentences = compare_with_prior(with_context(case, **context), TODAY, EARLIER)
    assert change_of(first) == "not_comparable"
    assert why in first.properties[-1].said.en
    assert told(first)["delta_mm"] is None
    assert first.tracking_uid == "1.2.1"
    assert first.prior is not None
    assert why in sentences[0].en


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ({"StudyDate": ""}, "date of one examination is not known"),
        ({"StudyDate": "20250101"}, "not the earlier one"),
        ({"StudyDate": "20240101"}, "not the earlier one"),
        ({"PatientSex": "M"}, "sex differs"),
    ],
)
def test_a_prior_that_may_not_be_compared_makes_nothing_new_and_nothing_gone(case, context, why):
    findings, sentences = compare_with_prior(with_context(case, **context), TODAY, EARLIER)
    assert [change_of(each) for each in findings] == ["not_comparable", "not_comparable"]
    assert all(each.prior is None for each in findings)
    assert why in sentences[0].en
    assert all(why in each.properties[-1].said.en for each in findings)


def test_the_scan_of_another_chest_is_refused_on_each_nodule(case):
    other = with_vessels(4)
    strange = with_prior(case, case=case_of(other, "1.1", StudyDate="20250101"))
    findings, sentences = compare_with_prior(strange, TODAY, EARLIER)
    assert [change_of(each) for each in findings] == ["not_comparable", "not_comparable"]
    assert "does not look like the same chest" in sentences[0].en


def test_a_prior_of_which_nothing_is_known_is_no_empty_one(case):
    findings, sentences = compare_with_prior(case, TODAY, None)
    assert [change_of(each) for each in findings] == ["not_comparable", "not_comparable"]
    assert "nothing is known" in sentences[0].en


def test_a_place_that_the_prior_does_not_show_has_no_new_nodule(case):
    low, high = case.prior.case.volume_hu[:30], case.prior.case.geometry
    part = replace(high, shape_kji=low.shape)
    seen = with_prior(case, case=replace(case.prior.case, volume_hu=low, geometry=part))
    above = nodule(13, at_current((70.0, 120.0, 150.0)), 6.0)
    findings, _ = compare_with_prior(seen, (above,), ())
    assert change_of(findings[0]) == "not_comparable"


def test_a_place_that_this_scan_does_not_show_has_no_resolved_nodule(case):
    beyond = nodule(3, (70.0, 120.0, -60.0), 6.0)
    findings, _ = compare_with_prior(case, TODAY[:1], (*EARLIER[:1], beyond))
    assert change_of(findings[1]) == "not_comparable"
    assert findings[1].centre_lps_mm is None


def test_a_nodule_without_a_size_is_matched_and_not_compared(case):
    findings, _ = compare_with_prior(case, (nodule(11, at_current(GROWING)),), EARLIER[:1])
    assert change_of(findings[0]) == "not_comparable"
    assert findings[0].tracking_uid == "1.2.1"


def test_without_a_prior_findings_stay_as_they_are(case):
    assert compare_with_prior(replace(case, prior=None), TODAY, None) == (TODAY, ())
