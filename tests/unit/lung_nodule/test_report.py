"""The report: what a radiologist would write, in both languages, and never a normal that nobody saw."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lung_nodule.asking import PLAIN, SCREENED, nodules
from tests.unit.lung_nodule.nodule_findings import nodule, round_before

from allward_runner.abilities import Answers, Reporting
from allward_sdk.results import Finding
from lung_nodule.logic.advice import GUIDELINES, counsel
from lung_nodule.logic.app import APP
from lung_nodule.logic.report import draft

CONTEXT = {"StudyDate": "20260601", "SliceThickness": "1.0", "ConvolutionKernel": "B60f"}
BY_CHANCE = {"screening": False, "known_cancer": False, "immunosuppressed": False, "age_years": 60}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def write(findings, patient=(), each=(), *, use=(), context=None, evaluable=True):
    context = CONTEXT if context is None else context
    answers = Answers(dict(patient), {one.id: dict(each) for one in findings})
    advised = counsel(context, findings, answers, guidelines=use, evaluable=evaluable)
    return draft(context, findings, advised, evaluable=evaluable)


def en(sentences):
    return " ".join(one.text.en for one in sentences)


def zh(sentences):
    return "".join(one.text.zh for one in sentences)


def test_the_app_drafts():
    assert isinstance(APP, Reporting)


def test_a_nodule_is_told_with_place_size_volume_and_what_became_of_it():
    one = nodule(
        long_axis_mm=9.04, short_axis_mm=7.75, volume_mm3=298.6, volume_change_percent=64.2,
        doubling_time_days=200.4, prior=("2026-01-10", round_before(6.5)),
        words={"kind": "solid", "lobe": "right upper lobe", "pleura": "juxtapleural", "change": "growing"},
    )  # fmt: skip
    found = write([one])
    assert [sentence.text.en for sentence in found.findings] == [
        "Solid nodule in the right upper lobe, 9.0 mm × 7.8 mm (mean 8.4 mm), volume 299 mm³,"
        " touching the pleura.",
        "Larger since the CT of 2026-01-10: mean diameter 6.5 mm to 8.4 mm, volume +64 %,"
        " volume doubling time 200 days.",
    ]
    assert zh(found.findings) == (
        "右肺上叶实性结节，9.0 mm × 7.8 mm（平均径 8.4 mm），体积 299 mm³，紧贴胸膜。"
        "与2026年1月10日 CT 比较，增大（平均径由 6.5 mm 变为 8.4 mm，体积变化 +64%，体积倍增时间 200 天）。"
    )
    assert {sentence.finding_id for sentence in found.findings} == {"1"}
    assert "Compared with the CT of 2026-01-10." in en(found.technique)
    assert "Slices of 1 mm." in en(found.technique)


@pytest.mark.parametrize(
    ("long_mm", "short_mm", "said"),
    [
        (9.04, 7.75, "mean diameter 8 mm"), (6.9, 6.1, "mean diameter 7 mm"),
        (12.4, 9.6, "12 mm × 10 mm (mean 11 mm)"), (2.9, 2.9, "micronodule below 3 mm"),
    ],
)  # fmt: skip
def test_sizes_are_rounded_as_the_guideline_in_force_asks(long_mm, short_mm, said):
    one = nodule(long_axis_mm=long_mm, short_axis_mm=short_mm, words={"kind": "solid"})
    patient = {**BY_CHANCE, "prior_ct": False, "high_risk": False}
    found = write([one], patient, {"benign_by_fleischner": False}, use=["fleischner_2017"])
    assert said in en(found.findings)
    assert "Fleischner Society 2017: " in en(found.impression)
    assert said not in en(write([one], SCREENED, PLAIN, use=["lung_rads_2022"]).findings)


def test_the_category_stands_at_the_nodule_and_at_the_examination():
    one = nodule(mm=8.4, words={"kind": "solid", "lobe": "LUL"})
    found = write([one], {**SCREENED, "other_significant_finding": True}, PLAIN, use=["lung_rads_2022"])
    assert found.impression[0].finding_id == "1"
    assert found.impression[0].text.en == (
        "Solid nodule in the left upper lobe, 8.4 mm: Lung-RADS v2022 category 4A."
    )
    assert found.impression[0].text.zh == "左肺上叶实性结节，8.4 mm：Lung-RADS 2022 版 4A 类。"
    assert found.impression[1].finding_id is None
    assert found.impression[1].text.zh.startswith("Lung-RADS 2022 版：4AS 类。")
    assert "3 个月后低剂量 CT" in found.impression[1].text.zh


def test_one_recommendation_for_several_nodules_is_written_once():
    found = [nodule(str(place), mm=4, words={"kind": "solid"}) for place in (1, 2)]
    patient = {**BY_CHANCE, "prior_ct": False, "high_risk": False}
    said = write(found, patient, {"benign_by_fleischner": False}, use=["fleischner_2017"]).impression
    assert [(one.finding_id, "No routine" in one.text.en) for one in said] == [
        ("1", False), ("2", False), (None, True),
    ]  # fmt: skip


def test_no_nodule_is_not_normal_until_a_reader_has_seen_that():
    found = write([], SCREENED, use=["lung_rads_2022"])
    assert "not a negative examination" in en(found.impression)
    assert "category" not in en(found.impression).lower()
    assert "不能据此判定为阴性" in zh(found.impression)
    found = write([], {**SCREENED, "no_nodule_confirmed": True}, use=["lung_rads_2022"])
    assert (found.findings[0].text.zh, found.impression[0].text.zh) == ("双肺未见结节。", "未见肺结节。")
    assert found.impression[1].text.en.startswith("Lung-RADS v2022: Category 1.")


def test_what_could_not_be_evaluated_is_said_and_so_is_why():
    why = Finding(
        id="statement-1", kind="statement", label=nodule().label, tracking_uid="2.25.9",
        title={"en": "Only the left lung was found.", "zh": "仅找到左肺。"},
    )  # fmt: skip
    patient = {k: v for k, v in SCREENED.items() if k != "lungs_evaluable"}
    found = write([why], patient, use=["lung_rads_2022"], evaluable=False)
    assert found.findings[1].finding_id == "statement-1"
    assert "仅找到左肺。" in zh(found.findings)
    assert "not a negative examination" in en(found.impression)
    assert "Category 0" in en(found.impression)


def test_thick_slices_a_cut_off_nodule_and_a_missing_size_are_said():
    cut = nodule(mm=34, at_least=("long_axis_mm",), words={"kind": "solid", "coarse": "slices too thick"})
    found = write([cut, nodule("2", words={"kind": "solid"})], context={"SliceThickness": "5"})
    assert "at least 34.0 mm" in en(found.findings)
    assert "at least 34.0 mm" in en(found.impression)
    assert "measured coarsely" in en(found.findings)
    assert "size not measured" in en(found.findings)
    assert "Slices of 5 mm, where at most 1.5 mm are asked for" in en(found.findings)
    unnamed = write([], context={"SliceThickness": "thin"})
    assert "The slice thickness is not named in the images." in en(unnamed.technique)


@pytest.mark.parametrize(
    ("change", "said", "zh_said"),
    [
        ("new", "New since", "新发"), ("stable", "within measurement error", "测量误差"),
        ("not comparable", "Not comparable with", "不可比较"), ("contradictory", "opposite", "方向相反"),
        ("decreased", "Smaller", "缩小"),
    ],
)  # fmt: skip
def test_every_change_has_its_words(change, said, zh_said):
    prior = None if change == "new" else ("2026-01-10", round_before(8))
    one = nodule(mm=8.4, words={"kind": "solid", "change": change}, prior=prior)
    found = write([one])
    assert said in en(found.findings)
    assert zh_said in zh(found.findings)


def test_a_resolved_nodule_is_told_and_is_none_in_the_impression():
    gone = nodule(words={"kind": "solid", "change": "resolved"}, prior=("2026-01-10", round_before(5)))
    found = write([gone])
    assert "no longer seen since the CT of 2026-01-10: mean diameter 5.0 mm then" in en(found.findings)
    assert "not a negative examination" in en(found.impression)


def test_what_a_reader_answered_is_written_and_what_nobody_said_is_not():
    one = nodule(mm=9, words={"kind": "solid"})
    plain = en(write([one], SCREENED, PLAIN, use=["lung_rads_2022"]).findings)
    assert "spiculated" not in plain
    assert "emphysema" not in plain
    features = {**PLAIN, "suspicious_features": "spiculation,lymphadenopathy", "kind": "part_solid"}
    found = write([one], {**SCREENED, "emphysema": True}, features, use=["lung_rads_2022"])
    assert "Its margin is spiculated. Lymph nodes are enlarged." in en(found.findings)
    assert "There is emphysema." in en(found.findings)
    assert "Part-solid nodule" in en(found.findings)


@pytest.mark.parametrize(
    ("mm", "change", "category", "told"),
    [
        (30, None, None, False), (30.1, None, None, True), (31, "new", None, True),
        (31, "growing", None, True), (31, "stable", None, False), (31, "decreased", None, False),
        (31, "not comparable", None, True), (9, None, "4X", True), (9, None, "4A", False),
    ],
)  # fmt: skip
def test_who_has_to_be_told_beside_the_report(mm, change, category, told):
    words = {"kind": "solid"} | ({} if change is None else {"change": change})
    prior = None if change in {None, "new"} else ("2026-01-10", round_before(20))
    one = nodule(mm=mm, words=words, prior=prior)
    if category is None:
        found = write([one])
    else:
        features = "spiculation" if category == "4X" else ""
        found = write([one], SCREENED, {**PLAIN, "suspicious_features": features}, use=["lung_rads_2022"])
    assert set(found.critical) == ({"1"} if told else set())
    assert all(CHINESE.search(text.zh) and text.en.isascii() for text in found.critical.values())


def test_why_two_dates_are_not_compared_is_written_and_what_is_out_of_view_is_no_nodule():
    words = {"kind": "solid", "change": "not comparable (slices are 1 mm thick, on the prior CT 5 mm)"}
    text = en(write([nodule(mm=8, words=words, prior=("2026-01-10", round_before(8)))]).findings)
    assert "Not comparable with the CT of 2026-01-10" in text
    hidden = nodule(
        "prior-1", kind="statement", words={"change": "not comparable"}, prior=("2026-01-10", round_before(5))
    )
    found = write([hidden])
    assert found.findings[-1].text.en == "Lung nodule."
    assert "not a negative examination" in en(found.impression)


def test_a_nodule_of_the_prior_that_is_gone_is_a_statement_and_told_as_resolved():
    gone = nodule(
        "prior-1", kind="statement", words={"change": "resolved (not seen on this CT)"},
        prior=("2026-01-10", round_before(5)),
    )  # fmt: skip
    found = write(
        [gone], {k: v for k, v in SCREENED.items() if k != "prior_ct"}, PLAIN, use=["lung_rads_2022"]
    )
    assert "no longer seen since the CT of 2026-01-10: mean diameter 5.0 mm then" in en(found.findings)


@settings(max_examples=100, deadline=None)
@given(nodules(), st.sampled_from([None, *GUIDELINES]), st.booleans())
def test_every_report_is_whole_in_both_languages_and_leads_back_to_its_findings(found, use, evaluable):
    patient = {**SCREENED, **({} if use != "fleischner_2017" else BY_CHANCE), "high_risk": True}
    written = write(found, patient, PLAIN, use=[use] if use else [], evaluable=evaluable)
    ids = {one.id for one in found}
    for part in (written.technique, written.findings, written.impression):
        assert part
        for sentence in part:
            assert sentence.finding_id is None or sentence.finding_id in ids
            assert CHINESE.search(sentence.text.zh)
            assert not CHINESE.search(sentence.text.en)
            assert "None" not in sentence.text.en
            assert "nan" not in sentence.text.en.split()
            assert sentence.text.en.endswith(".")
            assert sentence.text.zh.endswith("。")
    assert set(written.critical) <= ids
    if evaluable:
        assert {one.finding_id for one in written.findings} - {None} == ids
