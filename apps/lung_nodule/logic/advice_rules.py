"""A guideline's rules, put to one nodule: what its table gets to see, and what the rule that fired says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from allward_runner.abilities import Advice, Answer
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import OWN, Wanted, question_of, words_of
from lung_nodule.logic.advice_sheet import Sheet
from lung_nodule.logic.advice_words import looked_at, say
from lung_nodule.logic.guidelines.decide import Fact
from lung_nodule.logic.guidelines.table import Guideline, Input, Measure, Rule

NO_RULE = say(
    "The guideline has no rule for such a nodule; a reader decides.",
    "该指南对此类结节无对应条目，由医师判断。",
)
LATER_CT = say(
    "The guideline's table is for what is found first; what a later CT shows is judged by the reader.",
    "该指南的表格适用于首次发现的结节；后续 CT 的变化由医师判断。",
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What one nodule shows to one guideline.

    Attributes
    ----------
    facts
        By the names of the guideline's inputs.
    rests_on
        Questions of all facts, with their values.
    """

    facts: Mapping[str, Fact]
    rests_on: Sequence[tuple[Wanted, Answer]]

    @property
    def used(self) -> dict[str, Answer]:
        """Values by the names of questions."""
        return {wanted.name: value for wanted, value in self.rests_on}


def basis_of(
    sheet: Sheet,
    guideline: Guideline,
    inputs: Iterable[str],
    finding_id: str | None = None,
    *,
    measure: Measure = "mm",
) -> Basis:
    """Return what is known of some inputs of a guideline.

    Parameters
    ----------
    finding_id
        None: of the patient and the examination.
    """
    facts: dict[str, Fact] = {}
    rests_on: list[tuple[Wanted, Answer]] = []
    for name in inputs:
        wanted = question_of(guideline, name)
        if measure == "mm3" and name == "size":
            wanted = VOLUME
        value = sheet.look(wanted, guideline.title, finding_id)
        fact = None if value is None else _fact(name, value, guideline.inputs[name])
        if value is not None:
            rests_on.append((wanted, value))
        if fact is not None:
            facts[name] = fact
    return Basis(facts, rests_on)


VOLUME = Wanted("volume_mm3", say("What is its volume, in mm3?", "体积（mm³）是多少？"), "number", unit="mm3")
"""Never asked: where no volume was measured, the diameter is taken."""


def with_choice(basis: Basis, choice: Basis) -> Basis:
    """Return a basis with what led to the guideline."""
    known = {wanted.name for wanted, _ in basis.rests_on}
    more = [each for each in choice.rests_on if each[0].name not in known]
    return replace(basis, rests_on=(*more, *basis.rests_on))


def resting_on(
    sheet: Sheet, guideline: Guideline, basis: Basis, names: Iterable[str], finding_id: str
) -> Basis:
    """Return a basis with what else was looked at and is no input of the guideline's table."""
    looked = [(OWN[name], sheet.look(OWN[name], guideline.title, finding_id)) for name in names]
    return with_more(basis, {}, [(wanted, value) for wanted, value in looked if value is not None])


def with_more(basis: Basis, facts: Mapping[str, Fact], rests_on: Sequence[tuple[Wanted, Answer]]) -> Basis:
    """Return a basis with facts that another model gave, and what those rest on."""
    known = {wanted.name for wanted, _ in basis.rests_on}
    more = [each for each in rests_on if each[0].name not in known]
    return Basis({**basis.facts, **facts}, (*basis.rests_on, *more))


def advice_of(
    guideline: Guideline, basis: Basis, said: Rule | Localised, nodule: Finding | None = None
) -> Advice:
    """Return what a guideline says, with what its table asks for in the category.

    Parameters
    ----------
    said
        The rule that fired; or why none did.
    nodule
        None: it is said of the examination, with the table's notes.
    """
    rule = said if isinstance(said, Rule) else None
    category = None if rule is None else rule.category
    asked = None if category is None else guideline.advice.get(category)
    notes = list(guideline.notes) if nodule is None else []
    if asked is not None and asked.malignant_percent is not None:
        share = asked.malignant_percent
        notes.insert(0, say(f"Malignant in {share} % of this category.", f"该类别恶性比例为 {share}%。"))
    return Advice(
        source=guideline.title,
        said=said.text if isinstance(said, Rule) else said,
        rule_id="" if rule is None else rule.id,
        category=category,
        finding_id=None if nodule is None else nodule.id,
        used=basis.used,
        notes=tuple(notes),
        recommended=None if asked is None else asked.text,
        looked_at=looked_at(basis.rests_on),
    )


def ask_inputs(
    sheet: Sheet, guideline: Guideline, inputs: Iterable[str], finding_id: str | None = None
) -> None:
    """Ask for inputs of a guideline."""
    for name in inputs:
        sheet.ask(question_of(guideline, name), guideline.title, finding_id)


def _fact(name: str, value: Answer, wanted: Input) -> Fact | None:
    """Return an answer as a guideline's input; None if it has no word for it."""
    if name == "multiple":
        return not isinstance(value, str) and value > 1
    if wanted.form == "words":
        return frozenset(words_of(str(value)))
    if wanted.form == "word":
        return value if value in wanted.words else None
    return value
