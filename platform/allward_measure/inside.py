"""A point that lies within a structure for certain: where a screen jumps to."""

import numpy as np
from scipy import ndimage

from allward_measure.components import Box, Mask, bounding_box, box_slices
from allward_sdk.geometry import Geometry

_MAX_EXACT_VOXELS = 20_000_000


def inside_point_kji(mask: Mask, geometry: Geometry) -> tuple[int, int, int] | None:
    """Return the voxel of a mask that lies deepest inside it; None if the mask has no voxel.

    The centre of gravity of a bent structure can lie outside it; this point cannot. Of equally deep
    voxels the one nearest the centre of gravity is taken.

    Parameters
    ----------
    mask : shape (k, j, i)
    """
    box = bounding_box(mask)
    if box is None:
        return None
    step = _step(box)
    part = np.pad(mask[box_slices(box)][:, ::step, ::step], 1)
    if not part.any():
        step, part = 1, np.pad(mask[box_slices(box)], 1)
    spacing = np.asarray(geometry.spacing_kji_mm) * (1, step, step)
    depth = ndimage.distance_transform_edt(part, sampling=spacing)
    deepest = np.argwhere(depth >= depth.max() - 1e-6)
    centre = np.argwhere(part).mean(axis=0)
    nearest = deepest[int(np.argmin((((deepest - centre) * spacing) ** 2).sum(axis=1)))]
    k, j, i = (int(n) for n in (nearest - 1) * (1, step, step) + box[0])
    return k, j, i


def _step(box: Box) -> int:
    """Return how many rows and columns are skipped in a structure too large for an exact search."""
    size = int(np.prod(np.asarray(box[1]) - np.asarray(box[0])))
    return max(1, int(np.ceil(np.sqrt(size / _MAX_EXACT_VOXELS))))
