"""Of a nodule whose size is open somebody is told too: it may be a mass."""

import pytest
from tests.unit.lung_nodule.asking import PLAIN, SCREENED
from tests.unit.lung_nodule.nodule_findings import nodule, round_before
from tests.unit.lung_nodule.test_report import write

from allward_sdk.results import Box

WORDS = {"kind": "solid"}


def boxed(mm, **more):
    """A nodule that was marked with a box and could not be outlined."""
    edges = ((float(mm), 0.0, 0.0), (0.0, float(mm), 0.0), (0.0, 0.0, float(mm) / 2.0))
    box = Box(corner_lps_mm=(0.0, 0.0, 0.0), edges_lps_mm=edges)
    return nodule(words=more.pop("words", WORDS), **more).model_copy(update={"box_lps_mm": box})


def told(one, *args, **more):
    return {key: text.en for key, text in write([one], *args, **more).critical.items()}


def test_a_nodule_that_could_not_be_measured_is_told_as_one_that_may_be_a_mass():
    assert "not ruled out" in told(nodule(words=WORDS))["1"]


@pytest.mark.parametrize(("mm", "is_told"), [(6.0, False), (15.0, False), (28.0, True), (60.0, True)])
def test_a_detector_s_box_that_is_far_smaller_than_a_mass_is_enough_to_know(mm, is_told):
    assert bool(told(boxed(mm))) is is_told


@pytest.mark.parametrize("mm", [8, 29.9])
def test_a_size_that_is_cut_off_by_the_scan_may_be_that_of_a_mass(mm):
    one = nodule(mm=mm, at_least=("long_axis_mm", "short_axis_mm"), words=WORDS)
    assert "not ruled out" in told(one)["1"]


def test_what_is_cut_off_and_a_mass_already_is_told_as_a_mass():
    assert (
        "more than 30 mm that is not shown"
        in told(nodule(mm=34, at_least=("long_axis_mm",), words=WORDS))["1"]
    )


def test_what_is_shown_to_be_stable_is_not_told_though_its_size_is_open():
    words = {**WORDS, "change": "stable"}
    assert not told(nodule(words=words, prior=("2026-01-10", round_before(20))))


@pytest.mark.parametrize(("mm", "is_told"), [(9.0, False), (30.0, False), (42.0, True)])
def test_the_size_that_a_reader_answers_decides(mm, is_told):
    each = {**PLAIN, "mean_diameter_mm": mm}
    assert bool(told(nodule(words=WORDS), SCREENED, each, use=["lung_rads_2022"])) is is_told
