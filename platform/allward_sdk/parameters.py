"""`[[parameters]]`: what a user may set before a run, within limits; forms are generated from it.

A value reaches the stages only at the places that a parameter names, and these are few: how images are
prepared and which model runs cannot be set. The default is what the stage says itself, so a run without
values is the run that the vendor tested.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from allward_sdk.parts import Localised, Name, Strict

NumberKey = Literal["threshold", "most", "keep_above", "below_ml"]


class NumberPlace(Strict):
    """A number of a stage that a parameter sets."""

    stage: Name
    """The stage."""
    key: NumberKey
    """`threshold`: of the output; `most`: candidates that are kept; `keep_above`: of a rescoring;
    `below_ml`: of the stage's `remove_small`."""


class SwitchPlace(Strict):
    """A habit of a stage that a parameter switches off."""

    stage: Name
    """The stage."""
    key: Literal["mirror"]
    """`mirror`: whether windows are shown mirrored too, as the stage declares."""


class _Asked(Strict):
    name: Name
    """Unique in the plug-in."""
    title: Localised
    """Name on the form."""
    explanation: Localised | None = None
    """What it does, below the field."""


class NumberParameter(_Asked):
    """A number between two limits."""

    kind: Literal["number"]
    """Which kind this is."""
    sets: tuple[NumberPlace, ...] = Field(min_length=1)
    """Where the number goes."""
    default: float
    """What the stage says."""
    least: float
    """Smallest value that may be set."""
    largest: float
    """Largest value that may be set."""
    step: float | None = Field(default=None, gt=0)
    """Distance between values on the form; any number if absent."""
    unit: str = Field(default="1", min_length=1, max_length=16)
    """UCUM unit that is shown; `1` for a number without one."""

    @model_validator(mode="after")
    def _lies_between(self) -> "NumberParameter":
        if not self.least <= self.default <= self.largest:
            raise ValueError("default must lie between least and largest")
        return self


class Choice(Strict):
    """One of several values."""

    name: Name
    """Unique in its parameter."""
    title: Localised
    """Name on the form."""
    value: float
    """What is set if it is chosen."""


class ChoiceParameter(_Asked):
    """One of several named values."""

    kind: Literal["choice"]
    """Which kind this is."""
    sets: tuple[NumberPlace, ...] = Field(min_length=1)
    """Where the value of the choice goes."""
    choices: tuple[Choice, ...] = Field(min_length=2)
    """What may be chosen."""
    default: Name
    """The choice whose value the stage says."""

    @model_validator(mode="after")
    def _chooses_one(self) -> "ChoiceParameter":
        names = [choice.name for choice in self.choices]
        if self.default not in names:
            raise ValueError(f"default: {self.default!r} is none of the choices")
        if len(set(names)) != len(names):
            raise ValueError("choices: two have the same name")
        return self

    def value_of(self, name: str) -> float:
        """Return the value of a choice; raises KeyError if there is none of that name."""
        return {choice.name: choice.value for choice in self.choices}[name]


class BooleanParameter(_Asked):
    """Something that is on or off."""

    kind: Literal["boolean"]
    """Which kind this is."""
    sets: tuple[SwitchPlace, ...] = Field(min_length=1)
    """What is switched."""
    default: Literal[True] = True
    """What a stage declares is on."""


Parameter = Annotated[NumberParameter | ChoiceParameter | BooleanParameter, Field(discriminator="kind")]
"""Something that a user may set."""
