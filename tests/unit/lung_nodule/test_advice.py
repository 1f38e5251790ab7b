"""What guidelines and models advise: all vectors end to end, and never an answer that nobody gave."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_lung_rads import BOUNDARIES
from tests.unit.lung_nodule.test_risk import BROCK

from allward_runner.abilities import Answers
from lung_nodule.logic.advice import GUIDELINES, counsel

NOW = {"StudyDate": "20260601"}
SCREENED = {
    "screening": True, "known_lung_cancer": False, "prior_ct": False, "lungs_evaluable": True,
    "infection_suspected": False, "other_significant_finding": False, "prior_being_located": False,
}  # fmt: skip
BY_CHANCE = {
    "screening": False, "known_cancer": False, "immunosuppressed": False, "age_years": 60, "prior_ct": False,
}  # fmt: skip
PLAIN = {"benign_pattern": "none", "juxtapleural": False, "suspicious_features": ""}


def ask(findings, patient=(), each=(), *, use=("lung_rads_2022",), context=None, evaluable=True, **of):
    answers = Answers(
        of_patient=dict(patient),
        of_findings={one.id: {**dict(each), **of.get(f"of_{one.id}", {})} for one in findings},
    )
    return counsel(
        NOW if context is None else context, findings, answers, guidelines=use, evaluable=evaluable
    )


def of_source(found, source, finding_id="1"):
    said = [one for one in found.advice if source in one.source.en and one.finding_id == finding_id]
    assert len(said) <= 1
    return said[0] if said else None


def needed(found):
    return {(one.finding_id, one.name) for one in found.questions if one.needed}


def question(found, name, finding_id=None):
    return next(one for one in found.questions if (one.name, one.finding_id) == (name, finding_id))


# ---- Lung-RADS, every vector ------------------------------------------------------------------------------


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


# ---- the other guidelines ---------------------------------------------------------------------------------


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
    found = ask([one], SCREENED, use=["c_lung_rads_2024"])
    assert of_source(found, "C-Lung-RADS").category == expected
    assert of_source(found, "C-Lung-RADS", None).category == expected


def test_bts_goes_from_brock_to_pet_ct_to_herder():
    one = nodule(mm=15, words={"kind": "solid", "lobe": "right upper lobe"})
    patient = {**BY_CHANCE, "age_years": 65, "female": False, "family_history": False, "emphysema": False,
               "smoker": True, "cancer_before": False}  # fmt: skip
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
    patient = {**BY_CHANCE, "age_years": 65, "smoker": True, "cancer_before": False}
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


# ---- models -----------------------------------------------------------------------------------------------


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
    patient = {"age_years": age, "smoker": smoker, "cancer_before": False}
    found = ask([one], patient, {"spiculation": spiculation, "upper_lobe": upper}, use=[])
    assert of_source(found, "Mayo").probability == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("mm", "there"), [(3.9, False), (4, True), (30, True), (30.1, False)])
def test_mayo_is_silent_on_sizes_that_it_was_not_made_from(mm, there):
    patient = {"age_years": 60, "smoker": True, "cancer_before": False}
    one = nodule(mm=mm, words={"kind": "solid", "lobe": "LUL"})
    assert (of_source(ask([one], patient, {"spiculation": False}, use=[]), "Mayo") is not None) == there


def test_no_model_speaks_of_a_calcified_nodule_and_none_asks():
    found = ask([nodule(mm=9, words={"kind": "calcified"})], use=[])
    assert not found.advice
    assert needed(found) == {(None, "guideline")}


# ---- what is known, and what never is ---------------------------------------------------------------------


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


# ---- properties -------------------------------------------------------------------------------------------

KINDS = st.sampled_from(["solid", "part-solid", "ground-glass", "calcified", "fat-containing"])
LOBES = st.sampled_from(["RUL", "RLL", "not determined"])
CHANGES = st.sampled_from([None, "new", "growing", "stable", "not comparable", "resolved"])
USES = st.lists(st.sampled_from(list(GUIDELINES)), max_size=3, unique=True)


@st.composite
def nodules(draw):
    found = []
    for place in range(draw(st.integers(0, 3))):
        change = draw(CHANGES)
        words = {"kind": draw(KINDS), "lobe": draw(LOBES)} | ({} if change is None else {"change": change})
        before = draw(st.floats(3, 30))
        prior = None if change in {None, "new"} else ("2026-01-10", round_before(before))
        mm = draw(st.none() | st.floats(3, 35))
        more = {"volume_change_percent": draw(st.none() | st.floats(-50, 200)), "solid_mean_diameter_mm": 4.0}
        found.append(nodule(str(place), mm=mm, words=words, prior=prior, **more))
    return found


def answers_to(questions, draw):
    """Return an answer to each of some questions, as its kind allows."""
    patient, of_findings = {}, {}
    for one in questions:
        if one.kind == "yes_no":
            value = draw(st.booleans())
        elif one.kind == "number":
            value = draw(st.integers(int(max(one.least, 1)), int(min(one.most, 400))))
        else:
            value = draw(st.sampled_from(sorted(one.options)))
        (patient if one.finding_id is None else of_findings.setdefault(one.finding_id, {}))[one.name] = value
    return patient, of_findings


def ask_all(found, patient, of_findings, use):
    return counsel(NOW, found, Answers(patient, of_findings), guidelines=use, evaluable=True)


@settings(max_examples=120, deadline=None)
@given(nodules(), USES, st.data())
def test_neither_the_order_of_findings_nor_that_of_answers_matters(found, use, data):
    patient, of_findings = {}, {}
    for _ in range(3):
        asked = [one for one in ask_all(found, patient, of_findings, use).questions if one.needed]
        chosen = [one for one in asked if data.draw(st.booleans())]
        more, of_more = answers_to(chosen, data.draw)
        patient |= more
        for finding_id, said in of_more.items():
            of_findings.setdefault(finding_id, {}).update(said)
    one, other = (ask_all(each, patient, of_findings, use) for each in (found, found[::-1]))
    assert sorted(map(repr, one.advice)) == sorted(map(repr, other.advice))
    assert sorted(map(repr, one.questions)) == sorted(map(repr, other.questions))


@settings(max_examples=200, deadline=None)
@given(nodules(), USES, st.data())
def test_another_answer_never_changes_an_advice_that_did_not_need_it(found, use, data):
    patient, of_findings = {}, {}
    for _ in range(8):
        before = ask_all(found, patient, of_findings, use)
        open_ones = [one for one in before.questions if one.answer is None]
        if not open_ones:
            return
        one = data.draw(st.sampled_from(open_ones))
        more, of_more = answers_to([one], data.draw)
        patient = {**patient, **more}
        for finding_id, said in of_more.items():
            of_findings = {**of_findings, finding_id: {**of_findings.get(finding_id, {}), **said}}
        after = ask_all(found, patient, of_findings, use)
        for advice in before.advice:
            if one.name in advice.used or (advice.finding_id is None and one.finding_id is not None):
                continue
            if advice.finding_id is not None and one.finding_id not in {None, advice.finding_id}:
                assert advice in after.advice, (one.name, advice)
                continue
            same = [
                (each.category, each.probability, each.recommended)
                for each in after.advice
                if (each.source, each.finding_id) == (advice.source, advice.finding_id)
            ]
            assert (advice.category, advice.probability, advice.recommended) in same, (
                one.name,
                advice,
                after,
            )
