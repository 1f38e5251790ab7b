"""All nodules of two dates: matched, and told what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from lung_nodule.logic.followup.change import Change, Measured, compare
from lung_nodule.logic.followup.matching import GATE_MM, Spot, match_nodules


@dataclass(frozen=True, slots=True)
class Tracked:
    """A nodule at one date: where it lies, and how large it is."""

    spot: Spot
    measured: Measured


@dataclass(frozen=True, slots=True)
class Followed:
    """One nodule over both dates.

    Attributes
    ----------
    prior, current
        Places in what was given; None where it is not seen.
    """

    prior: int | None
    current: int | None
    change: Change


def follow(
    prior: Sequence[Tracked], current: Sequence[Tracked], *, gate_mm: float = GATE_MM
) -> tuple[Followed, ...]:
    """Return what became of each nodule: first those of the current CT in their order, then what is gone.

    Parameters
    ----------
    prior
        Their places registered to the current CT.

    Raises
    ------
    ValueError
        As for `compare` and `match_nodules`.
    """
    found = match_nodules([each.spot for each in prior], [each.spot for each in current], gate_mm=gate_mm)
    before = {place: row for row, place in found.pairs}
    followed = []
    for place, now in enumerate(current):
        row = before.get(place)
        change = compare(None if row is None else prior[row].measured, now.measured)
        followed.append(Followed(row, place, change))
    gone = [Followed(row, None, compare(prior[row].measured, None)) for row in found.resolved]
    return (*followed, *gone)
