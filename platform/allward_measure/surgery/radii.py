"""How thick a vessel is along its centreline, and where its middle lies between voxels."""

from itertools import product

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_sdk.geometry import FloatArray, Geometry

BEYOND_WALL = 0.1
"""So many voxels beyond the wall lies the nearest middle of a voxel outside, on the average of tubes of 1 to
6 voxels in any direction (tests/unit/measure/surgery/test_vessels.py)."""

_SHIFTS = np.asarray(list(product((-0.5, -0.25, 0.0, 0.25, 0.5), repeat=3)))
_CLIMBS = 3
_PLATEAU = 0.05
"""Places whose distance to the wall is less than so many voxels below the greatest are equally central."""


class Wall:
    """The voxels just outside a vessel, to measure against."""

    def __init__(self, mask: Mask, geometry: Geometry) -> None:
        padded = np.pad(mask, 1)
        shell = ndimage.binary_dilation(padded, ndimage.generate_binary_structure(3, 3)) & ~padded
        self._tree = cKDTree(geometry.to_lps_mm(np.argwhere(shell) - 1))
        self._mask = padded
        self._geometry = geometry

    def holds(self, points_lps_mm: FloatArray) -> Mask:
        """Tell which points lie in a voxel of the vessel, shape (n,)."""
        index = np.floor(self._geometry.to_index_kji(points_lps_mm) + 1.5).astype(np.int64)
        inside: Mask = self._mask[tuple(np.clip(index, 0, np.asarray(self._mask.shape) - 1).T)]
        return inside

    def radii_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Return the radius of the largest sphere at each point that holds no voxel outside the vessel.

        It is right within half a voxel.

        Parameters
        ----------
        points_lps_mm : shape (n, 3)

        Returns
        -------
        shape (n,), mm
        """
        reach: FloatArray = self._tree.query(points_lps_mm, workers=-1)[0]
        radii: FloatArray = np.maximum(reach - BEYOND_WALL * min(self._geometry.spacing_kji_mm), 0.0)
        return radii

    def centred(self, voxels_kji: FloatArray) -> FloatArray:
        """Return the most central place near each voxel, at most 1.5 voxels away along each axis.

        Thinning leaves a line within a voxel or two of the middle; and a vessel as wide as an even number of
        voxels has its middle between two of them.

        Parameters
        ----------
        voxels_kji : shape (n, 3)

        Returns
        -------
        shape (n, 3), mm, LPS
        """
        middles = voxels_kji
        slack = _PLATEAU * min(self._geometry.spacing_kji_mm)
        for _ in range(_CLIMBS):
            tried = middles[:, None, :] + _SHIFTS
            places = self._geometry.to_lps_mm(tried.reshape(-1, 3))
            depth = self.radii_mm(places).reshape(len(middles), len(_SHIFTS))
            best = depth >= depth.max(axis=1, keepdims=True) - slack
            middles = (tried * best[..., None]).sum(axis=1) / best.sum(axis=1, keepdims=True)
        return self._geometry.to_lps_mm(middles)
