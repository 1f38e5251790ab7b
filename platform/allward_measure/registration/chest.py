"""A chest as registration sees it: a coarse scan, its lungs, and where both lie in the patient."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.thorax.coarse import Coarse, Volume, coarse_of
from allward_measure.thorax.lungs import Lungs, find_lungs
from allward_sdk.geometry import FloatArray, Geometry, axis_map


@dataclass(frozen=True, slots=True)
class Chest:
    """A coarse scan with its lungs.

    Attributes
    ----------
    index_to_lps_mm
        (4, 4); maps (z, y, x, 1) of the coarse grid to (x, y, z, 1) in mm, LPS.
    """

    coarse: Coarse
    lungs: Lungs
    index_to_lps_mm: FloatArray

    @property
    def middle_lps_mm(self) -> FloatArray:
        """Centre of mass of the lungs, mm, LPS; there has to be a lung."""
        middle: FloatArray = self.to_lps_mm(np.argwhere(self.lungs.both).mean(axis=0)[None])[0]
        return middle

    def to_lps_mm(self, index_zyx: npt.ArrayLike) -> FloatArray:
        """Convert coarse indices, shape (n, 3), to points in mm, LPS."""
        index = np.asarray(index_zyx, dtype=np.float64)
        points: FloatArray = index @ self.index_to_lps_mm[:3, :3].T + self.index_to_lps_mm[:3, 3]
        return points


def chest_of(voxels_kji: Volume, geometry: Geometry) -> Chest:
    """Bring a chest CT to the coarse grid and find its lungs.

    Parameters
    ----------
    voxels_kji
        Shape (k, j, i) of `geometry`, HU.
    """
    coarse = coarse_of(voxels_kji, geometry)
    return placed(coarse, find_lungs(coarse), geometry)


def placed(coarse: Coarse, lungs: Lungs, geometry: Geometry) -> Chest:
    """Return what was found already on a coarse grid as a chest in the patient.

    Parameters
    ----------
    geometry
        Of the volume that `coarse` was made of.
    """
    axes = axis_map(geometry, "SPL")
    to_index = np.zeros((4, 4))
    to_index[3, 3] = 1.0
    for axis, (along, backwards) in enumerate(zip(axes.order, axes.flipped, strict=True)):
        factor = coarse.factors[axis]
        middle = (factor - 1) / 2  # of a block, in voxels
        sign = -1.0 if backwards else 1.0
        to_index[along, axis] = sign * factor
        to_index[along, 3] = geometry.shape_kji[along] - 1 - middle if backwards else middle
    return Chest(coarse, lungs, geometry.index_to_lps_mm @ to_index)
