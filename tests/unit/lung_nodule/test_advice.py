"""Which guideline applies, and what all but Lung-RADS and the models advise: all vectors end to end."""

import pytest
from tests.unit.lung_nodule.asking import BY_CHANCE, NOW, PLAIN, SCREENED, ask, needed, of_source, question
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_risk import BROCK

from lung_nodule.logic.advice import GUIDELINES


@pytest.mark.parametrize(
    ("kind", "mm", "count", "high", "rule"),
    [
        ("solid", 5.4, 1, False, "FL17-SOLID-SMALL-LOW"), ("solid", 5.4, 3, True, "FL17-SOLID-SMALL-HIGH"),
        ("solid", 6.0, 1, False, "FL17-SOLID-MEDIUM-SINGLE-LOW"),
        ("solid", 8.4, 1, True, "FL17-SOLID-MEDIUM-SINGLE-HIGH"),
        ("solid", 8.5, 1, True, "FL17-SOLID-LARGE-SINGLE"), ("solid", 6, 2, False, "FL17-SOLID-MULTIPLE-LOW"),
        ("solid", 9, 2, True, "FL17-SOLID-MULTIPLE-HIGH"),
        ("ground_glass", 5.4, 1, False, "FL17-SUBSOLID-SMALL-SINGLE"),
        ("ground_glass", 6, 1, False, "FL17-GROUND-GLASS-SINGLE"),
        ("part_solid", 8, 1, False, "FL17-PART-SOLID-SINGLE"),
        ("part_solid", 8, 2, False, "FL17-SUBSOLID-MULTIPLE"),
        ("ground_glass", 5, 2, False, "FL17-SUBSOLID-MULTIPLE-SMALL"),
    ],
)  # fmt: skip
def test_fleischner(kind, mm, count, high, rule):
    one = nodule(mm=mm, solid_long_axis_mm=4.0, words={"kind": kind})
    patient = {**BY_CHANCE, "nodule_count": count, "high_risk": high}
    found = ask([one], patient, {"benign_by_fleischner": False}, use=["fleischner_2017"])
    assert of_source(found, "Fleischner").rule_id == rule


def test_fleischner_rounds_the_mean_of_the_axes_once():
    one = nodule(long_axis_mm=6.94, short_axis_mm=5.94, words={"kind": "solid"})  # 6.44: 6 mm, by tenths 6.4
    found = ask(
        [one], {**BY_CHANCE, "high_risk": False}, {"benign_by_fleischner": False}, use=["fleischner_2017"]
    )
    assert of_source(found, "Fleischner").rule_id == "FL17-SOLID-MEDIUM-SINGLE-LOW"


@pytest.mark.parametrize(
    ("patient", "rule"),
    [
        ({"screening": True}, "FL17-NOT-SCREENING"), ({"age_years": 34}, "FL17-NOT-UNDER-35"),
        ({"known_cancer": True}, "FL17-NOT-CANCER"), 
        ({"immunosuppressed": True}, "FL17-NOT-IMMUNOSUPPRESSED"),
    ],
)  # fmt: skip
def test_for_whom_fleischner_is_not_made_is_said_with_its_rule_and_the_reader_chooses(patient, rule):
    found = ask([nodule(mm=7, words={"kind": "solid"})], {**BY_CHANCE, **patient}, use=["fleischner_2017"])
    assert [one.rule_id for one in found.advice if one.rule_id] == [rule]
    assert (None, "guideline") in needed(found)


def test_the_first_guideline_in_use_that_applies_is_taken():
    in_use = ["lung_rads_2022", "fleischner_2017"]
    found = ask([nodule(mm=7, words={"kind": "solid"})], {**BY_CHANCE, "high_risk": True},
                {"benign_by_fleischner": False}, use=in_use)  # fmt: skip
    assert [one.rule_id for one in found.advice if one.rule_id] == [
        "LR22-NOT-INCIDENTAL", "FL17-SOLID-MEDIUM-SINGLE-HIGH",
    ]  # fmt: skip


def test_without_a_guideline_in_use_the_reader_is_asked_and_may_want_none():
    one = nodule(mm=7, words={"kind": "solid"})
    found = ask([one], use=[])
    assert (None, "guideline") in needed(found)
    assert set(question(found, "guideline").options) == {*GUIDELINES, "none"}
    assert (None, "screening") not in needed(found)
    found = ask([one], {**SCREENED, "guideline": "lung_rads_2022"}, PLAIN, use=[])
    assert of_source(found, "Lung-RADS").category == "3"
    found = ask([one], {"guideline": "none"}, use=["not_a_guideline"])
    assert not [each for each in found.advice if each.rule_id]


@pytest.mark.parametrize(
    ("kind", "mm", "solid_mm", "expected"),
    [
        ("solid", 5.9, None, "1"), ("solid", 6.0, None, "2"), ("solid", 9.9, None, "2"),
        ("solid", 10, None, "3"),
        ("solid", 17.9, None, "3"), ("solid", 18, None, "4"), ("part_solid", 5.9, 2, "1"),
        ("part_solid", 6, 5.9, "2"), ("part_solid", 12, 6, "3"), ("part_solid", 12, 10, "4"),
        ("ground_glass", 5.9, None, "1"), ("ground_glass", 19.9, None, "2"), ("ground_glass", 20, None, "3"),
        ("calcified", 12, None, "0"),
    ],
)  # fmt: skip
def test_c_lung_rads(kind, mm, solid_mm, expected):
    one = nodule(mm=mm, solid_mean_diameter_mm=solid_mm, words={"kind": kind})
    found = ask([one], SCREENED, {"benign_pattern": "central"}, use=["c_lung_rads_2024"])
    assert of_source(found, "C-Lung-RADS").category == expected
    assert of_source(found, "C-Lung-RADS", None).category == expected


def test_bts_goes_from_brock_to_pet_ct_to_herder():
    one = nodule(mm=15, words={"kind": "solid", "lobe": "right upper lobe"})
    patient = {**BY_CHANCE, "age_years": 65, "female": False, "family_history": False, "emphysema": False,
               "smoker": True, "cancer_before": "none"}  # fmt: skip
    each = {"benign_by_bts": False, "spiculation": True}
    found = ask([one], patient, each, use=["bts_2015"])
    assert ("1", "pet_done") in needed(found)
    assert of_source(found, "British") is None
    found = ask([one], patient, {**each, "pet_done": False}, use=["bts_2015"])
    assert of_source(found, "British").rule_id == "BTS15-PET"
    for uptake, probability, rule in (
        ("none", 0.064662, "LOW"), ("faint", 0.413447, "MIDDLE"), ("moderate", 0.874930, "HIGH"),
        ("intense", 0.890832, "HIGH"),
    ):  # fmt: skip
        found = ask([one], patient, {**each, "pet_done": True, "uptake": uptake}, use=["bts_2015"])
        assert of_source(found, "Herder").probability == pytest.approx(probability, abs=5e-7)
        assert of_source(found, "British").rule_id == f"BTS15-HERDER-{rule}"


@pytest.mark.parametrize(
    ("sizes", "rule"),
    [
        ({"mm": 4.9}, "BTS15-SOLID-SMALL"), ({"mm": 5}, "BTS15-SOLID-5-6"), ({"mm": 6}, "BTS15-SOLID-6-8"),
        ({"mm": 7.9}, "BTS15-SOLID-6-8"), ({"mm": 9, "volume_mm3": 79}, "BTS15-SOLID-SMALL"),
        ({"mm": 9, "volume_mm3": 80}, "BTS15-SOLID-6-8"), ({"mm": 4, "volume_mm3": 299}, "BTS15-SOLID-6-8"),
    ],
)  # fmt: skip
def test_bts_prefers_the_volume_where_there_is_one(sizes, rule):
    one = nodule(words={"kind": "solid"}, **sizes)
    found = ask([one], BY_CHANCE, {"benign_by_bts": False}, use=["bts_2015"])
    assert of_source(found, "British").rule_id == rule


@pytest.mark.parametrize(
    ("percent", "vdt", "change", "rule"),
    [
        (30, 400, "growing", "BTS15-GROWTH-FAST"), (30, 401, "growing", "BTS15-GROWTH-MIDDLE"),
        (26, 601, "growing", "BTS15-GROWTH-SLOW"), (24, None, "stable", "BTS15-STABLE-VOLUME"),
    ],
)  # fmt: skip
def test_bts_on_a_later_ct_goes_by_growth(percent, vdt, change, rule):
    one = nodule(
        mm=9, volume_change_percent=percent, doubling_time_days=vdt,
        words={"kind": "solid", "change": change},
        prior=("2025-05-30", round_before(8.5)),
    )  # fmt: skip
    patient = {key: value for key, value in BY_CHANCE.items() if key != "prior_ct"}
    found = ask([one], patient, use=["bts_2015"])
    assert needed(found) >= {(None, "prior_is_first")}
    found = ask([one], {**patient, "prior_is_first": True}, use=["bts_2015"])
    assert of_source(found, "British").rule_id == rule


@pytest.mark.parametrize(
    ("kind", "mm", "patient", "rule"),
    [
        ("solid", 4, {"risk_factor": False}, "CN18-SOLID-4-LOW"),
        ("solid", 8, {"risk_factor": True}, "CN18-SOLID-8-HIGH"),
        ("ground_glass", 5, {}, "CN18-GROUND-GLASS-5"), ("part_solid", 9, {}, "CN18-PART-SOLID-LARGE"),
    ],
)  # fmt: skip
def test_the_chinese_consensus(kind, mm, patient, rule):
    found = ask(
        [nodule(mm=mm, words={"kind": kind})], {**BY_CHANCE, **patient}, use=["chinese_consensus_2018"]
    )
    assert of_source(found, "Chinese").rule_id == rule


def test_the_consensus_is_offered_the_mayo_probability_and_a_reader_may_give_another():
    one = nodule(mm=15, words={"kind": "solid", "lobe": "left upper lobe"})
    patient = {**BY_CHANCE, "age_years": 65, "smoker": True, "cancer_before": "none"}
    found = ask([one], patient, {"spiculation": True}, use=["chinese_consensus_2018"])
    assert question(found, "malignancy_percent", "1").known == pytest.approx(56.0083, abs=1e-3)
    assert of_source(found, "Chinese").rule_id == "CN18-SOLID-LARGE-MIDDLE"
    found = ask(
        [one], patient, {"spiculation": True, "malignancy_percent": 70}, use=["chinese_consensus_2018"]
    )
    assert of_source(found, "Chinese").rule_id == "CN18-SOLID-LARGE-HIGH"


@pytest.mark.parametrize("use", ["fleischner_2017", "chinese_consensus_2018"])
def test_a_table_for_the_first_ct_says_nothing_of_a_later_one(use):
    one = nodule(mm=7, words={"kind": "solid", "change": "stable"}, prior=("2026-01-01", round_before(7)))
    said = next(
        each for each in ask([one], BY_CHANCE, use=[use]).advice if not each.source.en.startswith("Mayo")
    )
    assert (said.rule_id, said.category) == ("", None)
    assert "judged by the reader" in said.said.en


@pytest.mark.parametrize(("inputs", "with_spiculation", "without"), BROCK)
def test_brock_end_to_end(inputs, with_spiculation, without):
    lobe = "right upper lobe" if inputs.upper_lobe else "right lower lobe"
    one = nodule(mm=inputs.longest_axial_mm, words={"kind": inputs.kind, "lobe": lobe})
    names = ("female", "family_history", "emphysema", "nodule_count")
    patient = {name: getattr(inputs, name) for name in names}
    context = {**NOW, "PatientAge": f"{inputs.age_years:03d}Y"}
    found = ask([one], patient, {"spiculation": inputs.spiculation}, use=[], context=context)
    assert of_source(found, "2b").probability == pytest.approx(with_spiculation, abs=5e-7)
    assert of_source(found, "2a").probability == pytest.approx(without, abs=5e-7)


@pytest.mark.parametrize(
    ("age", "smoker", "mm", "spiculation", "upper", "expected"),
    [(65, True, 15, True, True, 0.560083), (50, False, 8, False, False, 0.020775)],
)
def test_mayo_end_to_end(age, smoker, mm, spiculation, upper, expected):
    one = nodule(mm=mm, words={"kind": "solid"})
    patient = {"age_years": age, "smoker": smoker, "cancer_before": "none"}
    found = ask([one], patient, {"spiculation": spiculation, "upper_lobe": upper}, use=[])
    assert of_source(found, "Mayo").probability == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("mm", "there"), [(3.9, False), (4, True), (30, True), (30.1, False)])
def test_mayo_is_silent_on_sizes_that_it_was_not_made_from(mm, there):
    patient = {"age_years": 60, "smoker": True, "cancer_before": "none"}
    one = nodule(mm=mm, words={"kind": "solid", "lobe": "LUL"})
    assert (of_source(ask([one], patient, {"spiculation": False}, use=[]), "Mayo") is not None) == there


def test_no_model_speaks_of_a_calcified_nodule_and_none_asks():
    found = ask([nodule(mm=9, words={"kind": "calcified"})], use=[])
    assert not found.advice
    assert needed(found) == {(None, "guideline")}
