"""Components, openings and dilations of masks, made for whole scans: boolean arrays, few temporaries."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import BoolImage, Box3

_FULL = np.ones((3, 3, 3), np.bool_)
"""26 neighbours."""


def dilate(mask: BoolImage, steps: int) -> BoolImage:
    """Grow by the 6-connected structure, `steps` times; equals ``scipy.ndimage.binary_dilation``."""
    for _ in range(steps):
        grown = mask.copy()
        for axis in range(3):
            low, high = _shifted(axis)
            grown[low] |= mask[high]
            grown[high] |= mask[low]
        mask = grown
    return mask


def erode(mask: BoolImage, steps: int) -> BoolImage:
    """Shrink by the 6-connected structure, `steps` times, with nothing outside the array.

    Equals ``scipy.ndimage.binary_erosion`` with its default ``border_value=0``.
    """
    for _ in range(steps):
        shrunk = mask.copy()
        for axis in range(3):
            low, high = _shifted(axis)
            shrunk[low] &= mask[high]
            shrunk[high] &= mask[low]
            ends = [slice(None)] * 3
            for end in (0, -1):
                ends[axis] = slice(end, None if end else 1)
                shrunk[tuple(ends)] = False
        mask = shrunk
    return mask


def box_of(mask: BoolImage) -> Box3 | None:
    """Return the bounding box of what is set; None if nothing is."""
    sides = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    if sides[0].size == 0:
        return None
    k, j, i = (slice(int(side[0]), int(side[-1]) + 1) for side in sides)
    return k, j, i


def box_of_largest_component(mask: BoolImage) -> Box3 | None:
    """Return the bounding box of the largest 6-connected component; None if nothing is set."""
    components, count = ndimage.label(mask)
    if count == 0:
        return None
    best = int(component_sizes(components, count)[1:].argmax())
    box: Box3 = ndimage.find_objects(components, max_label=best + 1)[best]
    return box


def largest_component(mask: BoolImage) -> BoolImage:
    """Keep the largest 26-connected component; of equal ones, the first in array order."""
    components, count = ndimage.label(mask, structure=_FULL)
    if count <= 1:
        return mask
    best = int(component_sizes(components, count)[1:].argmax()) + 1
    return np.asarray(components == best, np.bool_)


def remove_small(mask: BoolImage, *, below_voxels: float) -> BoolImage:
    """Drop 26-connected components of fewer voxels."""
    components, count = ndimage.label(mask, structure=_FULL)
    keep = component_sizes(components, count) >= below_voxels
    keep[0] = False
    return np.asarray(keep[components], np.bool_)


def fill_holes(mask: BoolImage) -> BoolImage:
    """Fill cavities that no path of 6-neighbours connects with the outside."""
    return np.asarray(ndimage.binary_fill_holes(mask), np.bool_)


def component_sizes(components: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.int64]:
    """Count the voxels of each component, background first; slice by slice, to stay small."""
    sizes = np.zeros(count + 1, np.int64)
    for part in components:
        sizes += np.bincount(part.ravel(), minlength=count + 1)
    return sizes


def _shifted(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)
