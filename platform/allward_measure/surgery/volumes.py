"""What remains of an organ: volumes in mL, shares, their error, and whether the remnant is one piece."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from allward_measure.components import Mask, find_components
from allward_measure.surgery.margins import cut_surface, faces_mm2
from allward_measure.surgery.organ import Organ
from allward_measure.volume import volume_ml
from allward_sdk.errors import BadInputError

SMOOTH = 2.0 / 3.0
"""Area of a smooth surface as a share of its voxel faces (`margins.faces_mm2`)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The least and the greatest value that the error of the segmentation allows."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Remnant:
    """What an operation takes and leaves.

    Attributes
    ----------
    organ_ml, resected_ml, remnant_ml
        `resected_ml` and `remnant_ml` add up to `organ_ml`, tumours included.
    tumour_ml
        Of all tumours within the organ.
    functional_ml
        The organ without its tumours.
    functional_remnant_ml
        What remains, without the tumours that remain.
    share
        `functional_remnant_ml` of `functional_ml`, 0..1.
    error_ml, error_share
        What both become when every boundary is off by the stated distance.
    pieces_ml
        The connected parts of the remnant, largest first: more than one is worth a warning.
    """

    organ_ml: float
    resected_ml: float
    remnant_ml: float
    tumour_ml: float
    functional_ml: float
    functional_remnant_ml: float
    share: float
    error_ml: Interval
    error_share: Interval
    pieces_ml: tuple[float, ...]

    @property
    def is_in_pieces(self) -> bool:
        """Whether the remnant is more than one piece."""
        return len(self.pieces_ml) > 1


def remnant_of(
    organ: Organ, resected: Mask, tumours: Mask | None = None, *, boundary_mm: float | None = None
) -> Remnant:
    """Return the volumes of an operation.

    Parameters
    ----------
    resected : shape (k, j, i) of the organ's box
    tumours : shape (k, j, i) of the organ's box
        All of them; what lies outside the organ counts nowhere. None: the organ has none.
    boundary_mm
        By how much a boundary may be off; half of the largest spacing where nothing better is known.

    Raises
    ------
    BadInputError
        If the cut does not divide the organ, or the organ is all tumour.
    """
    taken = resected & organ.mask
    remnant = organ.mask & ~taken
    tumour = np.zeros_like(organ.mask) if tumours is None else tumours & organ.mask
    grid = organ.geometry
    functional_ml = volume_ml(organ.mask & ~tumour, grid)
    if functional_ml == 0:
        raise BadInputError("All of the organ is tumour. Check the segmentation of both.")
    left_ml = volume_ml(remnant & ~tumour, grid)
    off_mm = max(grid.spacing_kji_mm) / 2 if boundary_mm is None else boundary_mm
    error_ml, error_share = _error(organ, taken, remnant, (functional_ml, left_ml), off_mm)
    pieces = tuple(part.voxels * grid.voxel_volume_ml for part in find_components(remnant, neighbours=6))
    return Remnant(
        organ_ml=organ.volume_ml,
        resected_ml=volume_ml(taken, grid),
        remnant_ml=volume_ml(remnant, grid),
        tumour_ml=volume_ml(tumour, grid),
        functional_ml=functional_ml,
        functional_remnant_ml=left_ml,
        share=left_ml / functional_ml,
        error_ml=error_ml,
        error_share=error_share,
        pieces_ml=pieces,
    )


def _error(
    organ: Organ, taken: Mask, remnant: Mask, functional_ml: tuple[float, float], off_mm: float
) -> tuple[Interval, Interval]:
    """Return the interval of the remnant and of its share.

    The organ's outer boundary is off by one distance everywhere (a segmentation is too wide or too narrow as
    a whole), the cut by another; both lie within `off_mm`, and the corners bound what comes of them.
    """
    cut_mm2 = cut_surface(organ, taken).area_mm2
    steps = faces_mm2(taken, organ.geometry) + faces_mm2(remnant, organ.geometry)
    shared = (steps - faces_mm2(organ.mask, organ.geometry)) / 2
    outer = [SMOOTH * (faces_mm2(part, organ.geometry) - shared) for part in (remnant, taken)]
    whole_ml, left_ml = functional_ml
    volumes, shares = [], []
    for rim, cut in product((-off_mm, off_mm), repeat=2):
        left = max(left_ml + (rim * outer[0] + cut * cut_mm2) / 1000, 0.0)
        whole = whole_ml + rim * sum(outer) / 1000
        volumes.append(left)
        shares.append(min(left / whole, 1.0) if whole > 0 else 1.0)
    return Interval(min(volumes), max(volumes)), Interval(min(shares), max(shares))
