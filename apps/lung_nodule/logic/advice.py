"""What guidelines and models advise on accepted nodules, and what has to be asked; nothing is ever assumed.

The order and the history decide which guideline applies, or the reader is asked: there is no default.
"""

from collections.abc import Callable, Mapping, Sequence

from allward_runner.abilities import Advice, Answer, Answers, Counsel
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_facts import nodule_facts, patient_facts
from lung_nodule.logic.advice_lung_rads import by_lung_rads
from lung_nodule.logic.advice_questions import OWN, Wanted, question_of, words_of
from lung_nodule.logic.advice_risk import advice_of_models, brock_of, mayo_of
from lung_nodule.logic.advice_rules import Basis, advice_of, ask_inputs, basis_of
from lung_nodule.logic.advice_sheet import Sheet
from lung_nodule.logic.advice_tables import by_bts, by_c_lung_rads, by_consensus, by_first_ct
from lung_nodule.logic.advice_words import say
from lung_nodule.logic.asked import Asked
from lung_nodule.logic.finding_words import change_of, is_nodule
from lung_nodule.logic.guidelines.choose import TABLES, choose_guideline
from lung_nodule.logic.guidelines.decide import Fired
from lung_nodule.logic.guidelines.table import Guideline, load

GUIDELINES: Mapping[str, Localised] = {name: load(name).title for name in TABLES}
"""Every guideline that the app brings."""

NONE = "none"

_GUIDELINE = Wanted(
    "guideline",
    say("Which guideline is to be applied to this examination?", "本次检查采用哪一份指南？"),
    "choice",
    {**GUIDELINES, NONE: say("none of them", "均不采用")},
)
_NAMED_NONE = say("The hospital has named no guideline.", "医院尚未指定指南。")
_NONE_APPLIES = say("No guideline that the hospital uses applies.", "医院所用指南均不适用。")
_NOTHING_FOUND = say(
    "No accepted nodule: a program that marks nothing has not shown that there is none.",
    "无已接受的结节：程序未标记不等于无结节。",
)

_BENIGN = (
    ("lung_rads_2022", "benign_pattern"),
    ("lung_rads_2022", "proven_benign"),
    ("fleischner_2017", "benign_pattern"),
    ("bts_2015", "benign_pattern"),
)
"""What readers are asked of a nodule that tells whether it is benign."""

_BY: Mapping[str, Callable[[Sheet, Basis], tuple[Advice, ...]]] = {
    "lung_rads_2022": by_lung_rads,
    "c_lung_rads_2024": by_c_lung_rads,
    "fleischner_2017": lambda sheet, choice: by_first_ct(sheet, load("fleischner_2017"), choice),
    "bts_2015": by_bts,
    "chinese_consensus_2018": by_consensus,
}


def counsel(
    context: Mapping[str, str],
    findings: Sequence[Finding],
    answers: Answers,
    *,
    guidelines: Sequence[str],
    evaluable: bool,
) -> Counsel:
    """Advise on accepted nodules; see `Advising.counsel`."""
    sheet = _sheet(context, [one for one in findings if is_nodule(one)], answers, evaluable=evaluable)
    there = [one for one in sheet.nodules if not _is_gone(sheet, one)]
    if not there:
        sheet.look(OWN["no_nodule_confirmed"], _NOTHING_FOUND)
        sheet.ask(OWN["no_nodule_confirmed"], _NOTHING_FOUND)
    advice = [*_by_guidelines(sheet, [name for name in guidelines if name in GUIDELINES])]
    for nodule in there:
        models = [brock_of(sheet, nodule, "2a"), brock_of(sheet, nodule, "2b"), mayo_of(sheet, nodule)]
        advice.extend(advice_of_models(sheet, nodule, models))
    return Counsel(tuple(advice), sheet.questions())


def _sheet(
    context: Mapping[str, str], nodules: Sequence[Finding], answers: Answers, *, evaluable: bool
) -> Sheet:
    """Return a sheet with all that context and findings tell, and what follows from answers by themselves."""
    sheet = Sheet(nodules, {None: patient_facts(context, nodules, evaluable=evaluable)}, answers)
    prior_ct, is_first = (sheet.value(OWN[name]) for name in ("prior_ct", "prior_is_first"))
    of_patient = dict(sheet.known[None])
    if prior_ct is False:
        of_patient["prior_being_located"] = False
    if is_first is True and "months_since_previous" in of_patient:
        of_patient["months_since_first"] = of_patient["months_since_previous"]
    known: dict[str | None, dict[str, Answer]] = {
        one.id: nodule_facts(
            one, context, prior_ct=None if prior_ct is None else bool(prior_ct), is_first=bool(is_first)
        )
        for one in nodules
    }
    sheet = Sheet(nodules, {None: of_patient, **known}, answers)
    features = question_of(load("lung_rads_2022"), "suspicious_features")
    for one in nodules:
        said = sheet.answer(features, one.id)
        if isinstance(said, str):
            sheet.tell(one.id, "spiculation", "spiculation" in words_of(said))
    count = _count(sheet)
    if count is not None:
        of_patient["nodule_count"] = count
    return sheet


def _count(sheet: Sheet) -> int | None:
    """Return how many nodules there are, without the clearly benign; None while one may be either.

    One nodule is one, benign or not. Source: MacMahon 2017, Radiology 284:228 (benign ones need no
    follow-up, so that they make no other nodule one of several).
    """
    there = [one for one in sheet.nodules if not _is_gone(sheet, one)]
    benign = [_is_benign(sheet, one) for one in there]
    if len(there) > 1 and None in benign:
        return None
    return max(benign.count(False), min(len(there), 1)) or None


def _is_benign(sheet: Sheet, nodule: Finding) -> bool | None:
    """Tell whether a nodule is clearly benign; None for calcium or fat of which no reader has said so."""
    answers = [sheet.answer(question_of(load(table), name), nodule.id) for table, name in _BENIGN]
    said = [answer not in {False, "none"} for answer in answers if answer is not None]
    if said:
        return any(said)
    return None if sheet.value(OWN["kind"], nodule.id) in {"calcified", "fat_containing"} else False


def _is_gone(sheet: Sheet, nodule: Finding) -> bool:
    status = sheet.value(question_of(load("lung_rads_2022"), "status"), nodule.id)
    return change_of(nodule) == "resolved" if status is None else status == "resolved"


def _by_guidelines(sheet: Sheet, in_use: Sequence[str]) -> tuple[Advice, ...]:
    """Return what the first guideline that applies says, and by which rules others do not apply."""
    refused: list[Advice] = []
    for name in in_use:
        said = _apply(sheet, name)
        if not isinstance(said, Fired):
            return (*refused, *said)
        refused.append(_refusal(sheet, load(name), said))
    why = _NONE_APPLIES if in_use else _NAMED_NONE
    chosen = sheet.look(_GUIDELINE, why)
    sheet.ask(_GUIDELINE, why)
    if not isinstance(chosen, str) or chosen == NONE or chosen in in_use:
        return tuple(refused)
    said = _apply(sheet, chosen)
    if isinstance(said, Fired):
        return (*refused, _refusal(sheet, load(chosen), said))
    return (*refused, *said)


def _apply(sheet: Sheet, name: str) -> tuple[Advice, ...] | Fired:
    """Return what a guideline says, or the rule by which it does not apply; nothing after asking."""
    guideline = load(name)
    choice = _choice_basis(sheet, guideline)
    found = choose_guideline(choice.facts, [name])
    if isinstance(found, Asked):
        ask_inputs(sheet, guideline, found.inputs)
        return ()
    return found.refused[name] if found.guideline is None else _BY[name](sheet, choice)


def _choice_basis(sheet: Sheet, guideline: Guideline) -> Basis:
    looked_at = dict.fromkeys(name for rule in guideline.excludes for name in rule.when)
    return basis_of(sheet, guideline, looked_at)


def _refusal(sheet: Sheet, guideline: Guideline, fired: Fired) -> Advice:
    basis = basis_of(sheet, guideline, fired.rule.when)
    return advice_of(guideline, basis, fired.rule)
