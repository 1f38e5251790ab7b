"""Results that are read: tables of numbers, and text."""

from typing import Literal

from pydantic import Field, FiniteFloat, model_validator

from allward_sdk.parts import Code, Localised, Name, Strict


class Column(Strict):
    """What the numbers of one column are."""

    name: Name
    """Unique in the table."""
    title: Localised
    """Head of the column."""
    concept: Code
    """What is measured."""
    unit: Code
    """UCUM unit."""


class Row(Strict):
    """One row of numbers."""

    title: Localised
    """What the row is about."""
    values: tuple[FiniteFloat | None, ...]
    """One for each column; None: not measured."""


class Table(Strict):
    """Numbers in rows and columns."""

    kind: Literal["table"] = "table"
    """Which kind of result this is."""
    stage: Name
    """Name of the stage, or of the app's own step; unique among the result's tables."""
    title: Localised
    """Name for people."""
    concept: Code
    """What the table is about."""
    columns: tuple[Column, ...] = Field(min_length=1)
    """The columns, from left to right."""
    rows: tuple[Row, ...] = Field(min_length=1)
    """The rows, from top to bottom."""

    @model_validator(mode="after")
    def _is_full(self) -> "Table":
        if any(len(row.values) != len(self.columns) for row in self.rows):
            raise ValueError("rows: every row needs one value for each column, None where there is none")
        return self


class Text(Strict):
    """Sentences for people."""

    kind: Literal["text"] = "text"
    """Which kind of result this is."""
    stage: Name
    """Name of the stage, or of the app's own step; unique among the result's texts."""
    title: Localised
    """Heading."""
    concept: Code
    """What the text is, for example an impression."""
    paragraphs: tuple[Localised, ...] = Field(min_length=1)
    """What it says."""
