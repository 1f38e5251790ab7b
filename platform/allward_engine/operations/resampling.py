"""Spline resampling as three matrix products, for it is linear, and along each axis on its own.

Of the rows of a matrix only what weighs more than 1e-9 is multiplied, block by block; a cubic spline's
weights fall by 0.27 a voxel, so that leaves some 16 voxels each way.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import FloatImage, Shape3

Image = npt.NDArray[Any]
Convention = Literal["ends", "half_pixel", "spaced"]

_NEGLIGIBLE = 1e-9
"""Weights below it are left out: a millionth of an HU at 1000 HU."""

_BLOCK = 8
"""Rows of the result that are computed in one product. With so few, the BLAS works on this thread alone: its
other threads wait by spinning, which on a busy processor took ten times as long."""

_SLICES = 4
"""Slices worked on together, so that what is between two products stays in the processor's cache."""

_COARSE = 3.0
"""Ratio of spacings above which planes are resampled one by one. Source: nnU-Net, ANISO_THRESHOLD."""


@dataclass(frozen=True, slots=True)
class Spline:
    """How values are read between voxels.

    Attributes
    ----------
    orders
        0, 1 or 3 per axis of the image.
    apart
        Axis whose planes are resampled one by one, and between which it is interpolated then; None for none.
    steps
        With "spaced": old voxels from one new voxel to the next, per axis.
    """

    orders: tuple[int, int, int]
    convention: Convention = "ends"
    apart: int | None = None
    steps: tuple[float, float, float] | None = None


def resample(image: Image, shape: Shape3, spline: Spline) -> FloatImage:
    """Resample to a shape.

    Parameters
    ----------
    image : shape (a, b, c), any layout in memory, any real type
    shape
        Voxels per axis of the result.

    Returns
    -------
    shape `shape`; ``scipy.ndimage.zoom`` for "ends", ``skimage.transform.resize`` for "half_pixel", to the
    rounding of float32

    Source
    ------
    Order 3 in "half_pixel" stays within the range of the image, or with `apart` of each plane, as
    ``clip=True`` of ``skimage.transform.resize`` has it.
    """
    axes = _axes(image, spline)
    straight = image.transpose(axes)
    steps = spline.steps or (None, None, None)
    slices, rows, columns = (
        _blocks(image.shape[axis], shape[axis], spline.orders[axis], spline.convention, steps[axis])
        for axis in axes
    )
    clipped = spline.convention == "half_pixel" and 3 in (spline.orders[axis] for axis in axes[1:])
    limits = None if spline.apart is not None or not clipped else (straight.min(), straight.max())
    done = _in_planes(straight, rows, columns, clip=clipped and spline.apart is not None)
    done = _through(done, slices)
    if limits is not None:
        np.clip(done, *limits, out=done)
    back: FloatImage = done.transpose(np.argsort(axes))
    return back


def plane_axis(*spacings_mm: tuple[float, float, float]) -> int | None:
    """Return the axis between whose planes voxels are so far apart that planes are resampled one by one.

    Parameters
    ----------
    spacings_mm
        Before and after; the first that is coarse counts.

    Returns
    -------
    None if no spacing is, or several axes are equally coarse

    Source
    ------
    nnU-Net, ``determine_do_sep_z_and_axis``.
    """
    for spacing in spacings_mm:
        if max(spacing) / min(spacing) > _COARSE:
            coarsest = [axis for axis in range(3) if spacing[axis] == max(spacing)]
            return coarsest[0] if len(coarsest) == 1 else None
    return None


def memory_order(image: Image) -> tuple[int, int, int]:
    """Return the axes from the slowest in memory to the fastest."""
    a, b, c = sorted(range(3), key=lambda axis: -abs(image.strides[axis]))
    return a, b, c


@lru_cache(maxsize=32)
def spline_matrix(
    old: int, new: int, order: int, convention: Convention = "ends", step: float | None = None
) -> FloatImage:
    """Return the (new, old) weights of a spline along one axis.

    Source
    ------
    Spline resampling is linear in the voxel values, so the matrix is what the reference makes of
    the unit vectors. Positions in "ends" are ``k * (old - 1) / (new - 1)``, scipy's ``grid_mode=False``; in
    "half_pixel" they are ``(k + 0.5) * old / new - 0.5``, scipy's ``grid_mode=True``, which skimage calls; in
    "spaced" they are ``k * step``, held at the last voxel.
    """
    if convention == "half_pixel":
        return _half_pixel_matrix(old, new, order)
    if step is None:
        step = (old - 1) / (new - 1) if new > 1 else 1.0
    position = np.minimum(np.arange(new) * step, old - 1)
    if order == 3 and old > 1:
        return np.stack(
            [ndimage.map_coordinates(unit, position[None], order=3, mode="mirror") for unit in np.eye(old)],
            axis=1,
        ).astype(np.float32)
    matrix = np.zeros((new, old), np.float32)
    if order == 0:
        matrix[np.arange(new), np.floor(position + 0.5).astype(np.intp)] = 1.0
        return matrix
    low = np.minimum(np.floor(position).astype(np.intp), max(old - 2, 0))
    weight = (position - low).astype(np.float32)
    matrix[np.arange(new), low] = 1.0 - weight
    matrix[np.arange(new), np.minimum(low + 1, old - 1)] += weight
    return matrix


def _half_pixel_matrix(old: int, new: int, order: int) -> FloatImage:
    columns = [
        ndimage.zoom(unit, new / old, order=order, mode="nearest", grid_mode=True) for unit in np.eye(old)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows of a matrix, as far as they weigh anything."""

    rows: slice
    columns: slice
    weights: FloatImage


@lru_cache(maxsize=32)
def _blocks(
    old: int, new: int, order: int, convention: Convention, step: float | None
) -> tuple[_Block, ...] | None:
    """Cut a matrix into blocks; None if the axis stays as it is."""
    if old == new and step in (None, 1.0):
        return None
    matrix = spline_matrix(old, new, order, convention, step)
    blocks = []
    for first in range(0, new, _BLOCK):
        rows = slice(first, min(first + _BLOCK, new))
        heavy = np.flatnonzero((np.abs(matrix[rows]) > _NEGLIGIBLE).any(axis=0))
        columns = slice(int(heavy[0]), int(heavy[-1]) + 1)
        blocks.append(_Block(rows, columns, np.ascontiguousarray(matrix[rows, columns])))
    return tuple(blocks)


def _axes(image: Image, spline: Spline) -> tuple[int, int, int]:
    """Return the order in which the axes are worked on: as in memory, planes that are apart first."""
    order = memory_order(image)
    if spline.apart is None:
        return order
    a, b, c = (spline.apart, *(axis for axis in order if axis != spline.apart))
    return a, b, c


def _in_planes(
    image: Image, rows: tuple[_Block, ...] | None, columns: tuple[_Block, ...] | None, *, clip: bool
) -> FloatImage:
    """Resample the second and third axis of a (slice, row, column) image."""
    n, height, width = image.shape
    new_height = height if rows is None else rows[-1].rows.stop
    new_width = width if columns is None else columns[-1].rows.stop
    done = np.empty((n, new_height, new_width), np.float32)
    between = np.empty((_SLICES, height, new_width), np.float32)
    for first in range(0, n, _SLICES):
        part = np.ascontiguousarray(image[first : first + _SLICES], np.float32)
        out = done[first : first + len(part)]
        narrow = part if columns is None else between[: len(part)]
        for block in columns or ():
            np.matmul(part[..., block.columns], block.weights.T, out=narrow[..., block.rows])
        for block in rows or ():
            np.matmul(block.weights, narrow[:, block.columns], out=out[:, block.rows])
        if rows is None:
            out[...] = narrow
        if clip:
            np.clip(out, part.min(axis=(1, 2), keepdims=True), part.max(axis=(1, 2), keepdims=True), out=out)
    return done


def _through(image: FloatImage, blocks: tuple[_Block, ...] | None) -> FloatImage:
    """Resample the first axis."""
    if blocks is None:
        return image
    done = np.empty((blocks[-1].rows.stop, *image.shape[1:]), np.float32)
    by_row, done_by_row = image.transpose(1, 0, 2), done.transpose(1, 0, 2)
    for block in blocks:
        np.matmul(block.weights, by_row[:, block.columns], out=done_by_row[:, block.rows])
    return done
