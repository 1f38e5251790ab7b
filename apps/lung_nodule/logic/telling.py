"""Of which nodules somebody is told beside the report, and why, by the rules of a table."""

from collections.abc import Sequence

from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_words import say
from lung_nodule.logic.finding_words import change_of
from lung_nodule.logic.guidelines.decide import Fact, Fired, decide
from lung_nodule.logic.guidelines.table import load
from lung_nodule.logic.report_page import Page
from lung_nodule.logic.report_words import number_of


def told_at_once(nodules: Sequence[Finding], page: Page) -> dict[str, Localised]:
    """Return of which nodules somebody is told beside the report, and why, by the table's rules."""
    table = load("told_at_once")
    told = {}
    for nodule in nodules:
        facts = _facts_for_telling(nodule, page)
        fired = [decide(table, rules, facts) for rules in table.rules]
        said = [each.rule.text for each in fired if isinstance(each, Fired)]
        if said:
            told[nodule.id] = say(" ".join(one.en for one in said), "".join(one.zh for one in said))
    return told


def _facts_for_telling(nodule: Finding, page: Page) -> dict[str, Fact]:
    change = change_of(nodule)
    category = next(
        (one.category for one in page.of_nodule(nodule.id) if one.rule_id.startswith("LR22-")), None
    )
    facts: dict[str, Fact | None] = {
        "size": number_of(nodule.measurements, "long_axis_mm"),
        "change": change if change in _words("change") else ("no_prior" if change is None else None),
        "category": category,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _words(name: str) -> frozenset[str]:
    """Return the words that the table of what is told knows for an input."""
    return frozenset(load("told_at_once").inputs[name].words)
