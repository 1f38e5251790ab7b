"""What a rule may ask of a series, and what was decided. Pure."""

from dataclasses import dataclass
from datetime import time

from allward.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What routing needs to know of a series. What is not known is None or empty, and never guessed."""

    modality: str
    body_part_examined: str
    image_type: tuple[str, ...]
    slice_count: int
    slice_spacing_mm: float | None
    evaluable: bool
    reasons: tuple[Text, ...]
    """Why it is no volume that may be measured."""
    calling_ae_title: str = ""
    """Of one that sent it; `RETRIEVED` if every image was fetched from an archive by the platform itself."""
    department: str = ""
    """Code of the department that the study belongs to."""
    descriptions: tuple[str, ...] = ()
    """Study Description, Series Description and Protocol Name, as far as they are there."""
    age_years: float | None = None
    """Of the patient on the day of the study."""
    slice_thickness_mm: float | None = None
    """(0018,0050), which is not the distance between slices."""
    study_time: time | None = None
    """(0008,0030), by the clock of the modality."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by which clause, in words."""

    runs: bool
    clause: str
    detail: Text
    not_evaluable: bool = False
    """Of the right kind, but the images cannot be evaluated: said aloud, never a silent normal."""
