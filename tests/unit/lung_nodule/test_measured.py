"""A measured nodule in the words of each guideline."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.phantoms.nodules import GROUND_GLASS_HU, SOLID_HU, ball, phantom, room, shares, shelled

from allward_measure.nodules.measure import measure_nodule
from lung_nodule.logic.guidelines.decide import decide
from lung_nodule.logic.guidelines.measured import measured_facts
from lung_nodule.logic.guidelines.table import load


@pytest.fixture(scope="module")
def oval():
    """A solid nodule of 10 x 7 x 6 mm."""
    geometry = room(10, (0.5, 0.5, 0.5))
    filled = shares(geometry, (5.0, 3.5, 3.0))
    return measure_nodule(phantom(-860 + filled * (SOLID_HU + 860), geometry, filled).region)


def test_each_guideline_gets_the_diameter_that_it_means(oval):
    sizes = {name: measured_facts(load(name), oval)["size"] for name in ("lung_rads_2022", "bts_2015")}
    assert sizes["bts_2015"] == pytest.approx(10.0, abs=0.25)
    assert sizes["lung_rads_2022"] == oval.size.lung_rads_mean_mm
    assert float(sizes["lung_rads_2022"]) == pytest.approx(8.5, abs=0.25)
    assert measured_facts(load("fleischner_2017"), oval)["size"] == oval.size.axes.mean_mm


def test_volumes_are_given_where_they_are_asked_for(oval):
    facts = measured_facts(load("bts_2015"), oval, measure="mm3")
    assert facts["size"] == pytest.approx(219.9, rel=0.02)
    unknown = replace(oval, size=replace(oval.size, volume_mm3=None))
    assert "size" not in measured_facts(load("bts_2015"), unknown, measure="mm3")
    thick = measure_nodule(ball(8, (5.0, 0.7, 0.7)).region)
    assert "size" not in measured_facts(load("bts_2015"), thick, measure="mm3")
    assert "size" in measured_facts(load("bts_2015"), thick)


def test_the_solid_part_has_a_size_of_its_own():
    nodule = measure_nodule(shelled(16, 8, GROUND_GLASS_HU, SOLID_HU, (0.7, 0.7, 0.7)).region)
    facts = measured_facts(load("lung_rads_2022"), nodule)
    assert facts["kind"] == "part_solid"
    assert isinstance(facts["solid_size"], Decimal)
    assert float(facts["solid_size"]) == pytest.approx(8.0, abs=0.35)


def test_a_kind_without_a_word_and_a_nodule_that_is_cut_off_are_left_to_the_reader(oval):
    calcified = measure_nodule(ball(10, (1.0, 0.7, 0.7), hu=600.0).region)
    assert "kind" not in measured_facts(load("chinese_consensus_2018"), calcified)
    assert "size" not in measured_facts(load("lung_rads_2022"), replace(oval, at_edge=True))


def test_from_voxels_to_the_rule_that_holds(oval):
    facts = {"benign_pattern": False, "multiple": False, "high_risk": False}
    found = decide(
        load("fleischner_2017"), "nodule", {**facts, **measured_facts(load("fleischner_2017"), oval)}
    )
    assert found.rule.id in {"FL17-SOLID-MEDIUM-SINGLE-LOW", "FL17-SOLID-LARGE-SINGLE"}
    assert found.used["kind"] == "solid"
