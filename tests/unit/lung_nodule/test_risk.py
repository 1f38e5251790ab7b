"""The risk models against published vectors, and what they do without an input."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.risk.brock import BrockInputs, brock
from lung_nodule.logic.risk.herder import herder
from lung_nodule.logic.risk.mayo import MayoInputs, mayo
from lung_nodule.logic.risk.questions import QUESTIONS

BROCK = [
    (BrockInputs(62, False, False, False, 4, "solid", False, 4, False), 0.001125, 0.001105),
    (BrockInputs(60, True, False, False, 8, "solid", True, 1, False), 0.054878, 0.061237),
    (BrockInputs(65, False, True, True, 15, "part_solid", True, 1, True), 0.515346, 0.392620),
    (BrockInputs(70, True, True, True, 20, "solid", True, 2, True), 0.718233, 0.619647),
    (BrockInputs(55, False, False, False, 6, "ground_glass", False, 3, False), 0.004182, 0.003640),
]


@pytest.mark.parametrize(("inputs", "with_spiculation", "without"), BROCK)
def test_brock(inputs, with_spiculation, without):
    assert brock(inputs, "2b").probability == pytest.approx(with_spiculation, abs=5e-7)
    assert brock(inputs, "2a").probability == pytest.approx(without, abs=5e-7)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (MayoInputs(65, True, False, 15, True, True), 0.560083),
        (MayoInputs(50, False, False, 8, False, False), 0.020775),
    ],
)
def test_mayo(inputs, expected):
    assert mayo(inputs).probability == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("uptake", "expected"),
    [("none", 0.064662), ("faint", 0.413447), ("moderate", 0.874930), ("intense", 0.890832)],
)
def test_herder_takes_the_probability_of_mayo(uptake, expected):
    before = mayo(MayoInputs(65, True, False, 15, True, True)).probability
    assert herder(before, uptake).probability == pytest.approx(expected, abs=5e-7)


def test_what_is_missing_is_asked_for_by_name():
    whole = BROCK[0][0]
    assert brock(replace(whole, emphysema=None, nodule_count=None), "2b") == Asked(
        ("emphysema", "nodule_count")
    )
    assert brock(replace(whole, spiculation=None), "2b") == Asked(("spiculation",))
    assert mayo(MayoInputs(65, None, False, 15, True, True)) == Asked(("smoker",))
    assert herder(None, None) == Asked(("mayo_probability", "uptake"))


def test_only_2b_asks_for_spiculation():
    whole = replace(BROCK[1][0], spiculation=None)
    assert brock(whole, "2a").probability == pytest.approx(0.061237, abs=5e-7)


def test_an_answer_names_its_model_its_inputs_and_its_source():
    found = brock(BROCK[1][0], "2b")
    assert found.model == "Brock 2b"
    assert (found.used["longest_axial_mm"], found.used["kind"], found.used["upper_lobe"]) == (
        8.0,
        "solid",
        1.0,
    )
    assert "2013" in found.source


def test_sizes_and_probabilities_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="above 0 mm"):
        brock(replace(BROCK[0][0], longest_axial_mm=0.0), "2b")
    with pytest.raises(ValueError, match="above 0 mm"):
        mayo(MayoInputs(65, True, False, 0.0, True, True))
    with pytest.raises(ValueError, match="no probability"):
        herder(1.2, "faint")


def test_every_input_is_worded_as_a_question_in_both_languages():
    asked = {field.name for model in (BrockInputs, MayoInputs) for field in fields(model)}
    assert asked | {"mayo_probability", "uptake"} == set(QUESTIONS)
    for question in QUESTIONS.values():
        assert question.en.endswith("?")
        assert question.zh.endswith("？")


@given(st.floats(1.0, 100.0), st.floats(0.0, 30.0), st.sampled_from(["2a", "2b"]), st.sampled_from(BROCK))
def test_a_larger_nodule_is_never_less_likely_malignant(mm, more, version, row):
    small, large = (brock(replace(row[0], longest_axial_mm=d), version).probability for d in (mm, mm + more))
    assert 0.0 <= small <= large <= 1.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_uptake_and_a_higher_probability_before_mean_a_higher_one_after(low, high):
    low, high = min(low, high), max(low, high)
    levels = [herder(low, uptake).probability for uptake in ("none", "faint", "moderate", "intense")]
    assert levels == sorted(levels)
    assert herder(low, "faint").probability <= herder(high, "faint").probability
