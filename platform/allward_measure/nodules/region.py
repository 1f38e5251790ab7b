"""The surroundings of one nodule, cut out of the scan: all that its measurements look at."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.components import Component, Mask
from allward_sdk.geometry import FloatArray, Geometry

MARGIN_MM = 8.0
"""How far a region reaches beyond the nodule: enough for a rim of lung to take its level from."""


@dataclass(frozen=True, slots=True)
class Region:
    """One nodule and what is around it.

    Attributes
    ----------
    volume_hu, mask : shape (k, j, i) of the region
    geometry
        Grid of the region itself; its points are those of the scan.
    lung
        Voxels of the lungs, if they are known.
    at_edge
        The nodule touches the edge of the scan, so that a part of it may lie outside.
    """

    volume_hu: FloatArray
    mask: Mask
    geometry: Geometry
    lung: Mask | None = None
    at_edge: bool = False


def cut_out(
    volume_hu: npt.NDArray[np.generic],
    nodule: Component,
    geometry: Geometry,
    *,
    lung: Mask | None = None,
    margin_mm: float = MARGIN_MM,
) -> Region:
    """Return the region of a nodule.

    Parameters
    ----------
    volume_hu, lung : shape (k, j, i) of `geometry`
    nodule
        Its voxels in the same grid.
    """
    margin = [math.ceil(margin_mm / mm) for mm in geometry.spacing_kji_mm]
    first, last = nodule.box_kji
    k0, j0, i0 = (max(n - m, 0) for n, m in zip(first, margin, strict=True))
    k1, j1, i1 = (min(n + m, size) for n, m, size in zip(last, margin, geometry.shape_kji, strict=True))
    place = slice(k0, k1), slice(j0, j1), slice(i0, i1)
    shape_kji = k1 - k0, j1 - j0, i1 - i0
    mask: Mask = np.zeros(shape_kji, np.bool_)
    mask[tuple(slice(n - o, m - o) for n, m, o in zip(first, last, (k0, j0, i0), strict=True))] = nodule.mask
    return Region(
        volume_hu=np.asarray(volume_hu[place], np.float64),
        mask=mask,
        geometry=shifted(geometry, (k0, j0, i0), shape_kji),
        lung=None if lung is None else np.asarray(lung[place], np.bool_),
        at_edge=0 in first or any(n == size for n, size in zip(last, geometry.shape_kji, strict=True)),
    )


def shifted(geometry: Geometry, first_kji: tuple[int, int, int], shape_kji: tuple[int, int, int]) -> Geometry:
    """Return the grid of a part that begins at voxel `first_kji` of a larger one."""
    affine = geometry.index_to_lps_mm.copy()
    affine[:3, 3] = geometry.to_lps_mm([first_kji])[0]
    return Geometry(shape_kji, affine, geometry.frame_of_reference_uid)
