"""Where the scanner measured nothing although the image has pixels there: outside its circle."""

import numpy as np
from scipy import ndimage

from allward_measure.components import Mask
from allward_runner.case import HuVolume

_NOTHING_HU = -1024
"""What `allward_dicom` sets unmeasured pixels to; air, by noise, lies above it somewhere in a scan."""

_ROUND = 0.03
"""How far the scanned area may be from a disc, as a part of it."""


def outside_scan(volume_hu: HuVolume) -> Mask | None:
    """Find the pixels outside the circle that a CT scanner reconstructs.

    They hold the padding value in every slice, and what they leave over is a disc. A body in air
    that the scanner clips to -1024 leaves no disc over, and is not mistaken for one.

    Parameters
    ----------
    volume_hu : shape (k, j, i)

    Returns
    -------
    shape (j, i); None if the scan fills its images, or its edge is no circle
    """
    inside = np.asarray(volume_hu.max(axis=0) > _NOTHING_HU)
    if inside.all() or not inside.any():
        return None
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    disc = np.pi / 4 * height * width
    slack = _ROUND * disc + np.pi / 2 * height  # half a pixel all round
    if abs(height - width) > _ROUND * width or abs(inside.sum() - disc) > slack:
        return None
    return ~inside


def touches_outside(mask: Mask, outside: Mask) -> bool:
    """Tell whether a structure, shape (k, j, i), has a voxel beside one that was not measured."""
    beside = ndimage.binary_dilation(outside, structure=np.ones((3, 3), np.bool_))
    return bool((mask.any(axis=0) & beside).any())
