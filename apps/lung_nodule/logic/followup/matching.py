"""Which nodule of the prior CT is which now: the assignment of least cost, none over more than a gate.

A pair that costs more than the gate, by its distance, its change in size and another lobe together, is none:
a nodule that appears beside one that has gone is new, and not the other one that shrank. Only where one
nodule lies over the middle of the other the two are one, however much it grew. Two nodules that stay without
a partner cost as much as a pair at the gate, so that a pair is never given up for another one more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from allward_measure.nodules.growth import sphere_diameter_mm
from allward_measure.nodules.place import Lobe

GATE_MM = 15.0
"""Two nodules farther apart after registration are two."""

SIZE_WEIGHT_MM = 5.0
"""What a factor of e between volumes counts, as a distance: a nodule that doubled is 3.5 mm farther."""

LOBE_PENALTY_MM = 10.0
"""What another lobe counts: more than a registration errs, less than the gate."""

_TIE = 1e-6
"""What counts of a cost beyond the gate: enough to tell two such pairs apart, and nothing else."""

_ALONE_MM = 0.01
"""What two nodules without a partner cost beyond the gate: more than `_TIE` adds to any pair."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A nodule as matching sees it.

    Attributes
    ----------
    centre_lps_mm
        In the frame of the current CT; a prior one is registered to it before.
    volume_mm3
        Above 0.
    lobe
        None if not known; it counts only where both are known.
    """

    centre_lps_mm: tuple[float, float, float]
    volume_mm3: float
    lobe: Lobe | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """Which prior nodule is which current one, by their places in what was given.

    Attributes
    ----------
    pairs
        (prior, current), in the order of the prior ones.
    new
        Current nodules without a prior one.
    resolved
        Prior nodules without a current one; a person checks them, since a miss looks the same.
    """

    pairs: tuple[tuple[int, int], ...]
    new: tuple[int, ...]
    resolved: tuple[int, ...]


def match_nodules(prior: Sequence[Spot], current: Sequence[Spot], *, gate_mm: float = GATE_MM) -> Matches:
    """Return the assignment of least cost: of its pairs, and of the nodules that it leaves alone.

    A pair costs its distance, its change in size and another lobe, and is none if that is more than the gate;
    if one nodule lies over the middle of the other it costs at most the gate. A prior and a current nodule
    that are left alone cost the gate. Nodules farther apart than it are never a pair.

    Raises
    ------
    ValueError
        If a volume is not above 0.
    """
    if any(spot.volume_mm3 <= 0 for spot in (*prior, *current)):
        raise ValueError("A nodule's volume has to be above 0 mm3.")
    allowed = np.zeros((len(prior), len(current)), dtype=bool)
    costs = np.full(allowed.shape, gate_mm + _ALONE_MM)
    for row, before in enumerate(prior):
        for column, now in enumerate(current):
            distance_mm = math.dist(before.centre_lps_mm, now.centre_lps_mm)
            cost_mm = _cost_mm(before, now, distance_mm)
            over_one_another = 2.0 * distance_mm <= sphere_diameter_mm(max(before.volume_mm3, now.volume_mm3))
            if distance_mm <= gate_mm and (cost_mm <= gate_mm or over_one_another):
                allowed[row, column] = True
                costs[row, column] = min(cost_mm, gate_mm) + _TIE * cost_mm
    rows, columns = linear_sum_assignment(costs)
    pairs = tuple(
        (int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]
    )
    matched, taken = {row for row, _ in pairs}, {column for _, column in pairs}
    return Matches(
        pairs=pairs,
        new=tuple(place for place in range(len(current)) if place not in taken),
        resolved=tuple(place for place in range(len(prior)) if place not in matched),
    )


def _cost_mm(before: Spot, now: Spot, distance_mm: float) -> float:
    other_lobe = before.lobe is not None and now.lobe is not None and before.lobe != now.lobe
    size_mm = SIZE_WEIGHT_MM * abs(math.log(now.volume_mm3 / before.volume_mm3))
    return distance_mm + size_mm + (LOBE_PENALTY_MM if other_lobe else 0.0)
