"""Lung-RADS v2022: what grows is never less suspicious than what does not, and what is not classed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.decide import Fact, NoRule
from lung_nodule.logic.guidelines.lung_rads import (
    ORDER,
    NoduleCategory,
    categorise_examination,
    categorise_nodule,
)

PLAIN: dict[str, Fact] = {
    "benign_pattern": "none",
    "juxtapleural": False,
    "suspicious_features": frozenset(),
}
EXAMINATION = {
    "prior_being_located": False,
    "lungs_evaluable": True,
    "infection_suspected": False,
    "other_significant_finding": False,
}
THIN: dict[str, Fact] = {**PLAIN, "kind": "cyst", "cyst_wall": "thin", "cyst_loculation": "unilocular"}


def categorised(**facts):
    return categorise_nodule({**PLAIN, **facts})


def category(**facts):
    found = categorised(**facts)
    assert isinstance(found, NoduleCategory), found
    return found.category


@pytest.mark.parametrize("change", ["wall_or_nodule_grows", "more_chambers_or_opacity"])
def test_a_thin_walled_cyst_with_one_chamber_that_turns_suspicious_is_left_to_the_reader(change):
    cyst = {**THIN, "status": "growing", "cyst_change": change}
    assert isinstance(categorise_nodule(cyst), NoRule)
    assert categorise_examination(EXAMINATION, [cyst]).category is None


@pytest.mark.parametrize("change", ["baseline", "none", "cystic_part_grows"])
def test_a_thin_walled_cyst_with_one_chamber_is_not_classed_while_its_wall_stays_as_it_is(change):
    assert category(**{**THIN, "status": "stable", "cyst_change": change}) is None


CYST: dict[str, Fact] = {**THIN, "status": "baseline", "cyst_change": "baseline"}
RESOLVED: dict[str, Fact] = {**PLAIN, "kind": "solid", "status": "resolved"}
CALCIFIED: dict[str, Fact] = {**PLAIN, "kind": "calcified", "status": "baseline", "benign_pattern": "central"}
SMALL: dict[str, Fact] = {**PLAIN, "kind": "solid", "status": "baseline", "size": 4.0}


@pytest.mark.parametrize(
    ("nodules", "decisive"), [([CYST], ()), ([RESOLVED], (0,)), ([CYST, RESOLVED], (1,)), ([], ())]
)
def test_without_a_nodule_that_counts_category_1_waits_for_a_reader_who_confirms_it(nodules, decisive):
    found = categorise_examination(EXAMINATION, nodules)
    assert (found.category, found.asked, found.decisive) == (None, ("no_nodule_confirmed",), ())
    confirmed = categorise_examination({**EXAMINATION, "no_nodule_confirmed": True}, nodules)
    assert (confirmed.category, confirmed.decisive) == ("1", decisive)
    assert confirmed.fired[0].rule.id == "LR22-1-NONE"
    denied = categorise_examination({**EXAMINATION, "no_nodule_confirmed": False}, nodules)
    assert (denied.category, denied.asked) == (None, ())


def test_a_nodule_that_counts_decides_without_that_question():
    for nodules, expected in (([CYST, SMALL], "2"), ([RESOLVED, SMALL], "2"), ([CALCIFIED], "1")):
        found = categorise_examination(EXAMINATION, nodules)
        assert (found.category, found.asked) == (expected, ())


def test_while_a_nodule_is_open_nobody_is_asked_whether_there_is_none():
    found = categorise_examination(EXAMINATION, [RESOLVED, {**SMALL, "size": None}])
    assert (found.category, found.asked) == (None, ())


OUTER: dict[str, Fact] = {"kind": "part_solid", "status": "growing", "solid_status": "stable"}


@pytest.mark.parametrize(
    ("previous", "months", "proven", "solid_mm", "expected"),
    [
        ("4B", 3, False, 5.0, "4B"),
        ("4X", 3, False, 6.5, "4B"),
        ("4B", 3, True, 5.0, "3"),
        ("4A", 2, None, 5.0, "4A"),
        ("4A", 3, None, 5.0, "3"),
        ("3", 1, None, 8.0, "4B"),
        ("0", None, None, 5.0, "3"),
    ],
)
def test_ground_glass_that_grows_around_a_solid_part_takes_no_category_away(
    previous, months, proven, solid_mm, expected
):
    known = {"previous_category": previous, "months_since_previous": months, "proven_benign": proven}
    assert category(**OUTER, size=12.0, solid_size=solid_mm, **known) == expected


def test_a_small_part_solid_nodule_whose_ground_glass_grows_waits_for_its_interval_too():
    known: dict[str, Fact] = {**OUTER, "size": 5.8, "solid_size": 3.0, "previous_category": "3"}
    assert category(**known, months_since_previous=5) == "3"
    assert category(**known, months_since_previous=6) == "2"


def test_what_grows_is_asked_for_its_earlier_category_only_where_that_can_tell():
    outer = {**OUTER, "size": 12.0, "solid_size": 5.0}
    assert categorised(**outer) == Asked(("previous_category",))
    assert categorised(**outer, previous_category="4B") == Asked(("proven_benign",))
    assert categorised(**outer, previous_category="4A") == Asked(("months_since_previous",))
    assert category(**outer, previous_category="3") == "3"
    assert category(**{**outer, "solid_size": 8.0}) == "4B"


def test_a_small_nodule_of_category_4b_stays_so_when_it_grows():
    grown: dict[str, Fact] = {"kind": "solid", "status": "growing", "size": 7.0, "previous_category": "4B"}
    found = categorised(**grown, proven_benign=False)
    assert isinstance(found, NoduleCategory)
    assert (found.category, found.fired[-1].rule.id) == ("4B", "LR22-4B-KEPT")
    assert category(**grown, proven_benign=True) == "4A"


KNOWN = st.fixed_dictionaries(
    {
        "previous_category": st.sampled_from(("0", "1", "2", "3", "4A", "4B", "4X")),
        "months_since_previous": st.integers(1, 12),
        "proven_benign": st.booleans(),
        "size": st.floats(3.0, 40.0),
        "previous_size": st.floats(3.0, 40.0),
        "solid_size": st.floats(1.0, 12.0),
        "previous_solid_size": st.floats(1.0, 12.0),
    }
)


@pytest.mark.parametrize(
    "grown",
    [
        {"kind": "solid"},
        {"kind": "calcified"},
        {"kind": "ground_glass"},
        {"kind": "part_solid", "solid_status": "stable"},
        {"kind": "part_solid", "solid_status": "decreased"},
        {"kind": "part_solid", "solid_status": "new"},
        {"kind": "part_solid", "solid_status": "growing"},
        {"kind": "airway", "secretions": False, "airway_level": "segmental_or_proximal"},
    ],
)
@given(KNOWN, st.sampled_from(("growing", "slow_growing")), st.sampled_from(("stable", "decreased")))
def test_a_nodule_that_grows_is_never_less_suspicious_than_it_would_be_without(grown, known, more, less):
    still = {**grown, "solid_status": "stable"} if grown["kind"] == "part_solid" else grown
    after = category(**known, **grown, status=more)
    assert ORDER.index(after) >= ORDER.index(category(**known, **still, status=less))


@given(KNOWN, st.sampled_from(("cystic_part_grows", "wall_or_nodule_grows", "became_multilocular")))
def test_a_cyst_that_grows_is_never_less_suspicious_than_it_would_be_without(known, change):
    cyst = {"kind": "cyst", "status": "growing", "cyst_wall": "thick", "cyst_loculation": "unilocular"}
    after = category(**known, **cyst, cyst_change=change)
    assert ORDER.index(after) >= ORDER.index(category(**known, **cyst, cyst_change="none"))
