"""A guideline's table in words, as an app gives it to people to read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from allward_sdk.parts import Localised


@dataclass(frozen=True, slots=True)
class TableRule:
    """One line of a guideline's table, in words.

    Attributes
    ----------
    id
        Under which advice names it.
    when
        What all has to hold: each a question, and the answers that it takes. Empty: always.
    said
        What the rule says.
    category
        In one word of the guideline; None where it says none.
    source
        Where in the guideline it stands.
    """

    id: str
    when: tuple[tuple[Localised, Localised], ...]
    said: Localised
    category: str | None
    source: str


@dataclass(frozen=True, slots=True)
class GuidelineTable:
    """A guideline as the app reads it, for people to read.

    Attributes
    ----------
    name
        Among `Advising.guidelines`, or another table that the app reads.
    version, edition
        Of the guideline itself; of the table, which grows when a line of it is corrected.
    notes
        What a reader must know before: what is not in the table, where the source is ambiguous.
    excludes
        For whom the guideline is not made.
    rules
        Lists of rules with their titles; in each the first that holds says it.
    recommended
        What a category asks for, by category.
    """

    name: str
    title: Localised
    version: str
    edition: int
    source: str
    notes: tuple[Localised, ...]
    excludes: tuple[TableRule, ...]
    rules: tuple[tuple[Localised, tuple[TableRule, ...]], ...]
    recommended: Mapping[str, Localised] = field(default_factory=dict)
