"""Lung-RADS end to end: every vector of its boundaries, its steps, and what it never assumes."""

from datetime import date, timedelta

import pytest
from tests.unit.lung_nodule.asking import BY_CHANCE, PLAIN, SCREENED, ask, needed, of_source, question
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_lung_rads import BOUNDARIES


@pytest.mark.parametrize(("kind", "status", "mm", "expected"), BOUNDARIES)
def test_lung_rads_at_the_boundaries_of_solid_and_ground_glass(kind, status, mm, expected):
    each = {**PLAIN, "status": status, "previous_category": "2"}
    found = ask([nodule(mm=mm, words={"kind": kind})], SCREENED, each)
    said = of_source(found, "Lung-RADS")
    assert (said.category, said.rule_id.startswith(f"LR22-{expected}-")) == (expected, True)
    assert of_source(found, "Lung-RADS", None).category == expected


@pytest.mark.parametrize(
    ("status", "mm", "solid_mm", "expected"),
    [
        ("baseline", 5.9, 2, "2"), ("baseline", 6, 5.9, "3"), ("baseline", 10, 6.0, "4A"),
        ("baseline", 10, 7.9, "4A"), ("baseline", 10, 8.0, "4B"), ("new", 5.5, 2, "3"), ("new", 8, 3.9, "4A"),
        ("new", 8, 4.0, "4B"), ("growing", 8, 3.9, "4A"), ("growing", 10, 5.5, "4B"),
    ],
)  # fmt: skip
def test_lung_rads_at_the_boundaries_of_part_solid(status, mm, solid_mm, expected):
    each = {**PLAIN, "status": status, "solid_status": "growing", "previous_category": "2"}
    one = nodule(mm=mm, solid_mean_diameter_mm=solid_mm, words={"kind": "part-solid"})
    assert of_source(ask([one], SCREENED, each), "Lung-RADS").category == expected


@pytest.mark.parametrize(
    ("words", "mm", "each", "expected"),
    [
        ("solid", 9.9, {"juxtapleural": True, "smooth": True, "shape": "oval"}, "2"),
        ("solid", 10.0, {"juxtapleural": True, "smooth": True, "shape": "oval"}, "4A"),
        ("solid", 12.0, {"kind": "airway", "secretions": True}, "2"),
        ("solid", 12.0, {"kind": "airway", "secretions": False, "airway_level": "subsegmental"}, "2"),
        ("solid", 12.0, {"kind": "airway", "secretions": False, "airway_level": "segmental_or_proximal"},
         "4A"),
        ("solid", 9.0, {"kind": "cyst", "cyst_wall": "thick", "cyst_loculation": "unilocular",
                        "cyst_change": "baseline"}, "4A"),
        ("solid", 9.0, {"benign_pattern": "popcorn"}, "1"),
        ("solid", 8.0, {"suspicious_features": "spiculation"}, "4X"),
    ],
)  # fmt: skip
def test_what_a_reader_sees_changes_the_category(words, mm, each, expected):
    found = ask([nodule(mm=mm, words={"kind": words})], SCREENED, {**PLAIN, **each})
    assert of_source(found, "Lung-RADS").category == expected


@pytest.mark.parametrize(
    ("before", "now", "previous", "days", "expected"),
    [
        (6.0, 6.0, "3", 183, "2"), (8.0, 8.0, "4A", 92, "3"), (8.0, 8.0, "4A", 60, "4A"),
        (7.0, 8.6, "3", 365, "4B"),
    ],
)  # fmt: skip
def test_stepped_management_and_growth_are_read_from_the_prior(before, now, previous, days, expected):
    day = (date(2026, 6, 1) - timedelta(days=days)).isoformat()
    change = "growing" if now > before + 1.5 else "stable"
    one = nodule(mm=now, words={"kind": "solid", "change": change}, prior=(day, round_before(before)))
    patient = {**SCREENED}
    del patient["prior_ct"]
    found = ask([one], patient, {**PLAIN, "previous_category": previous})
    assert of_source(found, "Lung-RADS").category == expected
    assert question(found, "prior_ct").known is True


def test_an_infection_makes_the_examination_a_0_and_another_finding_adds_s():
    large = [nodule(mm=20, words={"kind": "solid"})]
    found = ask(large, {**SCREENED, "infection_suspected": True}, PLAIN)
    assert of_source(found, "Lung-RADS", None).category == "0"
    assert of_source(found, "Lung-RADS").category == "4B"
    six = [nodule(mm=6, words={"kind": "solid"})]
    found = ask(six, {**SCREENED, "other_significant_finding": True}, PLAIN)
    assert of_source(found, "Lung-RADS", None).category == "3S"
    assert of_source(found, "Lung-RADS", None).recommended.zh == "6 个月后低剂量 CT。"


def test_lungs_that_are_not_evaluable_are_a_0_and_a_detector_that_found_nothing_no_1():
    patient = {k: v for k, v in SCREENED.items() if k != "lungs_evaluable"}
    assert of_source(ask([], patient, evaluable=False), "Lung-RADS", None).category == "0"
    found = ask([], SCREENED)
    assert not found.advice
    assert (None, "no_nodule_confirmed") in needed(found)
    found = ask([], {**SCREENED, "no_nodule_confirmed": True})
    assert of_source(found, "Lung-RADS", None).category == "1"
    assert not ask([], {**SCREENED, "no_nodule_confirmed": False}).advice


@pytest.mark.parametrize("left_out", sorted({*SCREENED, *PLAIN} - {"prior_being_located"}))
def test_nothing_that_lung_rads_needs_is_assumed(left_out):
    patient, each = ({k: v for k, v in of.items() if k != left_out} for of in (SCREENED, PLAIN))
    found = ask([nodule(mm=8.4, words={"kind": "solid"})], patient, each)
    assert of_source(found, "Lung-RADS", None) is None
    assert left_out in {name for _, name in needed(found)}


@pytest.mark.parametrize("left_out", [*BY_CHANCE, "high_risk", "benign_by_fleischner"])
def test_nothing_that_fleischner_needs_is_assumed(left_out):
    whole = {**BY_CHANCE, "high_risk": True}
    patient = {name: value for name, value in whole.items() if name != left_out}
    each = {} if left_out == "benign_by_fleischner" else {"benign_by_fleischner": False}
    found = ask([nodule(mm=7, words={"kind": "solid"})], patient, each, use=["fleischner_2017"])
    assert of_source(found, "Fleischner") is None
    assert left_out in {name for _, name in needed(found)}
