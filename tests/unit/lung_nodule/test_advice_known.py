"""What is known without asking, and what never is."""

import itertools

import pytest
from tests.unit.lung_nodule.asking import (
    BY_CHANCE,
    NOW,
    PLAIN,
    SCREENED,
    ask,
    needed,
    of_source,
    question,
)
from tests.unit.lung_nodule.nodule_findings import nodule, round_before

from lung_nodule.logic.advice import GUIDELINES


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("CT Chest Low Dose Lung Cancer Screening", True), ("LDCT screening", True), ("低剂量肺癌筛查", True),
        ("CT chest", None), ("screening mammography", None), ("CT chest, not screening", None),
        ("Nodule found at lung screening, follow-up", None), ("肺癌筛查后复查", None), ("非肺癌筛查", None),
        ("Lung cancer screening?", None),
    ],
)  # fmt: skip
def test_an_order_tells_screening_only_if_it_does_so_plainly(text, known):
    found = ask([], context={**NOW, "RequestedProcedureDescription": text})
    assert question(found, "screening").known is known
    assert question(found, "screening").needed is (known is None)


@pytest.mark.parametrize(
    ("context", "years"),
    [
        ({"PatientAge": "063Y"}, 63), ({"PatientAge": "030M"}, 2), ({"PatientBirthDate": "19630602"}, 62),
        ({"PatientBirthDate": "19630601"}, 63), ({"PatientBirthDate": "unknown"}, None), ({}, None),
        ({"PatientBirthDate": "20270101"}, None),
    ],
)  # fmt: skip
def test_the_age_is_that_on_the_day_of_the_examination(context, years):
    found = ask([nodule(mm=9, words={"kind": "solid"})], use=[], context={**NOW, **context})
    assert question(found, "age_years").known == years


def test_sex_is_known_only_as_m_or_f():
    for sex, female in (("F", True), ("M", False), ("O", None), ("", None)):
        found = ask([nodule(mm=9, words={"kind": "solid"})], use=[], context={"PatientSex": sex})
        assert question(found, "female").known is female


def test_a_reader_corrects_what_is_known():
    one = nodule(mm=9, words={"kind": "solid"})
    found = ask(
        [one], {**SCREENED, "screening": False}, context={**NOW, "StudyDescription": "Lung screening"}
    )
    assert of_source(found, "Lung-RADS", None).rule_id == "LR22-NOT-INCIDENTAL"
    assert (question(found, "screening").known, question(found, "screening").answer) == (True, False)
    found = ask([one], SCREENED, {**PLAIN, "kind": "ground_glass"})
    assert of_source(found, "Lung-RADS").rule_id == "LR22-2-GROUND-GLASS-SMALL"


def test_a_size_that_is_not_measured_or_cut_off_is_asked_for():
    for one in (
        nodule(words={"kind": "solid"}),
        nodule(mm=9, words={"kind": "solid"}, at_least=("long_axis_mm", "longest_axial_mm")),
    ):
        found = ask([one], SCREENED, PLAIN)
        assert {("1", "mean_diameter_mm"), ("1", "longest_axial_mm")} <= needed(found)
        assert of_source(found, "Lung-RADS") is None
        found = ask([one], SCREENED, {**PLAIN, "mean_diameter_mm": 9})
        assert of_source(found, "Lung-RADS").category == "4A"


def test_an_answer_that_cannot_be_is_no_answer():
    one = nodule(mm=9, words={"kind": "solid"})
    patient = {**SCREENED, "age_years": -1, "nodule_count": 1.5, "female": "yes"}
    found = ask([one], patient, {"kind": "wood", "suspicious_features": "spiculation,wood", "spiculation": 1})
    assert question(found, "age_years").answer is None
    assert {(None, "age_years"), (None, "female"), ("1", "spiculation")} <= needed(found)
    assert question(found, "nodule_count").known == 1
    assert question(found, "kind", "1").answer is None


def test_a_nodule_without_a_voxel_of_calcium_has_no_benign_calcification():
    soft = nodule(mm=9, max_hu=80, words={"kind": "solid"})
    assert question(ask([soft], SCREENED), "benign_pattern", "1").known == "none"
    hard = nodule(mm=9, max_hu=300, words={"kind": "solid"})
    assert question(ask([hard], SCREENED), "benign_pattern", "1").known is None


def test_what_was_not_comparable_is_asked_for():
    one = nodule(
        mm=9, words={"kind": "solid", "change": "not comparable"}, prior=("2026-01-01", round_before(5))
    )
    found = ask([one], {k: v for k, v in SCREENED.items() if k != "prior_ct"}, PLAIN)
    assert ("1", "status") in needed(found)


def test_a_resolved_nodule_is_no_nodule_that_is_there():
    gone = nodule(words={"kind": "solid", "change": "resolved"}, prior=("2026-01-01", round_before(5)))
    found = ask([gone], {k: v for k, v in SCREENED.items() if k != "prior_ct"}, PLAIN)
    assert of_source(found, "Lung-RADS").rule_id == "LR22-1-RESOLVED"
    assert of_source(found, "Lung-RADS", None) is None
    assert (None, "no_nodule_confirmed") in needed(found)


def test_a_nodule_of_the_prior_that_is_gone_is_judged_though_it_is_a_statement():
    gone = nodule("prior-1", kind="statement", words={"change": "resolved (for a check by a person)"},
                  prior=("2026-01-01", round_before(5)))  # fmt: skip
    found = ask([gone], {k: v for k, v in SCREENED.items() if k != "prior_ct"}, PLAIN)
    assert of_source(found, "Lung-RADS", "prior-1").rule_id == "LR22-1-RESOLVED"
    hidden = nodule("prior-1", kind="statement", words={"change": "not comparable"},
                    prior=("2026-01-01", round_before(5)))  # fmt: skip
    assert not [each for each in ask([hidden], SCREENED, PLAIN).advice if each.finding_id]


def test_whether_a_nodule_was_there_before_is_asked_if_the_prior_ct_does_not_show_its_place():
    one = nodule(mm=7, words={"kind": "solid", "change": "not comparable (the prior CT does not show it)"})
    patient = {k: v for k, v in BY_CHANCE.items() if k != "prior_ct"}
    found = ask(
        [one], {**patient, "high_risk": False}, {"benign_by_fleischner": False}, use=["fleischner_2017"]
    )
    assert ("1", "seen_before") in needed(found)
    each = {"benign_by_fleischner": False, "seen_before": False}
    found = ask([one], {**patient, "high_risk": False}, each, use=["fleischner_2017"])
    assert of_source(found, "Fleischner").rule_id == "FL17-SOLID-MEDIUM-SINGLE-LOW"


def test_what_an_advice_looked_at_is_told_in_words():
    found = ask([nodule(long_axis_mm=9.04, short_axis_mm=7.75, words={"kind": "solid"})], SCREENED, PLAIN)
    told = of_source(found, "Lung-RADS").looked_at
    assert "What is its mean diameter, in mm? 8.4" in [text.en for text in told]
    assert "本次检查是否为肺癌筛查？是" in [text.zh for text in told]
    assert "Which further features raise the suspicion of cancer? none" in [text.en for text in told]


def test_a_kind_that_a_guideline_has_no_word_for_is_said():
    one = nodule(mm=9, words={"kind": "solid"})
    found = ask([one], SCREENED, {"kind": "cyst"}, use=["c_lung_rads_2024"])
    assert "says nothing" in of_source(found, "C-Lung-RADS").said.en


def test_every_word_is_there_in_both_languages_and_what_is_left_out_is_none():
    chinese = set("的是否无类结节恶性概率岁最长径多少年")
    one = nodule(mm=9, words={"kind": "solid", "lobe": "LUL"})
    for use in GUIDELINES:
        found = ask([one], {**SCREENED, "high_risk": True}, PLAIN, use=[use])
        assert found.advice or needed(found)
        texts = [(each.title, each.why) for each in found.questions]
        texts += [(each.said, each.source) for each in found.advice]
        for text in itertools.chain.from_iterable(texts):
            assert text.en.isascii()
            assert text.zh != text.en or text.en in {"Lung-RADS v2022"}
        assert chinese & set("".join(title.zh for title, _ in texts))
