"""Lung-RADS v2022: the order in which the lists of its table are read.

Of a nodule: benign or resolved; by size and change, where it grew never less than without; stepped management
where it did not grow; raised to 4X.
Of the examination: category 0 first, else the most suspicious nodule, and S beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.decide import Decision, Facts, Fired, NoRule, decide
from lung_nodule.logic.guidelines.table import Advice, Measure, load

TABLE = "lung_rads_2022"

ORDER = ("1", "2", "3", "4A", "4B", "4X")
"""Categories of nodules, from harmless to suspicious."""

_NOT_GROWN = frozenset({"stable", "decreased"})
_CLASSED_WHEREVER_THEY_STAND = frozenset({"ground_glass", "airway"})
"""Their lines of the table name stable ones too, so that there is no stepping down."""
_CYST_HAS_NOT_GROWN = frozenset({"baseline", "none"})


@dataclass(frozen=True, slots=True)
class NoduleCategory:
    """What Lung-RADS says of one nodule.

    Attributes
    ----------
    category
        None for what it does not class, such as a thin-walled cyst.
    fired
        The rules that led there; the last one says it.
    """

    category: str | None
    fired: tuple[Fired, ...]


NoduleAnswer = NoduleCategory | Asked | NoRule


@dataclass(frozen=True, slots=True)
class Examination:
    """What Lung-RADS says of an examination.

    Attributes
    ----------
    category
        None while a question is open, or where a reader has to class a nodule that no rule covers.
    significant
        Whether S is added; None while that is not known.
    fired
        The rules of the examination itself.
    asked
        Inputs of the examination that are still missing; those of the nodules stand in `nodules`.
    decisive
        Which nodules have the category of the examination, by their place in `nodules`.
    """

    category: str | None
    significant: bool | None
    fired: tuple[Fired, ...]
    asked: tuple[str, ...]
    nodules: tuple[NoduleAnswer, ...]
    decisive: tuple[int, ...]

    @property
    def label(self) -> str | None:
        """Category with its modifier, such as 3S; None while either is open."""
        if self.category is None or self.significant is None:
            return None
        return f"{self.category}S" if self.significant else self.category

    @property
    def advice(self) -> Advice | None:
        """What the category asks for; None while it is open."""
        return None if self.category is None else load(TABLE).advice[self.category]


def categorise_nodule(facts: Facts, *, measure: Measure = "mm") -> NoduleAnswer:
    """Return the category of a nodule, the inputs that it lacks, or that no rule covers it.

    Parameters
    ----------
    facts
        By the names of the table's inputs.
    measure
        Whether sizes are mean diameters in mm or volumes in mm3.
    """
    guideline = load(TABLE)
    benign = decide(guideline, "benign", facts, measure=measure)
    if isinstance(benign, Fired):
        return NoduleCategory(benign.rule.category, (benign,))
    if isinstance(benign, Asked):
        return benign
    sized = _by_size_and_change(facts, measure)
    if not isinstance(sized, Fired):
        return sized
    if sized.rule.category is None:
        return NoduleCategory(None, (sized,))
    raised = decide(guideline, "raised", {**facts, "category": sized.rule.category}, measure=measure)
    if isinstance(raised, Fired):
        return NoduleCategory(raised.rule.category, (sized, raised))
    return raised if isinstance(raised, Asked) else NoduleCategory(sized.rule.category, (sized,))


def categorise_examination(facts: Facts, nodules: Sequence[Facts], *, measure: Measure = "mm") -> Examination:
    """Return the category of an examination: 0, or that of its most suspicious nodule.

    Parameters
    ----------
    facts
        Of the examination, by the names of the table's inputs.
    nodules
        Facts of each nodule. With none, or with resolved and unclassed ones alone, a reader has to confirm
        that there is none: a detector that marks nothing has not shown that.
    """
    guideline = load(TABLE)
    answers = tuple(categorise_nodule(each, measure=measure) for each in nodules)
    whole = decide(guideline, "examination", facts, measure=measure)
    to_confirm = isinstance(whole, NoRule) and not any(map(_counts, nodules, answers))
    if to_confirm:
        whole = decide(guideline, "no_nodule", facts, measure=measure)
    modifier = decide(guideline, "modifier", facts, measure=measure)
    category = whole.rule.category if isinstance(whole, Fired) else None
    if isinstance(whole, NoRule) and not to_confirm:
        category = _most_suspicious(answers)
    return Examination(
        category=category,
        significant=None if isinstance(modifier, Asked) else isinstance(modifier, Fired),
        fired=tuple(each for each in (whole, modifier) if isinstance(each, Fired)),
        asked=tuple(name for each in (whole, modifier) if isinstance(each, Asked) for name in each.inputs),
        nodules=answers,
        decisive=tuple(
            place
            for place, answer in enumerate(answers)
            if isinstance(answer, NoduleCategory) and answer.category == category is not None
        ),
    )


def _counts(facts: Facts, answer: NoduleAnswer) -> bool:
    """Tell whether a nodule is there and is classed, or may yet be."""
    return not isinstance(answer, NoduleCategory) or (
        answer.category is not None and facts.get("status") != "resolved"
    )


def _most_suspicious(answers: Sequence[NoduleAnswer]) -> str | None:
    """Return the highest category of some of which one counts; None while one is open."""
    if not all(isinstance(answer, NoduleCategory) for answer in answers):
        return None
    found = [answer.category for answer in answers if isinstance(answer, NoduleCategory) and answer.category]
    return max(found, key=ORDER.index)


def _by_size_and_change(facts: Facts, measure: Measure) -> Decision:
    """Return the category by size and change, before anything raises it."""
    guideline = load(TABLE)
    status, kind = facts.get("status"), facts.get("kind")
    if kind is None or status is None:
        return Asked(("kind",) if kind is None else ("status",))
    if kind == "cyst":
        return _cyst(facts, measure)
    if status not in _NOT_GROWN or kind in _CLASSED_WHEREVER_THEY_STAND:
        sized = decide(guideline, "nodule", facts, measure=measure)
        return _no_less_than_before(sized, facts) if status == "growing" else sized
    if kind == "part_solid" and facts.get("solid_status") not in _NOT_GROWN:
        return _solid_part_grew(facts, measure)
    if facts.get("previous_category") == "0":
        return decide(guideline, "nodule", {**facts, "status": "baseline"}, measure=measure)
    stepped = decide(guideline, "stepped", facts, measure=measure)
    if not isinstance(stepped, Fired) or status == "decreased":
        return stepped
    crossed = _crossed(facts, measure)
    if isinstance(crossed, Fired) and _rank(crossed) <= _rank(stepped):
        return stepped
    return stepped if isinstance(crossed, NoRule) else crossed


def _cyst(facts: Facts, measure: Measure) -> Decision:
    """Return the category of an atypical cyst: by what became of its parts, whatever the whole did."""
    guideline = load(TABLE)
    by_parts = decide(guideline, "nodule", facts, measure=measure)
    change, after_0 = facts.get("cyst_change"), facts.get("previous_category") == "0"
    at_baseline = decide(guideline, "nodule", {**facts, "cyst_change": "baseline"}, measure=measure)
    if isinstance(by_parts, NoRule) and change == "none":
        return at_baseline if after_0 else decide(guideline, "stepped", facts, measure=measure)
    if not isinstance(by_parts, Fired) or change in _CYST_HAS_NOT_GROWN:
        return by_parts
    return _higher(by_parts, at_baseline) if after_0 else _no_less_than_before(by_parts, facts)


def _solid_part_grew(facts: Facts, measure: Measure) -> Decision:
    """Return the category of a part-solid nodule of one size whose solid part may have grown."""
    if facts.get("solid_status") is None:
        return Asked(("solid_status",))
    return _no_less_than_before(
        decide(load(TABLE), "nodule", {**facts, "status": "growing"}, measure=measure), facts
    )


def _no_less_than_before(sized: Decision, facts: Facts) -> Decision:
    """Return the higher of the class of a nodule that grew and of what stepped management leaves it.

    The earlier category is asked for only where it can be the higher one.
    """
    if not isinstance(sized, Fired) or sized.rule.category is None or _rank(sized) >= ORDER.index("4B"):
        return sized
    if facts.get("kind") in _CLASSED_WHEREVER_THEY_STAND:
        return sized
    previous = facts.get("previous_category")
    if previous is None:
        return Asked(("previous_category",))
    if previous not in ORDER or ORDER.index(previous) <= _rank(sized):
        return sized
    return _higher(sized, decide(load(TABLE), "kept", facts))


def _higher(fired: Fired, other: Decision) -> Decision:
    """Return the decision of the higher category; what is open in the other one is open."""
    if isinstance(other, Fired):
        return other if _rank(other) > _rank(fired) else fired
    return fired if isinstance(other, NoRule) else other


def _crossed(facts: Facts, measure: Measure) -> Decision:
    """Return the class by size of a nodule that reached a higher one without growing by definition.

    Source
    ------
    Lung-RADS v2022, size thresholds: a nodule that crosses a threshold is classed anew by its size.
    """
    guideline = load(TABLE)
    earlier = {"size": "previous_size"}
    if facts.get("kind") == "part_solid":
        earlier["solid_size"] = "previous_solid_size"
    unknown = tuple(name for name in earlier.values() if facts.get(name) is None)
    if unknown:
        return Asked(unknown)
    now = {**facts, "status": "baseline"}
    before = {**now, **{name: facts[previous] for name, previous in earlier.items()}}
    is_now = decide(guideline, "nodule", now, measure=measure)
    was = decide(guideline, "nodule", before, measure=measure)
    if not isinstance(is_now, Fired) or not isinstance(was, Fired):
        return was if isinstance(is_now, Fired) else is_now
    return is_now if _rank(is_now) > _rank(was) else NoRule({})


def _rank(fired: Fired) -> int:
    return -1 if fired.rule.category is None else ORDER.index(fired.rule.category)
