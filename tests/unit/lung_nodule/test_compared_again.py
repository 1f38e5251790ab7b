"""A size that is cut off, coarse or missing is compared with nothing; one that was measured at last is."""

import pytest
from tests.unit.lung_nodule.nodule_findings import measurements, nodule

from allward_sdk.parts import Localised
from lung_nodule.logic.compared_again import compared_again
from lung_nodule.logic.finding_words import change_of
from lung_nodule.logic.followup import words
from lung_nodule.logic.followup.change import Acquisition, Measured
from lung_nodule.logic.followup.sizes import sizes_of

BEFORE = {"mean_diameter_mm": 6.0, "volume_mm3": 110.0, "mass_mg": 100.0}
NOW = {"mean_diameter_mm": 9.0, "volume_mm3": 380.0, "mass_mg": 350.0}


def like(change="stable", before=None, at_least=()):
    one = nodule(prior=("2026-01-01", before or BEFORE), days_since_prior=180.0, **NOW)
    sight = one.prior.model_copy(update={"measurements": measurements(before or BEFORE, at_least)})
    status, _, why = change.partition(": ")
    said = words.change_property(status, Localised(en=why, zh=why) if why else None)
    return one.model_copy(update={"prior": sight, "properties": (said,)})


def told(old, new):
    numbers, change = compared_again(old, new)
    said = nodule().model_copy(update={"properties": change})
    return change_of(said), {each.name: each.value for each in numbers}


def test_a_nodule_that_was_measured_anew_grew():
    change, numbers = told(like(), nodule(**NOW))
    assert change == "growing"
    assert numbers["doubling_time_days"] == pytest.approx(100.7, abs=0.1)


@pytest.mark.parametrize("name", ["mean_diameter_mm", "volume_mm3"])
def test_a_size_that_is_the_least_it_can_be_is_not_compared(name):
    for old, new in (
        (like(), nodule(at_least=(name,), **NOW)),
        (like(at_least=(name,)), nodule(**NOW)),
    ):
        change, numbers = told(old, new)
        assert numbers["doubling_time_days"] is None
        assert numbers["volume_change_percent"] is None
        assert change == ("not_comparable" if name == "mean_diameter_mm" else "growing")


def test_the_volume_of_slices_too_thick_is_not_compared():
    new = nodule(words={"coarse": "slices too thick for its size"}, **NOW)
    change, numbers = told(like(), new)
    assert (change, numbers["volume_change_percent"]) == ("growing", None)
    assert numbers["delta_mm"] == pytest.approx(3.0)


@pytest.mark.parametrize("why", [words.NO_SIZE, words.CUT_OFF])
def test_what_lacked_a_size_alone_is_compared_once_it_is_measured(why):
    change, numbers = told(like(f"not_comparable: {why.en}"), nodule(**NOW))
    assert change == "growing"
    assert numbers["delta_mm"] == pytest.approx(3.0)


@pytest.mark.parametrize(
    "why", ["slices are 1 mm thick, on the prior CT 5 mm", f"other slices. {words.NO_SIZE.en}", ""]
)
def test_what_could_not_be_compared_for_another_reason_stays_so(why):
    change, numbers = told(like(f"not_comparable: {why}" if why else "not_comparable"), nodule(**NOW))
    assert change == "not_comparable"
    assert numbers["delta_mm"] is None


def test_sizes_for_a_comparison_are_exact_above_0_and_say_why_there_is_none():
    made = Acquisition(1.0, "B60f")
    found = sizes_of(measurements(NOW), coarse=False)
    assert found.at(None, made) == Measured(None, made, 9.0, 380.0, 350.0)
    assert sizes_of(measurements({"mean_diameter_mm": None}), coarse=False).why == words.NO_SIZE
    assert sizes_of((), coarse=False).why == words.NO_SIZE
    assert sizes_of(measurements(NOW, ("mean_diameter_mm",)), coarse=False).why == words.CUT_OFF
    assert sizes_of(measurements(NOW), coarse=True).volume_mm3 is None
    assert sizes_of(measurements({**NOW, "volume_mm3": 0.0}), coarse=False).volume_mm3 is None
