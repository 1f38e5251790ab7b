"""Which voxels of a volume lie in which cells of a grid inside it, axis by axis."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_engine.grids import ON_GRID, FloatImage, Grid


@dataclass(frozen=True, slots=True)
class Reach:
    """Which voxels of a volume a grid speaks for along one axis, and between which of its own they lie.

    Attributes
    ----------
    first
        First of them; they follow one another.
    low, high
        Voxels of the grid below and above each; equal where it lies on one, or beyond the end voxel.
    fraction
        How far from `low` to `high`, 0 to 1; float32.
    """

    first: int
    low: npt.NDArray[np.intp]
    high: npt.NDArray[np.intp]
    fraction: FloatImage

    @property
    def voxels(self) -> slice:
        """The voxels of the volume."""
        return slice(self.first, self.first + len(self.low))

    @property
    def nearest(self) -> npt.NDArray[np.intp]:
        """The voxel of the grid next to each."""
        return np.where(self.fraction >= 0.5, self.high, self.low)


def reach(grid: Grid, n: int, axis: int) -> Reach:
    """Find the voxels of a volume, of `n` along an axis, that a grid speaks for."""
    begin, end = grid.extent(axis)
    first = max(0, int(np.ceil(begin - ON_GRID)))
    voxels = np.arange(first, min(n - 1, int(np.floor(end + ON_GRID))) + 1)
    index = np.clip((voxels - grid.offset[axis]) / grid.scale[axis], 0, grid.shape[axis] - 1)
    whole = np.rint(index)
    if grid.nearest == axis:
        index = np.minimum(np.floor(index + 0.5), grid.shape[axis] - 1)
    index = np.where(np.abs(index - whole) < ON_GRID, whole, index)
    low = np.floor(index).astype(np.intp)
    fraction = (index - low).astype(np.float32)
    return Reach(first=first, low=low, high=low + (fraction > 0), fraction=fraction)
