"""Of which nodules somebody is told beside the report, and why, by the rules of a table."""

import math
from collections.abc import Sequence

from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_words import say
from lung_nodule.logic.finding_words import change_of
from lung_nodule.logic.guidelines.decide import Fact, Fired, decide
from lung_nodule.logic.guidelines.table import load
from lung_nodule.logic.report_page import Page
from lung_nodule.logic.report_words import value_of

SURELY_NO_MASS_MM = 15.0
"""Half of what makes a mass: a detector's box is never so much too small."""


def told_at_once(nodules: Sequence[Finding], page: Page) -> dict[str, Localised]:
    """Return of which nodules somebody is told beside the report, and why, by the table's rules."""
    table = load("told_at_once")
    told = {}
    for nodule in nodules:
        facts = _facts_for_telling(nodule, page)
        fired = {rules: decide(table, rules, facts) for rules in table.rules}
        if isinstance(fired["mass"], Fired):
            del fired["size_open"]
        said = [each.rule.text for each in fired.values() if isinstance(each, Fired)]
        if said:
            told[nodule.id] = say(" ".join(one.en for one in said), "".join(one.zh for one in said))
    return told


def _facts_for_telling(nodule: Finding, page: Page) -> dict[str, Fact]:
    change = change_of(nodule)
    category = next(
        (one.category for one in page.of_nodule(nodule.id) if one.rule_id.startswith("LR22-")), None
    )
    size_mm, is_open = _size(nodule)
    facts: dict[str, Fact | None] = {
        "size": size_mm,
        "size_open": is_open,
        "change": change if change in _words("change") else ("no_prior" if change is None else None),
        "category": category,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _size(nodule: Finding) -> tuple[float | None, bool]:
    """Return the largest diameter in mm as far as it is known, and whether the nodule may be larger.

    A mean diameter stands for the largest where a reader gave that alone. What is cut off by the scan may be
    of any size; what could not be outlined too, unless a detector drew a box far smaller than a mass.
    """
    for name in ("long_axis_mm", "mean_diameter_mm"):
        found = value_of(nodule.measurements, name)
        if found is not None:
            return found.value, found.bound != "exact"
    box = nodule.box_lps_mm
    if box is None:
        return None, True
    longest_mm = max(math.hypot(*edge) for edge in box.edges_lps_mm)
    return None, longest_mm > SURELY_NO_MASS_MM


def _words(name: str) -> frozenset[str]:
    """Return the words that the table of what is told knows for an input."""
    return frozenset(load("told_at_once").inputs[name].words)
