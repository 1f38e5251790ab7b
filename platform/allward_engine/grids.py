"""Where the voxels of a prepared image lie in the series, and values carried from one such grid to another.

A `Grid` holds one scale and one offset per axis: voxel ``m`` of the grid lies at index
``offset + scale * m`` of the volume that it came from. Which axes are meant is told by the context:
first the model's own, then, after `Grid.to_volume`, those of the series (k, j, i). Cropping moves
the offset, resampling changes the scale, and nothing else ever moves a voxel.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from allward_sdk.geometry import AxisMap

FloatImage = npt.NDArray[np.float32]
BoolImage = npt.NDArray[np.bool_]
Shape3 = tuple[int, int, int]
Box3 = tuple[slice, slice, slice]

ON_GRID = 1e-6
"""Part of a voxel below which two positions count as the same; above the rounding of float64 affines."""


@dataclass(frozen=True, slots=True)
class Grid:
    """An axis-aligned grid inside a volume.

    Attributes
    ----------
    covers
        Where the grid speaks for the volume, per axis from and to, in voxels of the volume; None if that is
        half a voxel of the grid beyond its end voxels. What was cropped away stays outside whatever follows.
    held
        Whether values beyond the centres of the end voxels are those of the end voxels (all but "ends").
    nearest
        Axis between whose planes nothing is interpolated, neither on the way in nor on the way back.
    """

    shape: Shape3
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    covers: tuple[tuple[float, float], tuple[float, float], tuple[float, float]] | None = None
    held: bool = False
    nearest: int | None = None

    def extent(self, axis: int) -> tuple[float, float]:
        """Return from where to where it speaks for the volume along an axis."""
        if self.covers is not None:
            return self.covers[axis]
        low = self.offset[axis] - self.scale[axis] / 2
        return low, low + self.scale[axis] * self.shape[axis]

    def cropped(self, box: Box3) -> "Grid":
        """Return the grid of the sub-image `box`."""
        part = replace(
            self,
            shape=_triple_int([s.stop - s.start for s in box]),
            offset=_triple([o + c * s.start for o, c, s in zip(self.offset, self.scale, box, strict=True)]),
            covers=None,
        )
        both = [(self.extent(axis), part.extent(axis)) for axis in range(3)]
        a, b, c = ((max(old[0], new[0]), min(old[1], new[1])) for old, new in both)
        return replace(part, covers=(a, b, c))

    def resampled(
        self,
        shape: Shape3,
        convention: Literal["ends", "half_pixel", "spaced"] = "ends",
        *,
        nearest: int | None = None,
        steps: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> "Grid":
        """Return the grid with another number of voxels.

        Their end voxels coincide, or the outer edges of these do ("half_pixel"), or the first voxels do and
        the next ones lie `steps` of the old grid's voxels further ("spaced"). In "ends" an axis that
        shrinks to one voxel keeps its first voxel, as ``scipy.ndimage.zoom`` does, and that voxel stands for
        the whole extent.
        """
        scale, offset = [], []
        for axis, (old, new) in enumerate(zip(self.shape, shape, strict=True)):
            first = 0.0
            if convention == "half_pixel":
                step = old / new
                first = (step - 1) / 2
            elif convention == "spaced":
                step = steps[axis]
            else:
                step = (old - 1) / (new - 1) if new > 1 else float(old)
            scale.append(self.scale[axis] * step if step > 0 else self.scale[axis])
            offset.append(self.offset[axis] + self.scale[axis] * first)
        a, b, c = (self.extent(axis) for axis in range(3))
        return Grid(
            shape=shape,
            scale=_triple(scale),
            offset=_triple(offset),
            covers=(a, b, c),
            held=self.held or convention != "ends",
            nearest=self.nearest if nearest is None else nearest,
        )

    def to_volume(self, axes: AxisMap, shape_kji: Shape3) -> "Grid":
        """Bring a grid in the model's axes to (k, j, i), as `AxisMap.to_volume` does with its array."""
        shape, scale, offset = [1, 1, 1], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]
        covers = [(0.0, 0.0)] * 3
        for axis, (volume_axis, flipped) in enumerate(zip(axes.order, axes.flipped, strict=True)):
            n = self.shape[axis]
            shape[volume_axis], scale[volume_axis] = n, self.scale[axis]
            end = shape_kji[volume_axis] - 1
            last = self.offset[axis] + self.scale[axis] * (n - 1)
            offset[volume_axis] = end - last if flipped else self.offset[axis]
            low, high = self.extent(axis)
            covers[volume_axis] = (end - high, end - low) if flipped else (low, high)
        return Grid(
            shape=_triple_int(shape),
            scale=_triple(scale),
            offset=_triple(offset),
            covers=(covers[0], covers[1], covers[2]),
            held=self.held,
            nearest=None if self.nearest is None else axes.order[self.nearest],
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """What one stage found: a value per channel on its own grid, background 0 outside.

    Attributes
    ----------
    values
        Shape (channel, k, j, i).
    grid
        Of `values`, in the axes of the series.
    threshold
        A voxel has the label of the channel with the largest value above this; None if channel 0 is
        the background and the largest value wins.
    label_values
        Voxel value in the label map, per channel (background left out).
    """

    values: FloatImage
    grid: Grid
    threshold: float | None
    label_values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeriesLabels:
    """What one stage found, on the series' grid already.

    Attributes
    ----------
    labels_kji
        Voxel values of the label map; 0 is background.
    """

    labels_kji: npt.NDArray[np.uint8]


Outline = Layer | SeriesLabels
"""What a segmentation found."""


def linear_matrix(source: Grid, target: Grid, axis: int) -> FloatImage:
    """Return the (target, source) weights of linear interpolation along one axis; 0 lies outside."""
    position = target.offset[axis] + target.scale[axis] * np.arange(target.shape[axis])
    n = source.shape[axis]
    index = (position - source.offset[axis]) / source.scale[axis]
    if source.held:
        begin, end = source.extent(axis)
        inside = (position >= begin - ON_GRID) & (position <= end + ON_GRID)
        index = np.where(inside, np.clip(index, 0, n - 1), -1.0)
    if source.nearest == axis:
        index = np.floor(index + 0.5)
    nearest = np.rint(index)
    index = np.where(np.abs(index - nearest) < ON_GRID, nearest, index)
    low = np.floor(index).astype(np.intp)
    matrix = np.zeros((target.shape[axis], n), np.float32)
    for tap, weight in ((low, 1.0 - (index - low)), (low + 1, index - low)):
        inside = (tap >= 0) & (tap < n)
        matrix[np.flatnonzero(inside), tap[inside]] = weight[inside]
    return matrix


def labelled_slices(layer: Layer, target: Grid) -> Iterator[tuple[int, slice, slice, npt.NDArray[np.uint8]]]:
    """Carry what a stage found to another grid, slice by slice.

    The values are interpolated linearly and only then turned into labels, so a border lies where
    the model put it and not on the voxels of its coarse grid.

    Yields
    ------
    index of the slice on the target grid, rows, columns, labels of that rectangle; slices and
    rectangles that hold no label are left out
    """
    weights = [linear_matrix(layer.grid, target, axis) for axis in range(3)]
    reach = [np.flatnonzero(w.any(axis=1)) for w in weights]
    if any(r.size == 0 for r in reach):
        return
    rows, columns = (slice(int(r[0]), int(r[-1]) + 1) for r in reach[1:])
    by_row, by_column = weights[1][rows], np.ascontiguousarray(weights[2][columns].T)
    for k in reach[0]:
        plane = _plane(layer.values, weights[0][k])
        if not _can_have_label(plane, layer.threshold):
            continue
        labels = _labels(np.matmul(by_row, np.matmul(plane, by_column)), layer)
        if labels.any():
            yield int(k), rows, columns, labels


def mask_on(found: Outline, target: Grid) -> BoolImage:
    """Return where a stage found any of its labels, on another grid in the axes of the series.

    Labels on the series' grid are read at the nearest voxel.
    """
    if isinstance(found, SeriesLabels):
        return _nearest(found.labels_kji, target) > 0
    mask = np.zeros(target.shape, np.bool_)
    for k, rows, columns, labels in labelled_slices(found, target):
        mask[k, rows, columns] = labels > 0
    return mask


def _nearest(labels_kji: npt.NDArray[np.uint8], target: Grid) -> npt.NDArray[np.uint8]:
    places = []
    for axis, n in enumerate(labels_kji.shape):
        index = target.offset[axis] + target.scale[axis] * np.arange(target.shape[axis])
        places.append(np.clip(np.rint(index), 0, n - 1).astype(np.intp))
    return labels_kji[np.ix_(*places)]


def _plane(values: FloatImage, weights: FloatImage) -> FloatImage:
    taps = np.flatnonzero(weights)
    plane: FloatImage = values[:, taps[0]] * weights[taps[0]]
    for tap in taps[1:]:
        plane += values[:, tap] * weights[tap]
    return plane


def _can_have_label(plane: FloatImage, threshold: float | None) -> bool:
    if threshold is not None:
        return bool(plane.max() > threshold)
    return bool((plane[1:].max(axis=0) > plane[0]).any())


def _labels(values: FloatImage, layer: Layer) -> npt.NDArray[np.uint8]:
    table = np.asarray((0, *layer.label_values), np.uint8)
    if layer.threshold is None:
        return np.asarray(table[values.argmax(axis=0)], np.uint8)
    if len(values) == 1:
        return np.asarray(np.where(values[0] > layer.threshold, table[1], 0), np.uint8)
    best = values.argmax(axis=0)
    found = np.take_along_axis(values, best[None], axis=0)[0] > layer.threshold
    return np.asarray(np.where(found, table[1 + best], 0), np.uint8)


def _triple(values: list[float]) -> tuple[float, float, float]:
    a, b, c = (float(value) for value in values)
    return a, b, c


def _triple_int(values: list[int]) -> Shape3:
    a, b, c = (int(value) for value in values)
    return a, b, c
