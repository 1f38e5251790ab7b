"""What a stage found, as later stages use it: a mask on any grid, and candidates to look around."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from allward_engine.grids import BoolImage, Grid, Layer, Outline, mask_on
from allward_sdk.found import Candidate
from allward_sdk.geometry import Geometry


class Places(Protocol):
    """Where a stage found something."""

    def mask_on(self, target: Grid) -> BoolImage:
        """Return where, on a grid in the axes of the series."""


class Outlined:
    """Labels of a segmentation."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline

    def mask_on(self, target: Grid) -> BoolImage:
        """Return the voxels with any label; see `Places`."""
        return mask_on(self.outline, target)


class Detected:
    """Candidates of a detection; the mask of one is its box, of a point the nearest voxel."""

    def __init__(self, candidates: Sequence[Candidate], geometry: Geometry) -> None:
        self.candidates = list(candidates)
        self._geometry = geometry

    def mask_on(self, target: Grid) -> BoolImage:
        """Return the voxels whose centres lie in a box; see `Places`."""
        mask = np.zeros(target.shape, np.bool_)
        spacing = np.asarray(self._geometry.spacing_kji_mm)
        scale, offset = np.asarray(target.scale), np.asarray(target.offset)
        for candidate in self.candidates:
            centre = (self._geometry.to_index_kji([candidate.centre_lps_mm])[0] - offset) / scale
            size = np.asarray(candidate.size_kji_mm or (0.0, 0.0, 0.0)) / spacing / scale
            half = np.maximum(size / 2, 0.5)  # a box thinner than a voxel still has its nearest one
            low = np.clip(np.ceil(centre - half), 0, target.shape).astype(int)
            high = np.clip(np.floor(centre + half) + 1, 0, target.shape).astype(int)
            mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
        return mask

    def as_layer(self) -> Layer | None:
        """Return the boxes as a segmentation would have drawn them on the series; None without any."""
        whole = Grid(shape=self._geometry.shape_kji)
        mask = self.mask_on(whole)
        sides = [np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
        if sides[0].size == 0:
            return None
        k, j, i = (
            slice(max(int(side[0]) - 1, 0), min(int(side[-1]) + 2, n))
            for side, n in zip(sides, mask.shape, strict=True)
        )
        values = mask[k, j, i].astype(np.float32)[None]
        return Layer(values=values, grid=whole.cropped((k, j, i)), threshold=0.5, label_values=(1,))
