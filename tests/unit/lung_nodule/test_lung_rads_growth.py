"""Lung-RADS v2022: what grows is never less suspicious than what does not, and what is not classed."""

import pytest

from lung_nodule.logic.guidelines.decide import Fact, NoRule
from lung_nodule.logic.guidelines.lung_rads import (
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
