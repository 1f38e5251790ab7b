"""An organ on its own grid: the box around it, where every cut and every volume is worked out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.components import Box, Mask, bounding_box, box_slices
from allward_measure.volume import volume_ml
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray, Geometry


@dataclass(frozen=True, slots=True)
class Organ:
    """The voxels of an organ and the grid of the box around them.

    Attributes
    ----------
    mask : shape (k, j, i) of the box
    geometry
        The grid of the box; its points are those of the scan.
    box_kji
        Where the box lies in the scan.
    scan_shape_kji
        Shape of the whole scan.
    """

    mask: Mask
    geometry: Geometry
    box_kji: Box
    scan_shape_kji: tuple[int, int, int]

    @property
    def volume_ml(self) -> float:
        """Volume of the organ in mL."""
        return volume_ml(self.mask, self.geometry)

    def crop(self, scan: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """View the part of an array of the scan that lies in the organ's box.

        Raises
        ------
        ValueError
            If the array is not of the scan's shape.
        """
        if scan.shape != self.scan_shape_kji:
            raise ValueError(f"an array of the scan has shape {self.scan_shape_kji}, not {scan.shape}")
        return scan[box_slices(self.box_kji)]

    def to_scan(self, part: Mask) -> Mask:
        """Return a mask of the box as one of the whole scan."""
        whole: Mask = np.zeros(self.scan_shape_kji, dtype=bool)
        whole[box_slices(self.box_kji)] = part
        return whole

    def points_lps_mm(self, part: Mask) -> FloatArray:
        """Return the centres of a mask's voxels in array order, shape (n, 3), mm, LPS."""
        return self.geometry.to_lps_mm(np.argwhere(part))

    def holds(self, points_lps_mm: npt.ArrayLike, part: Mask | None = None) -> Mask:
        """Tell which points lie in a voxel of the organ, or of a mask of its box; shape (n,)."""
        inside = self.mask if part is None else part
        index = np.floor(self.geometry.to_index_kji(points_lps_mm) + 0.5).astype(np.int64)
        near: Mask = np.all((index >= 0) & (index < self.mask.shape), axis=1)
        near[near] = inside[tuple(index[near].T)]
        return near


def organ_of(mask: Mask, geometry: Geometry) -> Organ:
    """Return the organ that a mask of a scan shows.

    Parameters
    ----------
    mask : shape (k, j, i) of the scan
    geometry
        The scan's grid.

    Raises
    ------
    BadInputError
        If the mask has no voxel.
    """
    box = bounding_box(mask)
    if box is None:
        raise BadInputError("The organ has no voxel in this scan. Segment or draw it before planning.")
    part: Mask = np.ascontiguousarray(mask[box_slices(box)], dtype=bool)
    return Organ(part, grid_of(geometry, box), box, geometry.shape_kji)


def grid_of(geometry: Geometry, box_kji: Box) -> Geometry:
    """Return the grid of a box within a grid."""
    (k0, j0, i0), (k1, j1, i1) = box_kji
    matrix = geometry.index_to_lps_mm.copy()
    matrix[:3, 3] = geometry.to_lps_mm([box_kji[0]])[0]
    return Geometry((k1 - k0, j1 - j0, i1 - i0), matrix, geometry.frame_of_reference_uid)
