"""Lung-RADS v2022 at its boundaries, in its steps, and where it does not know."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allward_measure.nodules.growth import sphere_volume_mm3
from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.decide import Fact, NoRule
from lung_nodule.logic.guidelines.lung_rads import (
    ORDER,
    NoduleCategory,
    categorise_examination,
    categorise_nodule,
)

SIZES = st.floats(0.5, 60.0)

PLAIN = {"benign_pattern": "none", "juxtapleural": False, "suspicious_features": frozenset()}
GROWN = {"previous_category": "2"}
EXAMINATION = {
    "prior_being_located": False,
    "lungs_evaluable": True,
    "infection_suspected": False,
    "other_significant_finding": False,
}


def nodule(kind, status, size=None, solid_size=None, **more):
    known = {**PLAIN, **(GROWN if status == "growing" else {})}
    return {**known, "kind": kind, "status": status, "size": size, "solid_size": solid_size, **more}


def category(*args, **more):
    found = categorise_nodule(nodule(*args, **more))
    assert isinstance(found, NoduleCategory), found
    return found.category


BOUNDARIES = [
    *[("solid", "baseline", *pair) for pair in (
        (5.9, "2"), (6.0, "3"), (7.9, "3"), (8.0, "4A"), (14.9, "4A"), (15.0, "4B"),
    )],
    *[("solid", "new", *pair) for pair in (
        (3.9, "2"), (4.0, "3"), (5.9, "3"), (6.0, "4A"), (7.9, "4A"), (8.0, "4B"),
    )],
    *[("solid", "growing", *pair) for pair in ((5.0, "4A"), (7.9, "4A"), (8.0, "4B"))],
    ("solid", "slow_growing", 7.0, "4B"),
    ("ground_glass", "baseline", 29.9, "2"), ("ground_glass", "new", 29.9, "2"),
    ("ground_glass", "growing", 29.9, "2"), ("ground_glass", "baseline", 30.0, "3"),
    ("ground_glass", "new", 30.0, "3"), ("ground_glass", "stable", 30.0, "2"),
    ("ground_glass", "slow_growing", 30.0, "2"), ("ground_glass", "growing", 30.0, "3"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status", "mm", "expected"), BOUNDARIES)
def test_solid_and_ground_glass_nodules_at_their_boundaries(kind, status, mm, expected):
    assert category(kind, status, mm) == expected


@pytest.mark.parametrize(
    ("status", "mm", "solid_mm", "expected"),
    [
        ("baseline", 5.9, 2, "2"), ("baseline", 6, 5.9, "3"), ("baseline", 10, 6.0, "4A"),
        ("baseline", 10, 7.9, "4A"), ("baseline", 10, 8.0, "4B"), ("new", 5.5, 2, "3"), ("new", 8, 3.9, "4A"),
        ("new", 8, 4.0, "4B"), ("growing", 8, 3.9, "4A"), ("growing", 10, 5.5, "4B"),
    ],
)  # fmt: skip
def test_part_solid_nodules_at_their_boundaries(status, mm, solid_mm, expected):
    assert category("part_solid", status, mm, solid_mm, solid_status="growing") == expected


VOLUMES = [
    ("solid", "baseline", 112, "2"), ("solid", "baseline", 113, "3"), ("solid", "baseline", 267, "3"),
    ("solid", "baseline", 268, "4A"), ("solid", "baseline", 1766, "4A"), ("solid", "baseline", 1767, "4B"),
    ("solid", "new", 33, "2"), ("solid", "new", 34, "3"), ("ground_glass", "new", 14136, "2"),
    ("ground_glass", "new", 14137, "3"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status", "mm3", "expected"), VOLUMES)
def test_volumes_have_boundaries_of_their_own(kind, status, mm3, expected):
    assert categorise_nodule(nodule(kind, status, mm3), measure="mm3").category == expected


@pytest.mark.parametrize(("mm", "expected"), [(5.94, "2"), (5.95, "3"), (7.96, "4A"), (14.949, "4A")])
def test_sizes_are_rounded_to_a_tenth_before_they_are_compared(mm, expected):
    assert category("solid", "baseline", mm) == expected


@pytest.mark.parametrize(("mm", "expected"), [(9.9, "2"), (10.0, "4A")])
def test_a_smooth_juxtapleural_nodule_is_benign_below_10_mm_and_solid_from_it(mm, expected):
    for shape in ("oval", "lentiform", "triangular"):
        assert category("solid", "baseline", mm, juxtapleural=True, smooth=True, shape=shape) == expected
    assert category("solid", "new", 7.0, juxtapleural=True, smooth=True, shape="other") == "4A"
    assert category("solid", "new", 7.0, juxtapleural=True, smooth=False, shape="oval") == "4A"


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("baseline", {"secretions": True}, "2"),
        ("baseline", {"secretions": False, "airway_level": "subsegmental"}, "2"),
        ("baseline", {"secretions": False, "airway_level": "segmental_or_proximal"}, "4A"),
        ("new", {"secretions": False, "airway_level": "segmental_or_proximal"}, "4A"),
        ("stable", {"secretions": False, "airway_level": "segmental_or_proximal"}, "4B"),
        ("growing", {"secretions": False, "airway_level": "segmental_or_proximal"}, "4B"),
        ("resolved", {}, "1"),
    ],
)
def test_airway_nodules(status, more, expected):
    assert category("airway", status, **more) == expected


@pytest.mark.parametrize(
    ("wall", "loculation", "change", "expected"),
    [
        ("thick", "unilocular", "cystic_part_grows", "3"),
        ("thick", "unilocular", "baseline", "4A"),
        ("thin", "multilocular", "baseline", "4A"),
        ("thin", "multilocular", "became_multilocular", "4A"),
        ("thick", "unilocular", "wall_or_nodule_grows", "4B"),
        ("thin", "multilocular", "cystic_part_grows", "4B"),
        ("thick", "multilocular", "more_chambers_or_opacity", "4B"),
        ("thin", "unilocular", "baseline", None),
    ],
)
def test_atypical_cysts(wall, loculation, change, expected):
    status = "baseline" if change == "baseline" else "growing"
    found = category("cyst", status, cyst_wall=wall, cyst_loculation=loculation, cyst_change=change)
    assert found == expected


@pytest.mark.parametrize(
    ("previous", "months", "mm", "expected"),
    [("3", 6, 6.0, "2"), ("3", 5, 6.0, "3"), ("4A", 3, 8.0, "3"), ("4A", 2, 8.0, "4A"), ("2", 12, 5.0, "2")],
)
@pytest.mark.parametrize("status", ["stable", "decreased"])
def test_what_does_not_grow_steps_down_after_its_interval(status, previous, months, mm, expected):
    more = {"previous_category": previous, "months_since_previous": months, "previous_size": mm}
    assert category("solid", status, mm, **more) == expected


def test_4b_stays_until_it_is_proven_benign():
    more = {"previous_category": "4B", "previous_size": 16.0}
    assert category("solid", "stable", 16.0, proven_benign=True, **more) == "2"
    assert category("solid", "stable", 16.0, proven_benign=False, **more) == "4B"
    assert categorise_nodule(nodule("solid", "stable", 16.0, **more)) == Asked(("proven_benign",))


def test_a_nodule_that_crosses_a_size_is_classed_anew_without_growth():
    more = {"previous_category": "2", "months_since_previous": 12}
    found = categorise_nodule(nodule("solid", "stable", 6.4, previous_size=5.5, **more))
    assert found.category == "3"
    assert found.fired[-1].rule.id == "LR22-3-SOLID-BASELINE"
    assert category("solid", "stable", 5.8, previous_size=5.5, **more) == "2"
    assert category("solid", "stable", 6.4, previous_size=6.1, **more) == "2"
    assert categorise_nodule(nodule("solid", "stable", 6.4, **more)) == Asked(("previous_size",))


def test_a_solid_part_that_grows_counts_though_the_nodule_as_a_whole_does_not():
    more = {"previous_category": "3", "months_since_previous": 6, "previous_size": 10.0}
    for solid_status in ("new", "growing"):
        assert category("part_solid", "stable", 10.0, 3.0, solid_status=solid_status, **more) == "4A"
        assert category("part_solid", "stable", 10.0, 5.0, solid_status=solid_status, **more) == "4B"
    still = {"solid_status": "stable", **more}
    assert category("part_solid", "stable", 10.0, 5.0, previous_solid_size=4.8, **still) == "2"
    assert category("part_solid", "stable", 10.0, 6.2, previous_solid_size=5.8, **still) == "4A"
    assert categorise_nodule(nodule("part_solid", "stable", 10.0, 5.0, **more)) == Asked(("solid_status",))
    assert categorise_nodule(nodule("part_solid", "stable", 10.0, 5.0, **still)) == Asked(
        ("previous_solid_size",)
    )


def test_a_cyst_is_judged_by_its_parts_though_it_is_stable_as_a_whole():
    cyst: dict[str, Fact] = {"cyst_wall": "thick", "cyst_loculation": "unilocular"}
    cyst |= {"previous_category": "4A", "months_since_previous": 3}
    assert category("cyst", "stable", cyst_change="wall_or_nodule_grows", **cyst) == "4B"
    assert category("cyst", "stable", cyst_change="none", **cyst) == "3"
    assert category("cyst", "growing", cyst_change="none", **cyst) == "3"
    assert category("cyst", "stable", cyst_change="none", **{**cyst, "previous_category": "0"}) == "4A"
    thin = {**cyst, "cyst_wall": "thin"}
    assert category("cyst", "stable", cyst_change="none", **thin) is None


SHAPES = [
    *[("solid", {}), ("ground_glass", {}), ("calcified", {}), ("fat_containing", {})],
    *[("part_solid", {"solid_status": word}) for word in ("new", "growing", "stable", "decreased")],
    ("airway", {"secretions": False, "airway_level": "segmental_or_proximal"}),
]


@pytest.mark.parametrize(("kind", "more"), SHAPES)
@pytest.mark.parametrize("previous", ["0", "1", "2", "3", "4A", "4B", "4X"])
@settings(max_examples=15)
@given(SIZES, st.floats(0.0, 1.0))
def test_no_nodule_falls_between_two_lines(kind, more, previous, mm, share):
    known = {"previous_category": previous, "months_since_previous": 6, "proven_benign": False, **more}
    known |= {"previous_size": mm, "previous_solid_size": mm * share}
    for status in ("baseline", "new", "growing", "slow_growing", "stable", "decreased", "resolved"):
        assert category(kind, status, mm, mm * share, **known) in ORDER


def test_after_category_0_a_nodule_is_classed_as_at_baseline():
    assert category("solid", "stable", 8.0, previous_category="0") == "4A"


def test_only_categories_3_and_4_are_raised_to_4x():
    spiculated = frozenset({"spiculation"})
    found = categorise_nodule(nodule("solid", "baseline", 8.0, suspicious_features=spiculated))
    assert [fired.rule.id for fired in found.fired] == ["LR22-4A-SOLID-BASELINE", "LR22-4X"]
    assert category("solid", "baseline", 6.0, suspicious_features=spiculated) == "4X"
    doubled = frozenset({"ground_glass_doubled"})
    assert category("ground_glass", "growing", 20.0, suspicious_features=doubled) == "2"


@pytest.mark.parametrize("pattern", ["complete", "central", "popcorn", "concentric_rings", "fat"])
def test_a_benign_pattern_is_category_1_at_any_size(pattern):
    assert category("calcified", "baseline", 25.0, benign_pattern=pattern) == "1"


def test_calcium_in_another_pattern_is_classed_as_solid():
    assert category("calcified", "baseline", 9.0) == "4A"


@pytest.mark.parametrize(
    "without", ["status", "kind", "benign_pattern", "juxtapleural", "suspicious_features", "size"]
)
def test_a_missing_input_is_asked_for_by_its_name(without):
    found = categorise_nodule({**nodule("solid", "baseline", 7.0), without: None})
    assert isinstance(found, Asked)
    assert without in found.inputs


def test_a_subsegmental_airway_nodule_that_grows_is_left_to_the_reader():
    assert isinstance(
        categorise_nodule(nodule("airway", "growing", secretions=False, airway_level="subsegmental")), NoRule
    )


def examination(*nodules, **more):
    return categorise_examination({**EXAMINATION, **more}, nodules)


def test_an_examination_has_the_category_of_its_most_suspicious_nodule():
    found = examination(
        nodule("solid", "baseline", 5.0),
        nodule("solid", "baseline", 9.0),
        nodule("ground_glass", "baseline", 12.0),
    )
    assert (found.category, found.decisive) == ("4A", (1,))
    assert "3 months" in found.advice.text.en


def test_infection_comes_before_every_nodule():
    found = examination(nodule("solid", "baseline", 20.0), infection_suspected=True)
    assert (found.category, found.fired[0].rule.id) == ("0", "LR22-0-INFECTION")
    assert examination(nodule("solid", "baseline", 20.0), lungs_evaluable=False).category == "0"
    assert examination(nodule("solid", "baseline", 20.0), prior_being_located=True).category == "0"


def test_s_is_added_to_the_category():
    assert examination(nodule("solid", "baseline", 6.0), other_significant_finding=True).label == "3S"
    assert examination(nodule("solid", "baseline", 6.0)).label == "3"
    unknown = examination(nodule("solid", "baseline", 6.0), other_significant_finding=None)
    assert (unknown.label, unknown.asked) == (None, ("other_significant_finding",))


def test_no_mark_of_a_detector_is_no_category_1():
    assert examination().category is None
    assert examination().asked == ("no_nodule_confirmed",)
    assert examination(no_nodule_confirmed=True).category == "1"
    assert examination(no_nodule_confirmed=False).category is None


def test_an_open_nodule_keeps_the_examination_open():
    found = examination(nodule("solid", "baseline", 9.0), nodule("solid", "baseline", None))
    assert found.category is None
    assert found.nodules[1] == Asked(("size",))


STATUSES = ("baseline", "new", "growing")


@given(SIZES, st.floats(0.0, 20.0), st.sampled_from(STATUSES), st.sampled_from(["solid", "ground_glass"]))
def test_a_larger_nodule_is_never_less_suspicious(mm, more, status, kind):
    assert ORDER.index(category(kind, status, mm)) <= ORDER.index(category(kind, status, mm + more))


@given(st.integers(5, 600), st.sampled_from(STATUSES), st.sampled_from(["solid", "ground_glass"]))
def test_a_sphere_has_the_same_category_by_diameter_and_by_volume(tenths, status, kind):
    mm = tenths / 10
    by_volume = categorise_nodule(nodule(kind, status, sphere_volume_mm3(mm)), measure="mm3")
    assert by_volume.category == category(kind, status, mm)


@given(SIZES, st.floats(0.0, 1.0), st.floats(0.0, 20.0), st.sampled_from(STATUSES))
def test_a_part_solid_nodule_is_never_less_suspicious_for_more_of_either_part(mm, share, more, status):
    found = category("part_solid", status, mm, mm * share, solid_status="growing")
    larger = category("part_solid", status, mm + more, mm * share, solid_status="growing")
    denser = category("part_solid", status, mm, mm * min(1.0, share + 0.2), solid_status="growing")
    assert ORDER.index(found) <= ORDER.index(larger)
    assert ORDER.index(found) <= ORDER.index(denser)


@given(st.lists(st.tuples(SIZES, st.sampled_from(STATUSES)), min_size=2, max_size=4))
def test_the_order_of_nodules_does_not_matter(drawn):
    nodules = [nodule("solid", status, mm) for mm, status in drawn]
    found = {examination(*turned).category for turned in itertools.permutations(nodules)}
    assert len(found) == 1
