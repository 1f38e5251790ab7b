"""Dilation, erosion and closing by a ball in millimetres, by distance maps: quick for any radius."""

from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

from allward_measure.components import Box, bounding_box, box_slices
from allward_measure.thorax.coarse import Mask

Spacing = tuple[float, float, float]

_LARGE = 500_000
"""From so many voxels on the distance map of ITK is quicker than that of scipy; both are exact."""
_NOISE_MM2 = 1e-4


def dilated(mask: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Return all voxels whose centre lies within a radius of a voxel of the mask."""
    box = bounding_box(mask)
    if box is None:
        return mask.copy()
    margin = tuple(int(radius_mm / mm) + 1 for mm in spacing_mm)
    place = box_slices(_grown(box, margin, mask.shape))
    whole: Mask = np.zeros_like(mask)
    whole[place] = _is_within(~mask[place], spacing_mm, radius_mm)
    return whole


def eroded(mask: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Return the voxels farther than a radius from everything outside; beyond the array is not outside."""
    box = bounding_box(mask)
    if box is None or mask.all():
        return mask.copy()
    # The nearest voxel outside lies in the box or beside it.
    place = box_slices(_grown(box, (1, 1, 1), mask.shape))
    whole: Mask = np.zeros_like(mask)
    part = mask[place]
    whole[place] = part if part.all() else ~_is_within(part, spacing_mm, radius_mm)
    return whole


def _is_within(away: Mask, spacing_mm: Spacing, radius_mm: float) -> Mask:
    """Tell of each voxel whether one that is not `away` lies within a radius; there is at least one."""
    if away.size < _LARGE:
        distance_mm = ndimage.distance_transform_edt(away, sampling=spacing_mm)
        return np.asarray(distance_mm <= radius_mm, np.bool_)
    image: Any = SimpleITK.GetImageFromArray((~away).view(np.uint8))
    image.SetSpacing([float(mm) for mm in reversed(spacing_mm)])
    itk: Any = SimpleITK
    mapped = itk.SignedMaurerDistanceMap(image, useImageSpacing=True)
    squared: npt.NDArray[np.float32] = SimpleITK.GetArrayViewFromImage(mapped)
    return np.asarray(squared <= radius_mm**2 + _NOISE_MM2, np.bool_)


def _grown(box: Box, margin: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    """Return a box that is larger on all sides, as far as the array goes."""
    k0, j0, i0 = (max(n - m, 0) for n, m in zip(box[0], margin, strict=True))
    k1, j1, i1 = (min(n + m, size) for n, m, size in zip(box[1], margin, shape, strict=True))
    return (k0, j0, i0), (k1, j1, i1)


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
