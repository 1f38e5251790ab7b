"""Words of a report that say how sure a size is, and words as Chinese radiologists write them."""

import pytest
from tests.unit.lung_nodule.asking import PLAIN, SCREENED
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_report import en, write, zh

from lung_nodule.logic.guidelines.choose import TABLES
from lung_nodule.logic.guidelines.table import load

BEFORE = ("2026-01-10", round_before(8))


@pytest.mark.parametrize("name", ["solid_mean_diameter_mm", "solid_long_axis_mm"])
def test_a_solid_part_that_is_cut_off_is_said_to_be_the_least_it_can_be(name):
    use = ["fleischner_2017"] if name == "solid_long_axis_mm" else []
    patient = {"screening": False, "known_cancer": False, "immunosuppressed": False, "age_years": 60}
    each = {"benign_by_fleischner": False, "seen_before": False}
    one = nodule(mm=20, words={"kind": "part-solid"}, at_least=(name,), **{name: 9.0})
    found = write([one], {**patient, "high_risk": True, "nodule_count": 2}, each, use=use)
    assert "solid part at least 9" in en(found.findings)
    assert "实性成分至少" in zh(found.findings)


def test_the_impression_says_that_what_is_unchanged_is_so_within_error():
    found = write([nodule(mm=8.4, words={"kind": "solid", "change": "stable"}, prior=BEFORE)])
    assert "8.4 mm, unchanged within measurement error." in en(found.impression)
    assert "大小变化在测量误差范围内" in zh(found.impression)


def test_what_a_reader_calls_stable_is_unchanged_without_an_error_of_measurement():
    one = nodule(mm=8.4, words={"kind": "solid", "change": "not comparable"}, prior=BEFORE)
    patient = {k: v for k, v in SCREENED.items() if k != "prior_ct"}
    each = {**PLAIN, "status": "stable", "previous_category": "2"}
    found = write([one], patient, each, use=["lung_rads_2022"])
    assert "8.4 mm, unchanged: Lung-RADS v2022 category 2" in en(found.impression)


def test_a_resolved_nodule_is_not_seen_on_this_ct():
    gone = nodule(words={"kind": "solid", "change": "resolved"}, prior=BEFORE)
    assert "本次未见显示" in zh(write([gone]).findings)


def test_a_biopsy_is_called_one():
    for name in TABLES:
        guideline = load(name)
        texts = [rule.text.zh for rules in guideline.rules.values() for rule in rules]
        texts += [advice.text.zh for advice in guideline.advice.values()]
        assert not [text for text in texts if "取样" in text]
