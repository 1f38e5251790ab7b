"""What a hospital's rule asks beyond the plug-in's word: met, not met, and not stated."""

from dataclasses import replace
from datetime import time

import pytest

from allward.kernel.texts import Text
from allward.routing.conditions import Conditions, unmet
from allward.routing.facts import SeriesFacts
from allward.routing.match import decide
from allward_sdk.manifest import Wants

FACTS = SeriesFacts(
    modality="CT",
    body_part_examined="CHEST",
    image_type=("ORIGINAL", "PRIMARY"),
    slice_count=120,
    slice_spacing_mm=1.0,
    evaluable=True,
    reasons=(),
    calling_ae_title="CT1",
    department="imaging",
    descriptions=("Thorax nativ", "肺窗 1.0 B60f", "Lung screening"),
    age_years=54.5,
    slice_thickness_mm=1.25,
    study_time=time(22, 30),
)
WANTS = Wants(modality=("CT",), min_slices=10)
UNKNOWN = replace(
    FACTS, calling_ae_title="", department="", descriptions=(), age_years=None, slice_thickness_mm=None,
    study_time=None, body_part_examined="",
)  # fmt: skip

CASES = [
    ("calling_ae_title", {"calling_ae_titles": ("CT1", "CT2")}, {"calling_ae_titles": ("CT2",)}),
    ("department", {"departments": ("imaging",)}, {"departments": ("research",)}),
    ("rule_modality", {"modalities": ("ct", "MR")}, {"modalities": ("MR",)}),
    ("rule_body_part", {"body_parts": ("Chest",)}, {"body_parts": ("ABDOMEN",)}),
    ("description_contains", {"description_contains": ("b60F",)}, {"description_contains": ("对比",)}),
    ("description_excludes", {"description_excludes": ("contrast",)}, {"description_excludes": ("肺窗",)}),
    ("age_years", {"min_age_years": 50.0, "max_age_years": 80.0}, {"max_age_years": 54.0}),
    ("age_years", {"min_age_years": 54.5}, {"min_age_years": 60.0}),
    ("slice_thickness_mm", {"max_slice_thickness_mm": 1.25}, {"max_slice_thickness_mm": 1.0}),
    ("slices", {"min_slices": 120, "max_slices": 120}, {"min_slices": 121}),
    ("time_of_day", {"from_time": "22:00"}, {"from_time": "23:00"}),
    (
        "time_of_day",
        {"from_time": "18:00", "until_time": "08:00"},
        {"from_time": "08:00", "until_time": "18:00"},
    ),
    ("time_of_day", {"until_time": "22:31"}, {"until_time": "22:30"}),
]  # fmt: skip


def test_a_rule_that_asks_nothing_is_met():
    assert unmet(Conditions(), FACTS) is None
    assert unmet(Conditions(), UNKNOWN) is None


@pytest.mark.parametrize(("clause", "met", "not_met"), CASES)
def test_each_condition_is_met_or_names_itself_in_both_languages(clause, met, not_met):
    assert unmet(Conditions(**met), FACTS) is None
    decision = unmet(Conditions(**not_met), FACTS)
    assert decision is not None
    assert (decision.runs, decision.clause, decision.not_evaluable) == (False, clause, False)
    assert decision.detail.en.endswith(".")
    assert decision.detail.zh.endswith("。")


@pytest.mark.parametrize(
    ("clause", "met", "not_met"),
    [case for case in CASES if case[0] not in ("rule_modality", "slices", "description_excludes")],
)
def test_what_the_images_do_not_say_is_not_met(clause, met, not_met):
    decision = unmet(Conditions(**met), UNKNOWN)
    assert decision is not None
    assert decision.clause == clause
    if clause != "description_contains":
        assert "not stated" in decision.detail.en
        assert "未注明" in decision.detail.zh


@pytest.mark.parametrize(
    ("moment", "runs"), [(time(18), True), (time(23, 59), True), (time(7, 59), True), (time(8), False)]
)
def test_a_span_over_midnight_is_the_night(moment, runs):
    night = Conditions(from_time="18:00", until_time="08:00")
    assert (unmet(night, replace(FACTS, study_time=moment)) is None) is runs


def test_the_first_of_several_that_fail_decides():
    decision = unmet(Conditions(departments=("other",), min_slices=1000), FACTS)
    assert decision is not None
    assert decision.clause == "department"


def test_a_series_that_the_hospital_leaves_out_is_not_called_not_evaluable():
    broken = replace(FACTS, evaluable=False, reasons=(Text("A gap.", "有间隙。"),), slice_count=3)
    assert decide(WANTS, broken).not_evaluable
    left_out = decide(WANTS, broken, Conditions(departments=("other",)))
    assert (left_out.clause, left_out.not_evaluable) == ("department", False)


def test_they_survive_the_way_through_the_database():
    conditions = Conditions(departments=("a", "b"), min_age_years=18.0, from_time="08:00")
    assert Conditions.from_json(conditions.to_json()) == conditions
    assert Conditions.from_json({}) == Conditions()
