"""What an administrator says of the cases of a set: typed, from JSON or from a table. Pure.

Points are (x, y, z) in mm, LPS, as everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allward.kernel.texts import Text

MOST_CASES = 1000
"""Of a set: more would wait for days, and tell no more."""
MOST_MARKS = 1000
"""Of a case: nobody marks more in one series."""


class BadCaseError(ValueError):
    """What was said of a case cannot be used; the words name the place."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text

    @classmethod
    def of(cls, code: str, en: str, zh: str) -> "BadCaseError":
        """Make one of sentences without their full stops."""
        return cls(code, Text(en + ".", zh + "。"))

    def at(self, place: Text) -> "BadCaseError":
        """Return the same error with its place in front."""
        return BadCaseError(self.code, Text(place.en + ": " + self.text.en, place.zh + "：" + self.text.zh))


@dataclass(frozen=True, slots=True)
class ReaderMark:
    """A point where a reader saw something."""

    x_mm: float
    y_mm: float
    z_mm: float
    diameter_mm: float | None = None
    counts: bool = True
    """False where readers disagree: hits are neither right nor wrong."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "x_mm": self.x_mm,
            "y_mm": self.y_mm,
            "z_mm": self.z_mm,
            "diameter_mm": self.diameter_mm,
            "counts": self.counts,
        }


@dataclass(frozen=True, slots=True)
class SegmentationOrder:
    """A Segmentation in the archive that says what is there."""

    series_instance_uid: str
    sop_instance_uid: str = ""
    """Needed where the series holds several."""
    labels: Mapping[int, str] | None = None
    """Segment number -> label of the manifest; None: by coded meaning, else by name."""


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """A series and what is known of it; at least one of the three."""

    series_instance_uid: str
    study_instance_uid: str = ""
    """Needed where the series' UID stands in two studies."""
    segmentation: SegmentationOrder | None = None
    marks: tuple[ReaderMark, ...] | None = None
    present: bool | None = None
    place: Text | None = None
    """Where it was said, for words of refusal: a line, a number in a list."""
