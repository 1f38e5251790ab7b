"""Distances between the surfaces of two masks.

A surface is the set of voxels of a mask that touch what is outside of it by a face; distances are from
middle to middle, in mm. What is beyond the grid is outside.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Mask

Distances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurfaceDistances:
    """How far each surface voxel of one mask is from the other's surface, both ways.

    Source
    ------
    Metrics Reloaded, doi:10.1038/s41592-023-02151-z.
    """

    from_found_mm: Distances
    from_reference_mm: Distances

    @property
    def hausdorff_mm(self) -> float:
        """The largest distance."""
        return float(max(self.from_found_mm.max(), self.from_reference_mm.max()))

    @property
    def hausdorff95_mm(self) -> float:
        """The larger of both directions' 95th percentiles."""
        return float(max(np.percentile(self.from_found_mm, 95), np.percentile(self.from_reference_mm, 95)))

    @property
    def hausdorff95_pooled_mm(self) -> float:
        """The 95th percentile of both directions together; smaller where one surface is much larger."""
        return float(np.percentile(self._pooled(), 95))

    @property
    def average_mm(self) -> float:
        """The mean of both directions together: average symmetric surface distance."""
        return float(self._pooled().mean())

    def share_within(self, tolerance_mm: float) -> float:
        """Return which part of both surfaces lies within a tolerance: normalised surface distance."""
        return float((self._pooled() <= tolerance_mm).mean())

    def _pooled(self) -> Distances:
        return np.concatenate([self.from_found_mm, self.from_reference_mm])


def surface_distances(
    found: Mask, reference: Mask, spacing_kji_mm: tuple[float, float, float]
) -> SurfaceDistances | None:
    """Measure two masks on one grid; None where one of them has no voxel.

    Parameters
    ----------
    found, reference : shape (k, j, i)
    spacing_kji_mm
        Size of a voxel along each axis.
    """
    if found.shape != reference.shape:
        raise ValueError(f"masks of different grids: {found.shape} and {reference.shape}")
    if not found.any() or not reference.any():
        return None
    part = _box(found | reference)
    found, reference = found[part], reference[part]
    first, second = _surface(found), _surface(reference)
    return SurfaceDistances(
        from_found_mm=_distance_to(second, spacing_kji_mm)[first],
        from_reference_mm=_distance_to(first, spacing_kji_mm)[second],
    )


def _box(mask: Mask) -> tuple[slice, ...]:
    parts = []
    for axis in range(mask.ndim):
        along = np.flatnonzero(mask.any(axis=tuple(n for n in range(mask.ndim) if n != axis)))
        parts.append(slice(int(along[0]), int(along[-1]) + 1))
    return tuple(parts)


def _surface(mask: Mask) -> Mask:
    inside = ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1), border_value=0)
    return np.asarray(mask & ~inside, np.bool_)


def _distance_to(surface: Mask, spacing_kji_mm: tuple[float, float, float]) -> Distances:
    return np.asarray(ndimage.distance_transform_edt(~surface, sampling=spacing_kji_mm), np.float64)
