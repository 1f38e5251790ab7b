"""Lung-RADS v2022 for accepted nodules and for the examination, with S; category 1 is said by a reader."""

from collections.abc import Sequence
from dataclasses import replace

from allward_runner.abilities import Advice
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import OWN
from lung_nodule.logic.advice_rules import (
    NO_RULE,
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
from lung_nodule.logic.guidelines.lung_rads import (
    TABLE,
    Examination,
    NoduleAnswer,
    NoduleCategory,
    categorise_examination,
)
from lung_nodule.logic.guidelines.table import Guideline, load

_OF_EXAMINATION = (
    "prior_being_located", "lungs_evaluable", "infection_suspected", "other_significant_finding",
)  # fmt: skip
_MAKE_A_0 = frozenset({"prior_being_located", "lungs_evaluable", "infection_suspected"})
"""Asked together: each of them alone decides."""
_CONFIRMED = "no_nodule_confirmed"
_CHOSEN_BY = frozenset({"screening", "known_lung_cancer"})
_STEPPED = say(
    "Growth is judged against the prior CT alone; earlier ones within 12 months are the reader's.",
    "增大仅与该次既往 CT 比较；12 个月内更早的检查由医师判断。",
)


def by_lung_rads(sheet: Sheet, choice: Basis) -> tuple[Advice, ...]:
    """Return the categories of all nodules that have one, and that of the examination once all is known."""
    guideline = load(TABLE)
    left_out = {*_OF_EXAMINATION, *_CHOSEN_BY, _CONFIRMED, "category"}
    inputs = [name for name in guideline.inputs if name not in left_out]
    bases = [_nodule_basis(sheet, guideline, inputs, nodule) for nodule in sheet.nodules]
    whole = basis_of(sheet, guideline, _OF_EXAMINATION)
    found = categorise_examination(whole.facts, [basis.facts for basis in bases])
    if _CONFIRMED in found.asked:
        whole = basis_of(sheet, guideline, (*_OF_EXAMINATION, _CONFIRMED))
        found = categorise_examination(whole.facts, [basis.facts for basis in bases])
    is_open = bool(_MAKE_A_0 & set(found.asked))
    everything = [name for name in _OF_EXAMINATION if name not in whole.facts]
    ask_inputs(sheet, guideline, everything if is_open else found.asked)
    advice = [
        each
        for nodule, basis, answer in zip(sheet.nodules, bases, found.nodules, strict=True)
        if (each := _of_nodule(sheet, guideline, nodule, with_choice(basis, choice), answer)) is not None
    ]
    of_patient = [fact for basis in bases for fact in basis.rests_on if fact[0].of_patient]
    total = _of_examination(guideline, with_choice(with_more(whole, {}, of_patient), choice), found)
    return (*total, *advice)


def _nodule_basis(sheet: Sheet, guideline: Guideline, inputs: Sequence[str], nodule: Finding) -> Basis:
    basis = basis_of(sheet, guideline, inputs, nodule.id)
    return resting_on(sheet, guideline, basis, ["prior_ct"], nodule.id)


def _of_nodule(
    sheet: Sheet, guideline: Guideline, nodule: Finding, basis: Basis, answer: NoduleAnswer
) -> Advice | None:
    """Return the category of a nodule; None after asking for what it lacks."""
    if isinstance(answer, Asked):
        open_prior = "status" in answer.inputs and sheet.value(OWN["prior_ct"]) is None
        if open_prior:
            sheet.ask(OWN["prior_ct"], guideline.title)
        ask_inputs(
            sheet, guideline, [n for n in answer.inputs if not (open_prior and n == "status")], nodule.id
        )
        return None
    if not isinstance(answer, NoduleCategory):
        return advice_of(guideline, basis, NO_RULE, nodule)
    advice = advice_of(guideline, basis, answer.fired[-1].rule, nodule)
    earlier = tuple(
        say(f"{fired.rule.id}: {fired.rule.text.en}", f"{fired.rule.id}：{fired.rule.text.zh}")
        for fired in answer.fired[:-1]
    )
    limits = (_STEPPED,) if nodule.prior is not None else ()
    return replace(advice, notes=(*advice.notes, *earlier, *limits))


def _of_examination(guideline: Guideline, basis: Basis, found: Examination) -> tuple[Advice, ...]:
    """Return the category of the examination; none while it or its modifier is open."""
    if found.category is None or found.label is None:
        return ()
    by_nodule = [each for each in found.nodules if isinstance(each, NoduleCategory)]
    decisive = [each.fired[-1].rule for each in by_nodule if each.category == found.category]
    fired = [each.rule for each in found.fired]
    own = [rule for rule in fired if rule.category == found.category]
    said = own or sorted(decisive, key=lambda rule: rule.id)
    text = say(f"Category {found.label}. {said[0].text.en}", f"{found.label} 类。{said[0].text.zh}")
    advice = advice_of(guideline, basis, said[0])
    modifier = tuple(
        say(f"{rule.id}: {rule.text.en}", f"{rule.id}：{rule.text.zh}") for rule in fired if rule not in own
    )
    return (replace(advice, said=text, category=found.label, notes=(*modifier, *advice.notes)),)
