"""What a plug-in is for, and by which registrations it may be used on patients."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from allward_sdk.parts import Localised, Strict


class Registration(Strict):
    """The word of an authority that this version is a medical device."""

    authority: Literal["NMPA", "CE", "FDA"]
    """Who registered it: NMPA (国家药监局), a notified body under the MDR, or the FDA."""
    registrant: str = Field(min_length=1, max_length=200)
    """Who holds the registration (注册人)."""
    number: str = Field(min_length=1, max_length=100)
    """Registration number: 注册证编号, certificate number, or 510(k), De Novo or PMA number."""
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    """Released version (发布版本) that is registered; another one must not run on patients."""
    valid_until: date
    """Last day on which it holds."""

    def holds(self, *, version: str, day: date) -> bool:
        """Tell whether it covers a version of the plug-in on a day."""
        return self.version == version and day <= self.valid_until


class IntendedUse(Strict):
    """What it is for, in the vendor's words, what it is not for, and what it is cleared for."""

    statement: Localised
    """What it does, on which images, for whom."""
    contraindications: tuple[Localised, ...] = ()
    """Where it must not be used, one statement each."""
    status: Literal["research", "cleared"] = "research"
    """`research` shows only in research departments, marked on every screen and object."""
    udi: str | None = None
    """Unique device identifier, if the product is cleared."""
    registrations: tuple[Registration, ...] = ()
    """By which it is cleared; it runs while every one of them holds."""

    @model_validator(mode="after")
    def _says_by_what_it_is_cleared(self) -> "IntendedUse":
        fault = next(self._faults(), None)
        if fault is not None:
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        if self.status == "cleared" and not self.registrations:
            yield "status is cleared, so registrations must name one"
        if self.status == "research" and self.registrations:
            yield "status is research, so there is no registration to name"
        numbers = [(each.authority, each.number) for each in self.registrations]
        if len(set(numbers)) < len(numbers):
            yield "registrations: one stands there twice"
