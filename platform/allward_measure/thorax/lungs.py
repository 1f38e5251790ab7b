"""Left and right lung of a CT, with vessels, nodules and what touches the pleura inside.

Source
------
Hu, Hoffman, Reinhardt 2001 (threshold, components, separation of the two); Armato and Sensakovic 2004
(closing, so that juxtapleural nodules are inside).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from allward_measure.components import Component, box_slices, find_components
from allward_measure.thorax.airways import find_airways
from allward_measure.thorax.balls import closed, dilated, eroded
from allward_measure.thorax.body import find_body
from allward_measure.thorax.coarse import Coarse, Mask

Side = Literal["right", "left"]

AERATED_HU = -400.0
CLOSING_MM = 10.0
"""Radius of the ball that rolls over the pleura from outside."""
LEAST_ML = 150.0
"""Of a lung on a scan; less is a piece, or no lung."""

_GAS_HU = -970.0
"""Median of a bowel, a stomach or a pneumothorax; the emptiest lung is denser."""
_WALL_MM = 2.0
"""Thickness of the wall of an airway, whose partial volume looks like lung."""
_FUSED = 4.0
"""If the largest part is so many times the second, two lungs are one part."""
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
    sided = _sided(parts, body, coarse)
    lungs = {side: _whole(mask, coarse, body, airways) for side, mask in sided.items()}
    if len(lungs) == 2:
        lungs["left"] &= ~lungs["right"] | sided["left"]
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


def _sided(parts: list[Component], body: Mask, coarse: Coarse) -> dict[Side, Mask]:
    """Return the aerated part of each lung that is there."""
    shape = (body.shape[0], body.shape[1], body.shape[2])
    if not parts:
        return {}
    masks = [part.in_whole(shape) for part in parts]
    if len(parts) == 1 or parts[0].voxels > _FUSED * parts[1].voxels:
        masks = [*_separated(masks[0], coarse), *masks[1:]]
    columns = np.flatnonzero(body.any(axis=(0, 1)))
    middle = (columns[0] + columns[-1]) / 2
    sided: dict[Side, Mask] = {}
    for mask in masks:
        side: Side = "left" if float(np.argwhere(mask)[:, 2].mean()) > middle else "right"
        sided[side] = sided[side] | mask if side in sided else mask
    return sided


def _separated(fused: Mask, coarse: Coarse) -> list[Mask]:
    """Part two lungs that touch at a thin junction; one lung stays one.

    Where a ball no longer fits through, the two begin; each voxel belongs to the nearer.
    """
    for radius_mm in (2.0, 3.0, 4.0, 6.0, 8.0, 10.0):
        cores = find_components(eroded(fused, coarse.spacing_mm, radius_mm), neighbours=6)
        large = [core for core in cores if core.voxels * coarse.voxel_ml >= LEAST_ML]
        if len(large) >= 2 and large[0].voxels <= _FUSED * large[1].voxels:
            shape = (fused.shape[0], fused.shape[1], fused.shape[2])
            first, second = (
                ndimage.distance_transform_edt(~core.in_whole(shape), sampling=coarse.spacing_mm)
                for core in large[:2]
            )
            return [fused & (first <= second), fused & (first > second)]
    return [fused]


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
