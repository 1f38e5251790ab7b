"""Guidelines that are read nodule by nodule: Fleischner, BTS with its models, C-Lung-RADS, the consensus."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from allward_runner.abilities import Advice
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import OWN
from lung_nodule.logic.advice_risk import Estimate, advice_of_models, brock_of, herder_of, mayo_of
from lung_nodule.logic.advice_rules import (
    LATER_CT,
    NO_RULE,
    VOLUME,
    Basis,
    advice_of,
    ask_inputs,
    basis_of,
    resting_on,
    with_choice,
    with_more,
)
from lung_nodule.logic.advice_sheet import Sheet
from lung_nodule.logic.advice_words import say
from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.decide import Fact, Fired, decide
from lung_nodule.logic.guidelines.table import Guideline, Measure, load

_SUBSOLID = frozenset({"part_solid", "ground_glass"})
_LATER = frozenset({
    "resolved", "volume_change_percent", "doubling_time_days", "months_since_first", "by_volume", "grown",
    "suspicious_morphology",
})  # fmt: skip
_WHEN = ("prior_ct", "seen_before")
_NO_WORD = say("The guideline says nothing of a nodule of this kind.", "该指南未涉及此类型结节。")
_ORDER = ("0", "1", "2", "3", "4")


def by_first_ct(
    sheet: Sheet, guideline: Guideline, choice: Basis, models: Mapping[str, Estimate] | None = None
) -> tuple[Advice, ...]:
    """Return what a table for nodules that are found first says: Fleischner 2017, the consensus of 2018.

    Parameters
    ----------
    models
        By finding id, what a model told that the table asks for.
    """
    advice = []
    for nodule in sheet.nodules:
        model = (models or {}).get(nodule.id)
        basis = with_choice(_basis(sheet, guideline, nodule), choice)
        basis = basis if model is None else with_more(basis, {}, model.rests_on)
        seen = _seen_before(sheet, guideline, nodule)
        basis = resting_on(sheet, guideline, basis, _WHEN, nodule.id)
        if seen:
            advice.append(advice_of(guideline, basis, LATER_CT, nodule))
        elif seen is not None:
            advice.extend(_decided(sheet, _List(guideline, "nodule"), basis, nodule))
    return tuple(advice)


def by_consensus(sheet: Sheet, choice: Basis) -> tuple[Advice, ...]:
    """Return what the Chinese consensus says; the Mayo probability is offered where it asks for one."""
    estimates = {nodule.id: mayo_of(sheet, nodule) for nodule in sheet.nodules}
    for finding_id, estimate in estimates.items():
        if estimate.percent is not None:
            sheet.tell(finding_id, "malignancy_percent", estimate.percent)
    return by_first_ct(sheet, load("chinese_consensus_2018"), choice, estimates)


def by_c_lung_rads(sheet: Sheet, choice: Basis) -> tuple[Advice, ...]:
    """Return the classes by size, and the highest of them once every nodule has one."""
    guideline = load("c_lung_rads_2024")
    there = [one for one in sheet.nodules if not sheet.value(OWN["resolved"], one.id)]
    bases = [with_choice(_basis(sheet, guideline, nodule), choice) for nodule in there]
    found = [
        each
        for nodule, basis in zip(there, bases, strict=True)
        for each in _decided(sheet, _List(guideline, "nodule"), basis, nodule)
    ]
    classes = [each for each in found if each.category is not None]
    if not classes or len(classes) < len(there):
        return tuple(found)
    top = max(classes, key=lambda each: (_ORDER.index(each.category or "0"), each.rule_id))
    whole = with_more(choice, {}, [fact for basis in bases for fact in basis.rests_on if fact[0].of_patient])
    rule = next(each for each in guideline.rules["nodule"] if each.id == top.rule_id)
    said = say(f"Category {top.category}. {top.said.en}", f"{top.category} 类。{top.said.zh}")
    return (replace(advice_of(guideline, whole, rule), said=said), *found)


def by_bts(sheet: Sheet, choice: Basis) -> tuple[Advice, ...]:
    """Return what the BTS guideline says: on the first CT by size, Brock and Herder, later by growth."""
    guideline = load("bts_2015")
    return tuple(each for nodule in sheet.nodules for each in _bts_nodule(sheet, guideline, choice, nodule))


@dataclass(frozen=True, slots=True)
class _List:
    """A list of rules, and what is not asked of a reader because a model asks for its own inputs."""

    guideline: Guideline
    rules: str
    measure: Measure = "mm"
    by_models: frozenset[str] = frozenset()


def _basis(sheet: Sheet, guideline: Guideline, nodule: Finding) -> Basis:
    chosen_by = {name for rule in guideline.excludes for name in rule.when}
    inputs = [name for name in guideline.inputs if name not in chosen_by]
    return basis_of(sheet, guideline, inputs, nodule.id)


def _seen_before(sheet: Sheet, guideline: Guideline, nodule: Finding) -> bool | None:
    """Tell whether a nodule was there on an earlier CT; None after asking."""
    seen = sheet.look(OWN["seen_before"], guideline.title, nodule.id)
    if seen is None:
        no_prior = sheet.look(OWN["prior_ct"], guideline.title) is None
        sheet.ask(OWN["prior_ct" if no_prior else "seen_before"], guideline.title, nodule.id)
    return None if seen is None else bool(seen)


def _decided(sheet: Sheet, rules: _List, basis: Basis, nodule: Finding) -> tuple[Advice, ...]:
    """Return what a list of rules says of a nodule; nothing after asking for what it lacks."""
    guideline = rules.guideline
    decision = decide(guideline, rules.rules, basis.facts, measure=rules.measure)
    if isinstance(decision, Fired):
        return (advice_of(guideline, basis, decision.rule, nodule),)
    if not isinstance(decision, Asked):
        return (advice_of(guideline, basis, NO_RULE, nodule),)
    if "kind" in decision.inputs and sheet.value(OWN["kind"], nodule.id) is not None:
        return (advice_of(guideline, basis, _NO_WORD, nodule),)
    asked = [name for name in decision.inputs if name not in rules.by_models]
    ask_inputs(sheet, guideline, asked, nodule.id)
    return ()


def _bts_nodule(sheet: Sheet, guideline: Guideline, choice: Basis, nodule: Finding) -> tuple[Advice, ...]:
    seen = _seen_before(sheet, guideline, nodule)
    if seen is None:
        return ()
    of_models = {"brock_percent", "herder_percent", "age_years"}
    inputs = [n for n in guideline.inputs if n not in of_models and (seen or n not in _LATER)]
    measure = _measure(sheet, nodule)
    basis = with_choice(basis_of(sheet, guideline, inputs, nodule.id, measure=measure), choice)
    basis = resting_on(sheet, guideline, basis, _WHEN, nodule.id)
    if seen:
        return _bts_later(sheet, guideline, basis, nodule)
    if basis.facts.get("kind") is None:
        return _decided(sheet, _List(guideline, "nodule", measure), basis, nodule)
    return _bts_first(sheet, _List(guideline, "nodule", measure), basis, nodule)


def _bts_later(sheet: Sheet, guideline: Guideline, basis: Basis, nodule: Finding) -> tuple[Advice, ...]:
    """Return what is said of a nodule on a later CT: by its growth since the first one."""
    kind, gone = basis.facts.get("kind"), basis.facts.get("resolved") is True
    first = sheet.look(OWN["prior_is_first"], guideline.title)
    if first is None and not gone:
        sheet.ask(OWN["prior_is_first"], guideline.title)
        return ()
    if kind is None and not gone:
        ask_inputs(sheet, guideline, ["kind"], nodule.id)
        return ()
    if first is not None:
        basis = with_more(basis, {}, [(OWN["prior_is_first"], first)])
    if kind not in _SUBSOLID:
        return _decided(sheet, _List(guideline, "followup_solid"), basis, nodule)
    basis, rules = _with_model(
        sheet, _List(guideline, "followup_subsolid"), basis, nodule,
        ("brock_percent", brock_of(sheet, nodule, "2b"))
    )  # fmt: skip
    return _decided(sheet, rules, basis, nodule)


def _bts_first(sheet: Sheet, rules: _List, basis: Basis, nodule: Finding) -> tuple[Advice, ...]:
    """Return what is said of a nodule that is found first; Herder only once Brock asks for PET/CT."""
    guideline = rules.guideline
    basis, rules = _with_model(sheet, rules, basis, nodule, ("brock_percent", brock_of(sheet, nodule, "2b")))
    decision = decide(guideline, rules.rules, basis.facts, measure=rules.measure)
    if not isinstance(decision, Asked) or decision.inputs != ("herder_percent",):
        return _decided(sheet, replace(rules, by_models=rules.by_models | {"herder_percent"}), basis, nodule)
    done = sheet.look(OWN["pet_done"], guideline.title, nodule.id)
    if done is None:
        sheet.ask(OWN["pet_done"], guideline.title, nodule.id)
        return ()
    basis = with_more(basis, {}, [(OWN["pet_done"], done)])
    if not done:
        return _decided(sheet, _List(guideline, "before_pet", rules.measure), basis, nodule)
    before = mayo_of(sheet, nodule)
    herder = herder_of(sheet, nodule, before) if before.answer is not None else before
    basis, rules = _with_model(sheet, rules, basis, nodule, ("herder_percent", herder))
    return (*_decided(sheet, rules, basis, nodule), *advice_of_models(sheet, nodule, [herder]))


def _with_model(
    sheet: Sheet, rules: _List, basis: Basis, nodule: Finding, model: tuple[str, Estimate]
) -> tuple[Basis, _List]:
    """Return a basis with a model's probability; the reader gives it where the model was not made for it."""
    name, estimate = model
    if estimate.answer is None:
        given = basis_of(sheet, rules.guideline, [name], nodule.id)
        return with_more(basis, given.facts, given.rests_on), rules
    facts: dict[str, Fact] = {} if estimate.percent is None else {name: estimate.percent}
    rules = replace(rules, by_models=rules.by_models | {name})
    return with_more(basis, facts, estimate.rests_on if facts else ()), rules


def _measure(sheet: Sheet, nodule: Finding) -> Measure:
    """Return whether a volume is put to the guideline, which prefers it; a reader's diameter comes first."""
    by_reader = sheet.answer(OWN["largest_diameter_mm"], nodule.id) is not None
    return "mm" if by_reader or sheet.value(VOLUME, nodule.id) is None else "mm3"
