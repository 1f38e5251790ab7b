"""Where in the lungs a nodule lies: side, lobe, and how far from the pleura."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Component, Mask
from allward_measure.inside import inside_point_kji
from allward_measure.nodules.region import Region, cut_out
from allward_measure.thorax.sides import Side
from allward_sdk.geometry import Geometry

Lobe = Literal["RUL", "RML", "RLL", "LUL", "LLL"]

SEARCH_MM = 40.0
"""How far the pleura is looked for; the centre of a lung lies deeper in few adults."""

PERIPHERAL_MM = 20.0
"""Peripheral is what lies no farther from the pleura than 2 cm."""

_UPPER: frozenset[Lobe] = frozenset({"RUL", "LUL"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a nodule lies; None for what the maps at hand do not tell.

    Attributes
    ----------
    pleura_mm
        From the surface of the nodule to the nearest voxel outside the lungs, 0 if they touch. Fissures do
        not count.
    pleura_beyond_mm
        Set instead, if there is no pleura within that distance.
    """

    side: Side | None
    lobe: Lobe | None
    pleura_mm: float | None
    pleura_beyond_mm: float | None = None

    @property
    def is_upper_lobe(self) -> bool | None:
        """Tell whether it lies in an upper lobe; None if the lobe is not known."""
        return None if self.lobe is None else self.lobe in _UPPER

    @property
    def is_juxtapleural(self) -> bool | None:
        """Tell whether it touches the pleura; None if the lungs are not known."""
        if self.pleura_beyond_mm is not None:
            return False
        return None if self.pleura_mm is None else self.pleura_mm == 0.0

    @property
    def is_peripheral(self) -> bool | None:
        """Tell whether it lies within 2 cm of the pleura; None if the lungs are not known."""
        if self.pleura_beyond_mm is not None:
            return False
        return None if self.pleura_mm is None else self.pleura_mm <= PERIPHERAL_MM


def locate(
    nodule: Component,
    geometry: Geometry,
    *,
    lung: Mask | None = None,
    side: Side | None = None,
    lobes: tuple[npt.NDArray[np.integer], Mapping[int, Lobe]] | None = None,
) -> Place:
    """Return where a nodule lies.

    Parameters
    ----------
    nodule
        Its voxels in the grid of `geometry`.
    lung : shape (k, j, i)
        Both lungs, filled: vessels and nodules count as lung.
    side
        Of the lung that holds it (`allward_measure.thorax.sides`); a lobe that is known goes before it.
    lobes
        A label map of that shape, and which of its values is which lobe.
    """
    lobe = None if lobes is None else lobe_of(nodule, geometry, *lobes)
    if lobe is not None:
        side = "right" if lobe.startswith("R") else "left"
    if lung is None:
        return Place(side, lobe, None)
    pleura_mm = _pleura_mm(nodule, geometry, lung)
    beyond_mm = SEARCH_MM if pleura_mm is None else None
    return Place(side, lobe, pleura_mm, beyond_mm)


def lobe_of(
    nodule: Component,
    geometry: Geometry,
    lobe_map: npt.NDArray[np.integer],
    names: Mapping[int, Lobe],
) -> Lobe | None:
    """Return the lobe at the nodule's middle, or that of most of its voxels where the middle has none."""
    middle = inside_point_kji(nodule.mask, geometry)
    if middle is None:
        return None
    at = tuple(n + first for n, first in zip(middle, nodule.box_kji[0], strict=True))
    here = names.get(int(lobe_map[at]))
    if here is not None:
        return here
    (k0, j0, i0), (k1, j1, i1) = nodule.box_kji
    values = lobe_map[k0:k1, j0:j1, i0:i1][nodule.mask]
    counts = {name: int((values == value).sum()) for value, name in sorted(names.items())}
    most = max(counts, key=lambda name: counts[name], default=None)
    return most if most is not None and counts[most] else None


def _pleura_mm(nodule: Component, geometry: Geometry, lung: Mask) -> float | None:
    """Return the gap to the pleura, looked for near by first: most nodules are peripheral."""
    for reach_mm in (SEARCH_MM / 4, SEARCH_MM / 2, SEARCH_MM):
        gap_mm = _gap_mm(cut_out(lung, nodule, geometry, lung=lung, margin_mm=reach_mm))
        if gap_mm is not None and gap_mm <= reach_mm:
            return gap_mm
    return None


def _gap_mm(region: Region) -> float | None:
    """Return the gap between nodule and outside of the lungs, in mm; None if a region shows no outside."""
    assert region.lung is not None
    within: Mask = region.lung | region.mask
    if within.all():
        return None
    surface = region.mask & ~ndimage.binary_erosion(region.mask)
    nearest = ndimage.distance_transform_edt(
        within, sampling=region.geometry.spacing_kji_mm, return_distances=False, return_indices=True
    )
    at = np.argwhere(surface)
    steps = np.abs(nearest[:, surface].T - at)
    gaps_mm = np.maximum(steps - 1, 0) * np.asarray(region.geometry.spacing_kji_mm)
    return float(np.linalg.norm(gaps_mm, axis=1).min())
