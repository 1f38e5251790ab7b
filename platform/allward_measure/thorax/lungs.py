"""Left and right lung of a CT, with vessels, nodules and what touches the pleura inside.

Source
------
Hu, Hoffman, Reinhardt 2001 (threshold, components, separation of the two); Armato and Sensakovic 2004
(closing, so that juxtapleural nodules are inside).
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from allward_measure.components import Component, box_slices, find_components
from allward_measure.thorax.airways import find_airways
from allward_measure.thorax.balls import closed, dilated
from allward_measure.thorax.body import find_body
from allward_measure.thorax.coarse import Coarse, Mask
from allward_measure.thorax.sides import LEAST_ML, Side, sided

AERATED_HU = -400.0
CLOSING_MM = 10.0
"""Radius of the ball that rolls over the pleura from outside."""
_GAS_HU = -970.0
"""Median of a bowel, a stomach or a pneumothorax; the emptiest lung is denser."""
_WALL_MM = 2.0
"""Thickness of the wall of an airway, whose partial volume looks like lung."""
_EDGE_CM2 = 5.0
"""A lung that has more area than this in the first or last slice goes on beyond the scan."""


@dataclass(frozen=True, slots=True)
class Lungs:
    """What was found; all masks on the coarse grid. None: not there, or not found."""

    body: Mask
    airways: Mask | None
    right: Mask | None
    left: Mask | None
    cut_above: bool
    """A lung goes on above the first slice seen."""
    cut_below: bool

    @property
    def both(self) -> Mask:
        """Right and left together."""
        together: Mask = np.zeros_like(self.body)
        for lung in (self.right, self.left):
            if lung is not None:
                together |= lung
        return together

    @property
    def sides(self) -> tuple[Side, ...]:
        """Which lungs are there."""
        return tuple(side for side in ("right", "left") if getattr(self, side) is not None)


def find_lungs(coarse: Coarse) -> Lungs:
    """Find the lungs of a volume; none are found where there are none, or where they hold no air."""
    body = find_body(coarse)
    airways = find_airways(coarse, body)
    air: Mask = (coarse.hu < AERATED_HU) & body
    if airways is not None:
        air &= ~dilated(airways, coarse.spacing_mm, _WALL_MM)
    parts = [part for part in find_components(air, neighbours=6) if _is_lung(part, coarse)]
    aerated = sided(parts, body, airways, coarse)
    lungs = {side: _whole(mask, coarse, body, airways) for side, mask in aerated.items()}
    if len(lungs) == 2:
        lungs["left"] &= ~lungs["right"] | aerated["left"]
        lungs["right"] &= ~lungs["left"]
    together = np.logical_or.reduce([np.zeros_like(body), *lungs.values()])
    edge_voxels = _EDGE_CM2 * 100.0 / (coarse.spacing_mm[1] * coarse.spacing_mm[2])
    return Lungs(
        body=body,
        airways=airways,
        right=lungs.get("right"),
        left=lungs.get("left"),
        cut_above=bool(np.count_nonzero(together[-1]) > edge_voxels),
        cut_below=bool(np.count_nonzero(together[0]) > edge_voxels),
    )


def _is_lung(part: Component, coarse: Coarse) -> bool:
    if part.voxels * coarse.voxel_ml < LEAST_ML:
        return False
    return float(np.median(coarse.hu[box_slices(part.box_kji)][part.mask])) > _GAS_HU


def _whole(aerated: Mask, coarse: Coarse, body: Mask, airways: Mask | None) -> Mask:
    """Return a lung with what it encloses, and without the airways."""
    lung = closed(aerated, coarse.spacing_mm, CLOSING_MM) & body
    for z in range(lung.shape[0]):
        lung[z] = ndimage.binary_fill_holes(lung[z])
    if airways is not None:
        lung &= ~airways
    return lung


def reach_of(lungs: Lungs, coarse: Coarse, beyond_mm: float) -> Mask:
    """Return the lungs and the body within a distance of them, where a mass may have taken a lung's place.

    A closing brings back what is small; a mass at the diaphragm that is larger than the ball stays outside.
    """
    near = dilated(lungs.both, coarse.spacing_mm, beyond_mm)
    near &= lungs.body
    return near
