"""A CT volume on a coarser grid whose axes run to superior, posterior and left, and the way back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_sdk.geometry import AxisMap, Geometry, axis_map

Mask = npt.NDArray[np.bool_]
FloatVolume = npt.NDArray[np.float32]
Volume = npt.NDArray[np.int16] | FloatVolume

GRID_MM = 2.0
"""Voxels become as large as they can without being larger than this, where they are smaller at first."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """Mean HU of blocks of voxels.

    Attributes
    ----------
    hu
        Shape (z, y, x): z grows to superior, y to posterior, x to left; HU.
    spacing_mm
        Of `hu`, along (z, y, x).
    factors
        Voxels of the volume that one block has along (z, y, x).
    """

    hu: FloatVolume
    spacing_mm: tuple[float, float, float]
    factors: tuple[int, int, int]
    _axes: AxisMap
    _shape: tuple[int, ...]

    @property
    def voxel_ml(self) -> float:
        """Volume of a block in millilitres."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    def volume_ml(self, mask: Mask) -> float:
        """Return the volume of a mask on this grid."""
        return int(np.count_nonzero(mask)) * self.voxel_ml

    def blocks_of(self, index_kji: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
        """Return the block (z, y, x) that holds each voxel (k, j, i) of the volume, shape (n, 3)."""
        turned = index_kji[:, self._axes.order]
        last = np.asarray(self._shape) - 1
        straight = np.where(self._axes.flipped, last - turned, turned)
        blocks: npt.NDArray[np.integer] = straight // np.asarray(self.factors)
        return blocks

    def to_volume(self, mask: Mask) -> Mask:
        """Return a mask of this grid on the volume's own, shape (k, j, i): each voxel as its block."""
        fine = mask
        for axis, factor in enumerate(self.factors):
            fine = np.repeat(fine, factor, axis=axis)
        fine = fine[tuple(slice(0, n) for n in self._shape)]
        turned: Mask = self._axes.to_volume(fine).astype(bool, copy=False)
        return turned


def coarse_of(voxels_kji: Volume, geometry: Geometry) -> Coarse:
    """Average a volume over blocks of at most `GRID_MM`; an axis that is coarser stays as it is.

    Parameters
    ----------
    voxels_kji
        Shape (k, j, i), HU.
    """
    axes = axis_map(geometry, "SPL")
    turned = axes.to_model(voxels_kji)
    spacing = axes.triple_to_model(geometry.spacing_kji_mm)
    factors = tuple(max(1, int(GRID_MM / mm + 1e-6)) for mm in spacing)
    blocks = [-(-n // factor) for n, factor in zip(turned.shape, factors, strict=True)]
    missing = [b * f - n for b, f, n in zip(blocks, factors, turned.shape, strict=True)]
    whole = np.pad(turned, [(0, n) for n in missing], mode="edge") if any(missing) else turned
    split = whole.reshape([size for pair in zip(blocks, factors, strict=True) for size in pair])
    hu: FloatVolume = split.mean(axis=(1, 3, 5), dtype=np.float32)
    z, y, x = (float(mm * factor) for mm, factor in zip(spacing, factors, strict=True))
    return Coarse(hu, (z, y, x), (factors[0], factors[1], factors[2]), axes, turned.shape)
