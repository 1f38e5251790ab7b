"""Fleischner, BTS, C-Lung-RADS and the Chinese consensus at their boundaries, and who gets which."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_measure.nodules.growth import sphere_volume_mm3
from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.choose import TABLES, Choice, choose_guideline
from lung_nodule.logic.guidelines.decide import Fact, Fired, decide
from lung_nodule.logic.guidelines.table import load


def fired(name, rules="nodule", measure="mm", **facts):
    found = decide(load(name), rules, facts, measure=measure)
    assert isinstance(found, Fired), found
    return found.rule.id


def fleischner(kind, size, *, measure="mm", **more):
    facts = {"benign_pattern": False, "multiple": False, "high_risk": False, **more}
    return fired("fleischner_2017", measure=measure, kind=kind, size=size, **facts)


@pytest.mark.parametrize(
    ("mm", "risk", "multiple", "expected"),
    [
        (5.4, False, False, "FL17-SOLID-SMALL-LOW"), (5.4, True, True, "FL17-SOLID-SMALL-HIGH"),
        (5.5, False, False, "FL17-SOLID-MEDIUM-SINGLE-LOW"),
        (6.5, True, False, "FL17-SOLID-MEDIUM-SINGLE-HIGH"),
        (8.4, False, False, "FL17-SOLID-MEDIUM-SINGLE-LOW"), (8.5, False, False, "FL17-SOLID-LARGE-SINGLE"),
        (6, False, True, "FL17-SOLID-MULTIPLE-LOW"), (12, True, True, "FL17-SOLID-MULTIPLE-HIGH"),
    ],
)  # fmt: skip
def test_fleischner_for_solid_nodules_in_whole_mm(mm, risk, multiple, expected):
    assert fleischner("solid", mm, high_risk=risk, multiple=multiple) == expected


@pytest.mark.parametrize(
    ("mm3", "expected"),
    [
        (99, "FL17-SOLID-SMALL-LOW"), (100, "FL17-SOLID-MEDIUM-SINGLE-LOW"),
        (250, "FL17-SOLID-MEDIUM-SINGLE-LOW"), (251, "FL17-SOLID-LARGE-SINGLE"),
    ],
)  # fmt: skip
def test_fleischner_by_volume(mm3, expected):
    assert fleischner("solid", mm3, measure="mm3") == expected


@pytest.mark.parametrize(
    ("kind", "mm", "solid_mm", "multiple", "expected"),
    [
        ("ground_glass", 5, None, False, "FL17-SUBSOLID-SMALL-SINGLE"),
        ("ground_glass", 6, None, False, "FL17-GROUND-GLASS-SINGLE"),
        ("part_solid", 5, 3, False, "FL17-SUBSOLID-SMALL-SINGLE"),
        ("part_solid", 9, 5, False, "FL17-PART-SOLID-SINGLE"),
        ("part_solid", 9, 6, False, "FL17-PART-SOLID-SINGLE-SOLID-LARGE"),
        ("ground_glass", 5, None, True, "FL17-SUBSOLID-MULTIPLE-SMALL"),
        ("part_solid", 9, None, True, "FL17-SUBSOLID-MULTIPLE"),
    ],
)
def test_fleischner_for_subsolid_nodules(kind, mm, solid_mm, multiple, expected):
    assert fleischner(kind, mm, solid_size=solid_mm, multiple=multiple) == expected


def test_fleischner_asks_for_the_risk_only_where_it_matters():
    known: dict[str, Fact] = {"kind": "solid", "benign_pattern": False, "multiple": False}
    assert decide(load("fleischner_2017"), "nodule", {**known, "size": 5}) == Asked(("high_risk",))
    assert isinstance(decide(load("fleischner_2017"), "nodule", {**known, "size": 9}), Fired)


def bts(size, *, measure="mm", kind="solid", **more):
    return fired("bts_2015", measure=measure, benign_pattern=False, kind=kind, size=size, **more)


@pytest.mark.parametrize(
    ("size", "measure", "expected"),
    [
        (4.9, "mm", "BTS15-SOLID-SMALL"), (5.0, "mm", "BTS15-SOLID-5-6"), (5.9, "mm", "BTS15-SOLID-5-6"),
        (6.0, "mm", "BTS15-SOLID-6-8"), (7.9, "mm", "BTS15-SOLID-6-8"), (79, "mm3", "BTS15-SOLID-SMALL"),
        (80, "mm3", "BTS15-SOLID-6-8"), (299, "mm3", "BTS15-SOLID-6-8"),
    ],
)  # fmt: skip
def test_bts_for_small_solid_nodules(size, measure, expected):
    assert bts(size, measure=measure) == expected


@pytest.mark.parametrize(
    ("brock", "herder", "expected"),
    [
        (9.9, None, "BTS15-BROCK-LOW"), (10, 9.9, "BTS15-HERDER-LOW"), (10, 10, "BTS15-HERDER-MIDDLE"),
        (40, 70, "BTS15-HERDER-MIDDLE"), (40, 70.1, "BTS15-HERDER-HIGH"),
    ],
)  # fmt: skip
def test_bts_for_large_solid_nodules_by_both_probabilities(brock, herder, expected):
    assert bts(8, brock_percent=brock, herder_percent=herder) == expected
    assert bts(300, measure="mm3", brock_percent=brock, herder_percent=herder) == expected


def test_bts_asks_for_brock_first_and_for_herder_only_after_it():
    known: dict[str, Fact] = {"kind": "solid", "benign_pattern": False, "size": 9}
    assert decide(load("bts_2015"), "nodule", known) == Asked(("brock_percent",))
    assert decide(load("bts_2015"), "nodule", {**known, "brock_percent": 12}) == Asked(("herder_percent",))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"resolved": True}, "BTS15-RESOLVED"),
        ({"volume_change_percent": 25, "doubling_time_days": 400}, "BTS15-GROWTH-FAST"),
        ({"volume_change_percent": 25, "doubling_time_days": 401}, "BTS15-GROWTH-MIDDLE"),
        ({"volume_change_percent": 30, "doubling_time_days": 600}, "BTS15-GROWTH-MIDDLE"),
        ({"volume_change_percent": 30, "doubling_time_days": 601}, "BTS15-GROWTH-SLOW"),
        ({"volume_change_percent": 24.9, "months_since_first": 12}, "BTS15-STABLE-VOLUME"),
        ({"volume_change_percent": -40, "months_since_first": 3}, "BTS15-STABLE-VOLUME-EARLY"),
        ({"by_volume": False, "grown": False, "months_since_first": 24}, "BTS15-STABLE-DIAMETER"),
        ({"by_volume": False, "grown": False, "months_since_first": 12}, "BTS15-STABLE-DIAMETER-1-YEAR"),
        ({"by_volume": False, "grown": False, "months_since_first": 3}, "BTS15-STABLE-DIAMETER-EARLY"),
        ({"by_volume": False, "grown": True}, "BTS15-GROWTH-DIAMETER"),
    ],
)
def test_bts_when_a_solid_nodule_is_seen_again(facts, expected):
    assert fired("bts_2015", "followup_solid", **{"resolved": False, "by_volume": True, **facts}) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"resolved": True}, "BTS15-SUBSOLID-RESOLVED"),
        ({"grown": True}, "BTS15-SUBSOLID-GROWN"),
        ({"suspicious_morphology": True}, "BTS15-SUBSOLID-SUSPICIOUS"),
        ({"brock_percent": 9.9}, "BTS15-SUBSOLID-BROCK-LOW"),
        ({"brock_percent": 10}, "BTS15-SUBSOLID-BROCK-HIGH"),
    ],
)
def test_bts_when_a_subsolid_nodule_is_seen_again(facts, expected):
    plain = {"resolved": False, "grown": False, "suspicious_morphology": False}
    assert fired("bts_2015", "followup_subsolid", **{**plain, **facts}) == expected


def test_bts_looks_at_subsolid_nodules_from_5_mm():
    assert bts(4.9, kind="ground_glass") == "BTS15-SUBSOLID-SMALL"
    assert bts(5.0, kind="part_solid") == "BTS15-SUBSOLID"


def test_bts_looks_at_subsolid_nodules_from_the_volume_of_a_sphere_of_5_mm():
    for kind in ("part_solid", "ground_glass"):
        assert bts(64.4, measure="mm3", kind=kind) == "BTS15-SUBSOLID-SMALL"
        assert bts(65, measure="mm3", kind=kind) == "BTS15-SUBSOLID"
        assert bts(sphere_volume_mm3(5.0), measure="mm3", kind=kind) == "BTS15-SUBSOLID"


@pytest.mark.parametrize(
    ("kind", "mm", "solid_mm", "expected"),
    [
        ("calcified", 9, None, "0"), ("solid", 5.9, None, "1"), ("solid", 6, None, "2"),
        ("solid", 9.9, None, "2"),
        ("solid", 10, None, "3"), ("solid", 17.9, None, "3"), ("solid", 18, None, "4"),
        ("part_solid", 5.9, 2, "1"), ("part_solid", 6, 5.9, "2"), ("part_solid", 12, 6, "3"),
        ("part_solid", 12, 9.9, "3"), ("part_solid", 12, 10, "4"), ("ground_glass", 5.9, None, "1"),
        ("ground_glass", 6, None, "2"), ("ground_glass", 19.9, None, "2"), ("ground_glass", 20, None, "3"),
    ],
)  # fmt: skip
def test_c_lung_rads_by_size(kind, mm, solid_mm, expected):
    facts = {"kind": kind, "size": mm, "solid_size": solid_mm, "benign_pattern": "central"}
    found = decide(load("c_lung_rads_2024"), "nodule", facts)
    assert found.rule.category == expected


@pytest.mark.parametrize(
    ("mm", "risk", "expected"),
    [
        (4, False, "CN18-SOLID-4-LOW"), (4.1, False, "CN18-SOLID-6-LOW"), (6, True, "CN18-SOLID-6-HIGH"),
        (6.1, True, "CN18-SOLID-8-HIGH"), (8, False, "CN18-SOLID-8-LOW"), (4, True, "CN18-SOLID-4-HIGH"),
    ],
)  # fmt: skip
def test_the_chinese_consensus_for_small_solid_nodules(mm, risk, expected):
    assert fired("chinese_consensus_2018", kind="solid", size=mm, risk_factor=risk) == expected


@pytest.mark.parametrize(
    ("kind", "mm", "percent", "expected"),
    [
        ("solid", 8.1, 4.9, "CN18-SOLID-LARGE-LOW"), ("solid", 8.1, 65, "CN18-SOLID-LARGE-MIDDLE"),
        ("solid", 8.1, 65.1, "CN18-SOLID-LARGE-HIGH"), ("ground_glass", 5, None, "CN18-GROUND-GLASS-5"),
        ("ground_glass", 5.1, None, "CN18-GROUND-GLASS-10"),
        ("ground_glass", 10.1, None, "CN18-GROUND-GLASS-LARGE"),
        ("part_solid", 8, None, "CN18-PART-SOLID-8"), ("part_solid", 8.1, None, "CN18-PART-SOLID-LARGE"),
    ],
)  # fmt: skip
def test_the_chinese_consensus_for_all_others(kind, mm, percent, expected):
    found = fired("chinese_consensus_2018", kind=kind, size=mm, malignancy_percent=percent)
    assert found == expected


WHOLE = [
    ("fleischner_2017", {
        "kind": ["solid", "part_solid", "ground_glass", "calcified", "fat_containing"],
        "multiple": [True, False], "high_risk": [True, False], "benign_pattern": [True, False],
    }),
    ("bts_2015", {
        "kind": ["solid", "part_solid", "ground_glass", "calcified", "fat_containing"],
        "benign_pattern": [True, False], "brock_percent": [5, 10, 50], "herder_percent": [5, 10, 70, 71],
    }),
    ("c_lung_rads_2024", {
        "kind": ["solid", "part_solid", "ground_glass", "calcified"], "benign_pattern": ["none", "central"],
    }),
    ("chinese_consensus_2018", {
        "kind": ["solid", "part_solid", "ground_glass"], "risk_factor": [True, False],
        "malignancy_percent": [1, 5, 65, 90],
    }),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts"), WHOLE, ids=[name for name, _ in WHOLE])
@given(st.floats(0.5, 60.0), st.floats(0.0, 1.0))
def test_no_nodule_falls_between_two_lines(name, facts, mm, share):
    for values in itertools.product(*facts.values()):
        known = dict(zip(facts, values, strict=True))
        found = decide(load(name), "nodule", {**known, "size": mm, "solid_size": mm * share})
        assert isinstance(found, Fired), (known, mm)


ADULT = {
    "screening": False,
    "age_years": 60,
    "known_cancer": False,
    "known_lung_cancer": False,
    "immunosuppressed": False,
}


def chosen(in_use=TABLES, **more):
    found = choose_guideline({**ADULT, **more}, in_use)
    assert isinstance(found, Choice), found
    return found.guideline and found.guideline.id


def test_the_order_and_the_history_say_which_guideline_applies():
    assert chosen(screening=True) == "lung_rads_2022"
    assert chosen(("c_lung_rads_2024", "lung_rads_2022"), screening=True) == "c_lung_rads_2024"
    assert chosen() == "fleischner_2017"
    assert chosen(known_cancer=True) == "bts_2015"


@pytest.mark.parametrize("against", [{"age_years": 34}, {"known_cancer": True}, {"immunosuppressed": True}])
def test_fleischner_is_for_patients_from_35_without_cancer_or_immunosuppression(against):
    only = ("lung_rads_2022", "fleischner_2017")
    assert chosen(only) == "fleischner_2017"
    assert chosen(only, age_years=35) == "fleischner_2017"
    found = choose_guideline({**ADULT, **against}, only)
    assert found.guideline is None
    assert set(found.refused) == set(only)


def test_lung_rads_is_for_screening_only_and_not_with_lung_cancer():
    assert chosen(("lung_rads_2022",)) is None
    assert chosen(("lung_rads_2022",), screening=True, known_lung_cancer=True) is None


def test_what_is_not_known_of_order_and_history_is_asked_for():
    assert choose_guideline({}, TABLES) == Asked(("screening", "known_lung_cancer"))
    assert choose_guideline({"screening": False}, TABLES) == Asked(
        ("age_years", "known_cancer", "immunosuppressed")
    )
    assert (
        choose_guideline({"screening": False, "age_years": 30, "known_cancer": None}, TABLES).guideline.id
        == "bts_2015"
    )


def test_a_hospital_that_names_no_guideline_gets_none():
    assert choose_guideline(ADULT, ()) == Choice(None, {})
