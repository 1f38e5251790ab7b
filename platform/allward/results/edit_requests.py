"""What a reader may ask to be corrected. Pure."""

from dataclasses import dataclass
from uuid import UUID

from allward_runner.abilities import Calipers, Outline
from allward_sdk.results import PointLps


@dataclass(frozen=True, slots=True)
class Measure:
    """Diameters that the reader drew across a finding."""

    finding_id: UUID
    calipers: Calipers


@dataclass(frozen=True, slots=True)
class Draw:
    """The whole outline of a finding, as the reader drew it."""

    finding_id: UUID
    outline: Outline


@dataclass(frozen=True, slots=True)
class AddAt:
    """A finding that was missed, outlined at a click."""

    point_lps_mm: PointLps


@dataclass(frozen=True, slots=True)
class AddDrawn:
    """A finding that was missed, outlined by the reader."""

    outline: Outline


@dataclass(frozen=True, slots=True)
class Merge:
    """Several findings that are one; the largest keeps its name and its past."""

    finding_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """One finding that is two, cut between two points; the larger part keeps its name and its past."""

    finding_id: UUID
    points_lps_mm: tuple[PointLps, PointLps]


EditRequest = Measure | Draw | AddAt | AddDrawn | Merge | Split
