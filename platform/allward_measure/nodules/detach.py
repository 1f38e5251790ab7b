"""A nodule without what hangs on it: the compact part of a mask around a point."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Mask, bounding_box, box_slices

Index = tuple[int, int, int]
Spacing = tuple[float, float, float]

OPENING = 0.7
"""Radius of the opening, as a share of the nodule's depth: a vessel of less than that thickness goes."""

LONGEST = 3.0
"""No point lies farther from the deepest one than so many depths: what does is a vessel."""

_FACES = ndimage.generate_binary_structure(3, 1)
_SEED_MM = 2.0


def detached(mask: Mask, seed: Index, spacing_mm: Spacing, *, within_mm: float = math.inf) -> Mask | None:
    """Return the compact part of a mask around a voxel, holes filled; None if the mask is not near it.

    Parameters
    ----------
    mask : shape (k, j, i)
    seed
        A voxel of the mask, or one within 2 mm of it.
    within_mm
        So far from it, at most, the middle of the nodule lies: a small one on a wall is not the wall.
    """
    part = part_at(mask, seed, spacing_mm)
    box = None if part is None else bounding_box(part)
    if part is None or box is None:
        return None
    first = box[0]
    inner = np.pad(part[box_slices(box)], 1)
    at = _nearest(inner, (seed[0] - first[0] + 1, seed[1] - first[1] + 1, seed[2] - first[2] + 1), spacing_mm)
    compact = _compact(inner, at, spacing_mm, within_mm)
    filled: Mask = ndimage.binary_fill_holes(compact)
    whole: Mask = np.zeros_like(mask)
    whole[box_slices(box)] = filled[1:-1, 1:-1, 1:-1]
    return whole


def part_at(mask: Mask, seed: Index, spacing_mm: Spacing) -> Mask | None:
    """Return the part of a mask, connected by faces, at a voxel or within 2 mm of it; None if none is."""
    if not mask.any():
        return None
    at = _nearest(mask, seed, spacing_mm)
    if np.linalg.norm((np.asarray(at) - seed) * spacing_mm) > max(_SEED_MM, *spacing_mm):
        return None
    labels, _ = ndimage.label(mask, _FACES)
    part: Mask = labels == labels[at]
    return part


def _compact(part: Mask, seed: Index, spacing_mm: Spacing, within_mm: float) -> Mask:
    """Return what an opening leaves around the deepest place near the seed.

    The outermost voxels of an opening are taken back, since a grid of few voxels has no round corners.
    """
    depth_mm = ndimage.distance_transform_edt(part, sampling=spacing_mm)
    peak = _deepest(_near(depth_mm, seed, spacing_mm, within_mm), seed, spacing_mm)
    own_mm = float(depth_mm[peak])
    radius_mm = OPENING * own_mm
    core = part_at(depth_mm > radius_mm, peak, spacing_mm)
    if core is None:
        return part
    kept = part & (ndimage.distance_transform_edt(~core, sampling=spacing_mm) <= radius_mm + spacing_mm[2])
    away = np.argwhere(kept) - peak
    far = np.linalg.norm(away * spacing_mm, axis=1) > LONGEST * own_mm + spacing_mm[0]
    kept[tuple((away[far] + peak).T)] = False
    whole = part_at(kept, peak, spacing_mm)
    return part if whole is None else whole


def _near(
    depth_mm: npt.NDArray[np.float64], seed: Index, spacing_mm: Spacing, within_mm: float
) -> npt.NDArray[np.float64]:
    """Return the depths within a distance of the seed, and 0 beyond."""
    if math.isinf(within_mm):
        return depth_mm
    k, j, i = (
        ((np.arange(n) - at) * mm) ** 2 for n, at, mm in zip(depth_mm.shape, seed, spacing_mm, strict=True)
    )
    near = k[:, None, None] + j[None, :, None] + i[None, None, :] <= within_mm**2
    return np.where(near, depth_mm, 0.0)


def _deepest(depth_mm: npt.NDArray[np.float64], seed: Index, spacing_mm: Spacing) -> Index:
    """Return the deepest place that is reached from the seed by steps within the depth at each place."""
    at = seed
    for _ in range(8):
        reach = [max(1, int(depth_mm[at] / mm)) for mm in spacing_mm]
        low = [max(n - r, 0) for n, r in zip(at, reach, strict=True)]
        part = depth_mm[tuple(slice(n, a + r + 1) for n, a, r in zip(low, at, reach, strict=True))]
        best = np.unravel_index(int(np.argmax(part)), part.shape)
        there = tuple(int(n) + first for n, first in zip(best, low, strict=True))
        if depth_mm[there] <= depth_mm[at]:
            return at
        at = (there[0], there[1], there[2])
    return at


def _nearest(mask: Mask, seed: Index, spacing_mm: Spacing) -> Index:
    """Return the voxel of a mask that is nearest to a place."""
    if all(0 <= n < size for n, size in zip(seed, mask.shape, strict=True)) and mask[seed]:
        return seed
    found = np.argwhere(mask)
    k, j, i = found[int(np.argmin((((found - seed) * spacing_mm) ** 2).sum(axis=1)))]
    return int(k), int(j), int(i)
