"""Lines of the tables that were read too coarsely once: what each says now, with the case that showed it."""

import pytest
from tests.unit.lung_nodule.asking import BY_CHANCE, NOW, PLAIN, SCREENED, ask, needed, of_source
from tests.unit.lung_nodule.nodule_findings import nodule, round_before

from lung_nodule.logic.guidelines.decide import decide
from lung_nodule.logic.guidelines.table import load


def rule(table, rules="nodule", **facts):
    return decide(load(table), rules, facts).rule.id


@pytest.mark.parametrize(
    ("solid_mm", "expected"),
    [
        (8, "FL17-PART-SOLID-SINGLE-SOLID-LARGE"), (8.4, "FL17-PART-SOLID-SINGLE-SOLID-LARGE"),
        (8.5, "FL17-PART-SOLID-SINGLE-SOLID-ABOVE-8"), (15, "FL17-PART-SOLID-SINGLE-SOLID-ABOVE-8"),
    ],
)  # fmt: skip
def test_fleischner_recommends_pet_ct_biopsy_or_resection_where_the_solid_part_is_above_8_mm(
    solid_mm, expected
):
    facts = {"benign_pattern": False, "kind": "part_solid", "multiple": False, "size": 20}
    assert rule("fleischner_2017", **facts, solid_size=solid_mm) == expected
    found = next(each for each in load("fleischner_2017").rules["nodule"] if each.id == expected)
    assert ("PET/CT" in found.text.en) == ("PET/CT" in found.text.zh) == expected.endswith("8")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("20251218", "BTS15-STABLE-DIAMETER-EARLY"), ("20260101", "BTS15-STABLE-DIAMETER-1-YEAR"),
        ("20261218", "BTS15-STABLE-DIAMETER-1-YEAR"), ("20270101", "BTS15-STABLE-DIAMETER"),
    ],
)  # fmt: skip
def test_bts_counts_no_ct_of_351_days_as_one_after_a_year(day, expected):
    one = nodule(mm=7, words={"kind": "solid", "change": "stable"}, prior=("2025-01-01", round_before(7)))
    patient = {**{k: v for k, v in BY_CHANCE.items() if k != "prior_ct"}, "prior_is_first": True}
    context = {**NOW, "StudyDate": day}
    found = ask(
        [one], patient, {"benign_by_bts": False, "by_volume": False}, use=["bts_2015"], context=context
    )
    assert of_source(found, "British").rule_id == expected


@pytest.mark.parametrize(("mm", "expected"), [(4.94, "BTS15-SOLID-SMALL"), (4.96, "BTS15-SOLID-5-6")])
def test_bts_reads_a_diameter_as_the_report_writes_it(mm, expected):
    assert rule("bts_2015", benign_pattern=False, kind="solid", size=mm) == expected


@pytest.mark.parametrize(("mm", "expected"), [(8.04, "CN18-SOLID-8-LOW"), (6.04, "CN18-SOLID-6-LOW")])
def test_the_consensus_reads_a_diameter_as_the_report_writes_it(mm, expected):
    assert rule("chinese_consensus_2018", kind="solid", size=mm, risk_factor=False) == expected


def test_c_lung_rads_gives_category_0_only_where_a_reader_sees_a_benign_pattern():
    hard = nodule(mm=19, words={"kind": "calcified"})
    open_ = ask([hard], SCREENED, use=["c_lung_rads_2024"])
    assert ("1", "benign_pattern") in needed(open_)
    assert of_source(open_, "C-Lung-RADS") is None
    for pattern, category in (("central", "0"), ("none", "4")):
        found = ask([hard], SCREENED, {"benign_pattern": pattern}, use=["c_lung_rads_2024"])
        assert of_source(found, "C-Lung-RADS").category == category


def test_mayo_says_nothing_of_a_patient_with_a_cancer_within_five_years():
    one = nodule(mm=12, words={"kind": "solid", "lobe": "LUL"})
    patient = {"age_years": 60, "smoker": True}
    each = {**PLAIN, "spiculation": False}
    assert (None, "cancer_before") in needed(ask([one], patient, each, use=[]))
    chances = {
        said: of_source(ask([one], {**patient, "cancer_before": said}, each, use=[]), "Mayo")
        for said in ("none", "within_5_years", "more_than_5_years")
    }
    assert chances["within_5_years"] is None
    assert chances["none"].probability < chances["more_than_5_years"].probability
