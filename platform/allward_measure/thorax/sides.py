"""Which lung is the right one, which the left one, and in which of them something lies.

A plane down the middle of the body is not enough: the heart, a raised diaphragm or a lung that is not there
moves the lungs across it, and a patient may lie turned. So the lungs themselves are told apart, and what lies
in the chest is on the side of the lung that holds it.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Component, find_components
from allward_measure.thorax.balls import eroded
from allward_measure.thorax.coarse import Coarse, Mask

Side = Literal["right", "left"]

LEAST_ML = 150.0
"""Of a lung on a scan; less is a piece, or no lung."""

_FUSED = 4.0
"""If the largest part is so many times the second, two lungs are one part."""
_APART = 0.25
"""Of the body's width: two parts whose middles lie farther apart are two lungs. The middles of two lungs lie
nearly half of it apart, those of pieces of one lung by less than the width of that lung."""
_ACROSS = 0.3
"""Of a part: where more lies on either side of the middle it holds both lungs; a lung that has grown into the
place of the other one reaches across with less."""
_TRACHEA_MM = 30.0
"""So much of its upper end is trachea, and lies in the middle of the neck and the upper chest."""
_NEAR_MM = 5.0
"""What lies farther from the only lung that was found may belong to the other one."""

Index = npt.NDArray[np.integer]


def side_at(
    right: Mask | None, left: Mask | None, spacing_mm: tuple[float, float, float], index_zyx: Index
) -> Side | None:
    """Return the lung that holds most of some voxels, or that lies nearest to them; None if that is open.

    Parameters
    ----------
    right, left : shape (z, y, x)
        None: there is no such lung, or it was not found.
    index_zyx : shape (n, 3), at least one, inside of the masks
    """
    lungs: list[tuple[Side, Mask | None]] = [("right", right), ("left", left)]
    at = tuple(index_zyx.T)
    held = {side: int(mask[at].sum()) for side, mask in lungs if mask is not None}
    if len(set(held.values())) == len(held) and any(held.values()):
        return max(held, key=lambda side: held[side])
    middle = index_zyx.mean(axis=0)
    gaps = {
        side: float(np.linalg.norm((np.argwhere(mask) - middle) * spacing_mm, axis=1).min())
        for side, mask in lungs
        if mask is not None and mask.any()
    }
    if not gaps:
        return None
    if len(gaps) == 1:
        side, gap_mm = next(iter(gaps.items()))
        return side if gap_mm <= _NEAR_MM else None
    if gaps["right"] == gaps["left"]:
        return None
    return "right" if gaps["right"] < gaps["left"] else "left"


def sided(parts: list[Component], body: Mask, airways: Mask | None, coarse: Coarse) -> dict[Side, Mask]:
    """Return the aerated part of each lung that is there, of parts that lie in lungs, largest first."""
    shape = (body.shape[0], body.shape[1], body.shape[2])
    if not parts:
        return {}
    masks = [part.in_whole(shape) for part in parts]
    if len(parts) == 1 or parts[0].voxels > _FUSED * parts[1].voxels:
        masks = [*_separated(masks[0], coarse), *masks[1:]]
    middle = _middle(masks, body, airways, coarse)
    voxels = [int(np.count_nonzero(mask)) for mask in masks]
    if len(masks) == 1 or voxels[0] > _FUSED * voxels[1]:
        masks = [*_halves(masks[0], middle, coarse), *masks[1:]]
    found: dict[Side, Mask] = {}
    for mask in masks:
        side: Side = "left" if _mean_x(mask) > middle else "right"
        found[side] = found[side] | mask if side in found else mask
    return found


def _mean_x(mask: Mask) -> float:
    return float(np.flatnonzero(mask.any(axis=(0, 1))) @ _columns(mask) / _columns(mask).sum())


def _columns(mask: Mask) -> npt.NDArray[np.integer]:
    counts: npt.NDArray[np.integer] = np.count_nonzero(mask, axis=(0, 1))
    return counts[counts > 0]


def _middle(masks: list[Mask], body: Mask, airways: Mask | None, coarse: Coarse) -> float:
    """Return the column between both lungs: halfway between two, else the trachea's, else the body's."""
    slices = np.flatnonzero(np.logical_or.reduce(masks).any(axis=(1, 2)))
    spans = [np.flatnonzero(body[z].any(axis=0)) for z in slices if body[z].any()]
    width = float(np.median([span[-1] - span[0] + 1 for span in spans]))
    if len(masks) > 1:
        one, other = (_mean_x(mask) for mask in masks[:2])
        if abs(one - other) > _APART * width:
            return (one + other) / 2.0
    if airways is not None and airways.any():
        top = int(np.flatnonzero(airways.any(axis=(1, 2)))[-1])
        return _mean_x(airways[max(top - int(_TRACHEA_MM / coarse.spacing_mm[0]), 0) : top + 1])
    return float(np.median([(span[0] + span[-1]) / 2.0 for span in spans]))


def _halves(mask: Mask, middle: float, coarse: Coarse) -> list[Mask]:
    """Return both lungs of a mask that lies across the middle; one lung stays one.

    Each voxel goes to the nearer of two middles in the axial plane, so that patients may lie turned.
    """
    index = np.argwhere(mask)
    across = float((index[:, 2] > middle).mean())
    if not _ACROSS < across < 1.0 - _ACROSS:
        return [mask]
    plane, is_left = index[:, 1:] * coarse.spacing_mm[1:], index[:, 2] > middle
    for _ in range(20):
        right, left = plane[~is_left].mean(axis=0), plane[is_left].mean(axis=0)
        nearer = np.sum((plane - left) ** 2, axis=1) < np.sum((plane - right) ** 2, axis=1)
        if (nearer == is_left).all():
            break
        is_left = nearer
    halves = []
    for chosen in (~is_left, is_left):
        half = np.zeros_like(mask)
        half[tuple(index[chosen].T)] = True
        halves.append(half)
    return halves


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
