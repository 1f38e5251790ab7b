"""The form of a guideline's table: what it asks for, and its rules in order.

A rule says when it fires, by conditions on inputs that must all hold:

* `kind = "solid"`: the input is this word; `kind = ["solid", "calcified"]`: one of these;
* `known_cancer = true`: yes or no;
* `size = { at_least = 6, below = 8 }`: a number within limits; `above` and `at_most` exclude and include;
* `size = { at_least = { mm = 6, mm3 = 113 } }`: a limit for diameters, and one where volumes are measured;
* `features = { any_of = [...] }`: a list that holds one of these; `{ any = true }`: that holds something.
"""

import tomllib
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from allward_sdk.parts import Localised, Strict

Measure = Literal["mm", "mm3"]
"""What sizes are given as: diameters in mm or volumes in mm3."""

SizeOf = Literal["mean", "mean_of_tenths", "largest"]
"""Mean of both axes; mean of both, each rounded to 0.1 mm before; or the long axis alone."""

Limit = Decimal | dict[Measure, Decimal]


class Limits(Strict):
    """A range of numbers."""

    at_least: Limit | None = None
    above: Limit | None = None
    at_most: Limit | None = None
    below: Limit | None = None


class Holding(Strict):
    """What a list of words has to hold."""

    any_of: tuple[str, ...] = ()
    any: bool | None = None
    """True: something; false: nothing."""


Condition = bool | str | tuple[str, ...] | Limits | Holding


class Input(Strict):
    """Something that a guideline asks for."""

    question: Localised
    """The question, as it is put to a reader."""
    form: Literal["yes_no", "word", "words", "number", "size"]
    """`size`: a diameter or a volume, whichever is measured."""
    words: dict[str, Localised] = Field(default_factory=dict)
    """Of a word: which there are, and what each means."""
    step: Limit | None = None
    """Numbers are rounded to a multiple of it, a half up, before a limit is looked at."""
    unit: str | None = None
    """UCUM."""


class Rule(Strict):
    """One line of a guideline."""

    id: str = Field(pattern=r"^[A-Z0-9][A-Z0-9.-]+$")
    """Under which a report names the rule; it never changes its meaning."""
    when: dict[str, Condition] = Field(default_factory=dict)
    """All of these hold; empty: always."""
    category: str | None = None
    """What the rule says, in one word of the guideline."""
    text: Localised
    """What the rule says."""
    source: str
    """Where in the guideline it stands."""

    @field_validator("when", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}


class Advice(Strict):
    """What a category asks for."""

    text: Localised
    malignant_percent: str | None = None
    """As the guideline gives it: a range, not a number."""
    prevalence_percent: str | None = None


class Guideline(Strict):
    """A guideline, one version of it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    version: Annotated[str, Field(min_length=1)]
    """Of the guideline itself."""
    edition: int = Field(ge=1)
    """Of this table; grows when a line of it is corrected."""
    title: Localised
    source: str
    notes: tuple[Localised, ...] = ()
    """What a reader must know before: what is not in the table, where the source is ambiguous."""
    measures: tuple[Measure, ...] = ("mm",)
    sizes: dict[str, SizeOf] = Field(default_factory=dict)
    """Which diameter the guideline means, by input."""
    inputs: dict[str, Input]
    excludes: tuple[Rule, ...] = ()
    """For whom it is not made: it applies where none of these holds."""
    rules: dict[str, tuple[Rule, ...]]
    """Lists of rules by name; in each the first that holds says it."""
    advice: dict[str, Advice] = Field(default_factory=dict)
    """By category."""

    @model_validator(mode="after")
    def _rules_look_at_inputs(self) -> Self:
        for rule in (*self.excludes, *(rule for rules in self.rules.values() for rule in rules)):
            for name, condition in rule.when.items():
                if name not in self.inputs or not _fits(condition, self.inputs[name]):
                    raise ValueError(
                        f"{rule.id} looks at {name} in a way that the table's inputs do not allow"
                    )
            if rule.category is not None and self.advice and rule.category not in self.advice:
                raise ValueError(f"{rule.id} has the category {rule.category}, for which there is no advice")
        return self


def _fits(condition: Condition, wanted: Input) -> bool:
    """Tell whether a condition can be put to an input."""
    if isinstance(condition, Limits):
        return wanted.form in {"number", "size"}
    if isinstance(condition, Holding):
        return wanted.form == "words" and set(condition.any_of) <= wanted.words.keys()
    if isinstance(condition, bool):
        return wanted.form == "yes_no"
    words = (condition,) if isinstance(condition, str) else condition
    return wanted.form == "word" and set(words) <= wanted.words.keys()


@cache
def load(name: str) -> Guideline:
    """Read a table that the app brings.

    Raises
    ------
    pydantic.ValidationError
        If the table is not of the form above: our bug.
    """
    folder = resources.files("lung_nodule.logic.guidelines") / "tables"
    text = (folder / f"{name}.toml").read_text("utf-8")
    return Guideline.model_validate(tomllib.loads(text, parse_float=Decimal))
