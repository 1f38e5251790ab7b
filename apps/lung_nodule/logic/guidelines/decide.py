"""Which rule of a list holds: in order, with what is known, asking only for what would change the answer.

A condition on something unknown is neither true nor false. A rule with such a condition, and none that is
false, may hold; every answer that may still come is weighed, and only if they differ the reader is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from allward_measure.nodules.rounding import as_decimal, round_half_up
from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.table import (
    Condition,
    Guideline,
    Holding,
    Input,
    Limit,
    Limits,
    Measure,
    Rule,
)

Fact = bool | str | frozenset[str] | Decimal | float
Facts = Mapping[str, Fact | None]
"""What is known, by the names of a guideline's inputs. None and absent are the same: not known."""


@dataclass(frozen=True, slots=True)
class Fired:
    """The rule that holds, and what it looked at."""

    rule: Rule
    used: Mapping[str, Fact]
    """Inputs of the rule with the values that were compared, numbers as the guideline rounds them."""


@dataclass(frozen=True, slots=True)
class NoRule:
    """The guideline has no rule for such a case; a reader decides."""

    used: Mapping[str, Fact]


Decision = Fired | Asked | NoRule


class WrongInputError(ValueError):
    """An input has a value that its guideline does not know. Our bug, or a reader's form that lags behind."""


def decide(guideline: Guideline, rules: str, facts: Facts, *, measure: Measure = "mm") -> Decision:
    """Return the first rule of a list that holds, or what has to be asked to know it.

    Parameters
    ----------
    rules
        Name of the list in the guideline.
    measure
        Whether sizes are diameters or volumes; limits are those for it.

    Raises
    ------
    WrongInputError
        If a fact has a value that the guideline does not know, or sizes are of a measure without limits.
    """
    if measure not in guideline.measures:
        raise WrongInputError(f"{guideline.title.en} has no limits for sizes in {measure}.")
    return first_that_holds(guideline, guideline.rules[rules], facts, measure=measure)


def first_that_holds(
    guideline: Guideline, rules: Sequence[Rule], facts: Facts, *, measure: Measure = "mm"
) -> Decision:
    """Return the first of some rules that holds; see `decide`."""
    known = _known(guideline, facts, measure)
    open_rules: list[tuple[Rule, tuple[str, ...]]] = []
    holds: Rule | None = None
    for rule in rules:
        missing = _missing(rule, known, measure)
        if missing is None:
            continue
        if not missing:
            holds = rule
            break
        open_rules.append((rule, missing))
    said = {_said(rule) for rule, _ in open_rules} | {None if holds is None else _said(holds)}
    if open_rules and len(said) > 1:
        return Asked(open_rules[0][1])
    if holds is None:
        return NoRule(known)
    return Fired(holds, {name: known[name] for name in holds.when})


def _said(rule: Rule) -> tuple[str | None, str]:
    """Return what a rule says: two that say the same need not be told apart."""
    return (rule.category, "") if rule.category is not None else (None, rule.text.en)


def _missing(rule: Rule, known: Mapping[str, Fact], measure: Measure) -> tuple[str, ...] | None:
    """Return the inputs that a rule lacks, none if it holds; None if it does not."""
    missing = []
    for name, condition in rule.when.items():
        if name not in known:
            missing.append(name)
        elif not _holds(condition, known[name], measure):
            return None
    return tuple(missing)


def _holds(condition: Condition, fact: Fact, measure: Measure) -> bool:
    if isinstance(condition, Limits):
        assert isinstance(fact, Decimal)
        return _within(condition, fact, measure)
    if isinstance(condition, Holding):
        assert isinstance(fact, frozenset)
        if condition.any is not None:
            return bool(fact) == condition.any
        return bool(fact & set(condition.any_of))
    return fact in condition if isinstance(condition, tuple) else fact == condition


def _within(limits: Limits, number: Decimal, measure: Measure) -> bool:
    at_least, above = _limit(limits.at_least, measure), _limit(limits.above, measure)
    at_most, below = _limit(limits.at_most, measure), _limit(limits.below, measure)
    return (
        (at_least is None or number >= at_least)
        and (above is None or number > above)
        and (at_most is None or number <= at_most)
        and (below is None or number < below)
    )


def _limit(limit: Limit | None, measure: Measure) -> Decimal | None:
    return limit[measure] if isinstance(limit, dict) else limit


def _known(guideline: Guideline, facts: Facts, measure: Measure) -> dict[str, Fact]:
    """Return what is known of a guideline's inputs, each checked and rounded as it asks."""
    return {
        name: _checked(name, wanted, fact, measure)
        for name, wanted in guideline.inputs.items()
        if (fact := facts.get(name)) is not None
    }


def _checked(name: str, wanted: Input, fact: Fact, measure: Measure) -> Fact:
    if wanted.form in {"number", "size"}:
        if isinstance(fact, bool | str | frozenset):
            raise WrongInputError(f"{name} has to be a number, not {fact!r}.")
        step = _limit(wanted.step, measure)
        return as_decimal(fact) if step is None else round_half_up(fact, step)
    if wanted.form == "yes_no":
        if not isinstance(fact, bool):
            raise WrongInputError(f"{name} has to be yes or no, not {fact!r}.")
        return fact
    words = fact if isinstance(fact, frozenset) else frozenset({fact})
    if isinstance(fact, frozenset) != (wanted.form == "words") or not words <= wanted.words.keys():
        raise WrongInputError(f"{name} is {fact!r}; it can be {', '.join(wanted.words)}.")
    return fact
