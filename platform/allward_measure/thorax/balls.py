"""Dilation, erosion and closing by a ball in millimetres, by distance maps: quick for any radius."""

import numpy as np
from scipy import ndimage

from allward_measure.components import bounding_box
from allward_measure.thorax.coarse import Mask

Spacing = tuple[float, float, float]


def dilated(mask: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Return all voxels whose centre lies within a radius of a voxel of the mask."""
    if not mask.any():
        return mask.copy()
    near: Mask = ndimage.distance_transform_edt(~mask, sampling=spacing_mm) <= radius_mm
    return near


def eroded(mask: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Return the voxels farther than a radius from everything outside; beyond the array is not outside."""
    if mask.all():
        return mask.copy()
    deep: Mask = ndimage.distance_transform_edt(mask, sampling=spacing_mm) > radius_mm
    return deep


def closed(mask: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Return the mask with everything that a ball of a radius outside of it cannot reach.

    At the first and the last slice a structure that goes on beyond the scan is closed as if it did.
    """
    box = bounding_box(mask)
    if box is None:
        return mask.copy()
    pad = [int(np.ceil(2 * radius_mm / mm)) + 1 for mm in spacing_mm]
    cut = tuple(slice(low, high) for low, high in zip(*box, strict=True))
    modes = ("edge", "constant", "constant")
    part = mask[cut]
    for axis, mode in enumerate(modes):
        width = [(pad[a], pad[a]) if a == axis else (0, 0) for a in range(3)]
        part = np.pad(part, width, mode=mode)  # type: ignore[call-overload]  # a mode in a variable
    part = eroded(dilated(part, spacing_mm, radius_mm), spacing_mm, radius_mm)
    whole = mask.copy()
    inner = part[tuple(slice(n, size - n) for n, size in zip(pad, part.shape, strict=True))]
    whole[cut] |= inner
    return whole
