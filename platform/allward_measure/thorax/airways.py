"""Trachea and the large bronchi, grown from a round hole of air in the upper chest.

Source
------
Mori et al., 1996; Lo et al., "EXACT'09", 2012: a region grows at ever higher thresholds until it bursts
into the lung.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from allward_measure.thorax.coarse import Coarse, Mask

AIR_HU = -800.0
"""The lumen of a trachea on a grid of 2 mm is darker."""

_AREA_MM2 = (40.0, 800.0)
_ROUND = 0.45
"""Least share of its bounding box that a round hole fills; of a disc it is 0.79."""
_RUN_MM = 20.0
"""So far down a hole must go on to be a trachea."""
_STEP_MM = 6.0
"""How far its centre may move from a slice to the next."""
_THRESHOLDS_HU = (-950.0, -925.0, -900.0, -875.0, -850.0, -825.0, -800.0, -775.0, -750.0)
_MOST_ML = 150.0
_BURST = 1.8
"""By what factor a region grows from one threshold to the next when it leaks into the lung."""


@dataclass(frozen=True, slots=True)
class _Hole:
    z: int
    y: float
    x: float
    area_mm2: float


def find_airways(coarse: Coarse, body: Mask) -> Mask | None:
    """Return the lumen of the trachea and the large bronchi; None if no trachea is found."""
    seed = _seed(coarse, body)
    if seed is None:
        return None
    best = None
    before_ml = 0.0
    for threshold in _THRESHOLDS_HU:
        dark: Mask = (coarse.hu < threshold) & body
        if not dark[seed]:
            continue
        labels, _ = ndimage.label(dark)
        region: Mask = labels == labels[seed]
        now_ml = coarse.volume_ml(region)
        if now_ml > _MOST_ML or (best is not None and now_ml > _BURST * before_ml and now_ml > 40.0):
            break
        best, before_ml = region, now_ml
    return best


def _seed(coarse: Coarse, body: Mask) -> tuple[int, int, int] | None:
    """Return a voxel (z, y, x) in the trachea: the top of the longest chain of round holes."""
    chains: list[list[_Hole]] = []
    for z in reversed(range(body.shape[0])):
        left = list(_holes(coarse, body, z))
        for chain in chains:
            following = [hole for hole in left if _goes_on(chain[-1], hole, coarse)]
            if chain[-1].z == z + 1 and following:
                nearest = min(following, key=lambda hole: _apart_mm(chain[-1], hole, coarse))
                chain.append(nearest)
                left.remove(nearest)
        chains.extend([hole] for hole in left)
    long = [chain for chain in chains if (len(chain) - 1) * coarse.spacing_mm[0] >= _RUN_MM]
    if not long:
        return None
    first = max(long, key=len)
    hole = first[len(first) // 2]
    near = np.argwhere((coarse.hu[hole.z] < AIR_HU) & body[hole.z])
    y, x = near[np.argmin(np.hypot(near[:, 0] - hole.y, near[:, 1] - hole.x))]
    return hole.z, int(y), int(x)


def _holes(coarse: Coarse, body: Mask, z: int) -> Iterator[_Hole]:
    """Yield the round holes of air of one slice that lie near the body's middle."""
    columns = np.flatnonzero(body[z].any(axis=0))
    if not columns.size:
        return
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    labels, count = ndimage.label((coarse.hu[z] < AIR_HU) & body[z])
    pixel_mm2 = coarse.spacing_mm[1] * coarse.spacing_mm[2]
    for number, box in enumerate(ndimage.find_objects(labels, count), 1):
        part = labels[box] == number
        area_mm2 = np.count_nonzero(part) * pixel_mm2
        y, x = (float(c) + cut.start for c, cut in zip(ndimage.center_of_mass(part), box, strict=True))
        if _AREA_MM2[0] <= area_mm2 <= _AREA_MM2[1] and part.mean() >= _ROUND and abs(x - middle) <= half / 3:
            yield _Hole(z, y, x, area_mm2)


def _goes_on(above: _Hole, below: _Hole, coarse: Coarse) -> bool:
    return _apart_mm(above, below, coarse) <= max(_STEP_MM, coarse.spacing_mm[0]) and (
        0.4 <= below.area_mm2 / above.area_mm2 <= 2.5
    )


def _apart_mm(one: _Hole, other: _Hole, coarse: Coarse) -> float:
    return float(np.hypot((one.y - other.y) * coarse.spacing_mm[1], (one.x - other.x) * coarse.spacing_mm[2]))
