"""Which vessels a cut goes through, where, and how wide they are there."""

from dataclasses import dataclass

import numpy as np

from allward_measure.components import Mask
from allward_measure.surgery.graph import Cut, VesselGraph
from allward_measure.surgery.organ import Organ


@dataclass(frozen=True, slots=True)
class Crossing:
    """A place where a cut goes through a branch.

    Attributes
    ----------
    place
        The branch, and the way from its start.
    point_lps_mm
        The same place in the patient.
    diameter_mm
        Of the vessel there.
    """

    place: Cut
    point_lps_mm: tuple[float, float, float]
    diameter_mm: float


def crossings(organ: Organ, resected: Mask, graph: VesselGraph) -> list[Crossing]:
    """Return where branches pass between what is resected and what remains, the widest first.

    A branch that leaves the organ on the way is crossed only where both sides are the organ's.

    Parameters
    ----------
    resected : shape (k, j, i) of the organ's box
    """
    found = []
    for branch in graph:
        points, along_mm = branch.points_lps_mm, branch.along_mm
        inside = organ.holds(points)
        taken = organ.holds(points, resected & organ.mask)
        rows = np.flatnonzero(inside)
        for a, b in zip(rows[:-1], rows[1:], strict=True):
            if b == a + 1 and taken[a] != taken[b]:
                x, y, z = (float(n) for n in (points[a] + points[b]) / 2)
                place = Cut(branch.number, float(along_mm[a] + along_mm[b]) / 2)
                found.append(Crossing(place, (x, y, z), float(branch.radii_mm[a] + branch.radii_mm[b])))
    return sorted(found, key=lambda crossing: -crossing.diameter_mm)
