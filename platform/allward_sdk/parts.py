"""What tables of the manifest are made of: strict records, names, triples, texts in two languages, codes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Triple = tuple[float, float, float]
Count3 = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Margin3 = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


def in_ascii(text: str) -> str:
    """Refuse digits of other scripts, such as full-width ones, which a pattern's ``\\d`` takes too."""
    if not text.isascii():
        raise ValueError(f"wanted are plain digits, not {text!r}")
    return text


class Strict(BaseModel):
    """A table that refuses keys and numbers (infinite ones) that it does not know, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Localised(Strict):
    """One text in both languages of the platform."""

    en: str = Field(min_length=1)
    """English."""
    zh: str = Field(min_length=1)
    """Simplified Chinese."""


class Code(Strict):
    """A coded concept (PS3.3 8.8): what a result means, in words a PACS understands."""

    scheme: Literal["SCT", "DCM", "UCUM", "LN", "99ALLWARD"]
    """SNOMED CT, DICOM, UCUM or LOINC, by its designator in PS3.16 8; what has no code there is 99ALLWARD."""
    value: str = Field(min_length=1, max_length=16)
    """The code itself."""
    meaning: str = Field(min_length=1, max_length=64)
    """Its meaning as the scheme words it, in English."""
