"""How large a structure is, and whether the scan shows all of it."""

import numpy as np
import numpy.typing as npt

from allward_measure.components import Mask
from allward_sdk.geometry import Geometry


def volume_ml(mask: Mask, geometry: Geometry) -> float:
    """Return the volume of a mask in mL: its voxels times the volume of one.

    Parameters
    ----------
    mask : any part of the grid of `geometry`
    """
    return int(np.count_nonzero(mask)) * geometry.voxel_volume_ml


def label_volume_ml(labels_kji: npt.NDArray[np.integer], value: int, geometry: Geometry) -> float:
    """Return the volume of the voxels with one value, in mL."""
    return volume_ml(labels_kji == value, geometry)


def touches_edge(mask: Mask, *, in_plane: bool = True) -> bool:
    """Tell whether a mask reaches the edge of the scan, so that part of the structure may lie outside.

    Parameters
    ----------
    mask : shape (k, j, i) of the whole volume
    in_plane
        Whether the edges of the field of view count too, or only the first and the last slice.
    """
    ends = bool(mask[[0, -1]].any())
    if ends or not in_plane:
        return ends
    return bool(mask[:, [0, -1]].any() or mask[:, :, [0, -1]].any())
