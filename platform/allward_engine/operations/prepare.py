"""The prepare operators of the SDK, run on an image in the model's axes.

Each takes and returns a `Prepared`. Operators work in the order in which the voxels lie in memory,
whatever the orientation: a turned image is a view, and copying it only to turn it costs seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import FloatImage, Grid, Shape3
from allward_engine.operations.median import median_of_27
from allward_engine.operations.morphology import box_of_largest_component, dilate, erode
from allward_sdk.errors import BadInputError
from allward_sdk.operators import (
    Clip,
    CropToBody,
    Median,
    Normalise,
    PrepareOperator,
    Resample,
    Scale,
)

Image = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image on its way to the model.

    Attributes
    ----------
    image
        Shape (a, b, c), the model's axes. Not written to unless `owned`.
    grid
        Where its voxels lie in the turned volume.
    spacing_mm
        What the operators so far made of the spacing, per axis of the model; after a `Resample` the
        spacing that it declares, from which the next one counts.
    owned
        Whether the array belongs to this job alone, so that it may be changed in place.
    """

    image: Image
    grid: Grid
    spacing_mm: tuple[float, float, float]
    owned: bool = False


def prepare(operator: PrepareOperator, prepared: Prepared) -> Prepared:
    """Run one operator.

    Raises
    ------
    BadInputError
        If the image has nothing that the operator could work on.
    """
    return _OPERATORS[type(operator)](operator, prepared)


def _crop_to_body(operator: CropToBody, prepared: Prepared) -> Prepared:
    order = _memory_order(prepared.image)
    body = prepared.image.transpose(order) > operator.threshold_hu
    steps = operator.opening_voxels
    found = box_of_largest_component(dilate(erode(body, steps), steps))
    if found is None:
        raise BadInputError(
            f"The images show no body: nothing of size lies above {operator.threshold_hu:g} HU."
        )
    back = np.argsort(order)
    box = (found[back[0]], found[back[1]], found[back[2]])
    return replace(prepared, image=prepared.image[box], grid=prepared.grid.cropped(box))


def _resample(operator: Resample, prepared: Prepared) -> Prepared:
    shape = tuple(
        max(1, round(n * old / new))
        for n, old, new in zip(prepared.image.shape, prepared.spacing_mm, operator.spacing_mm, strict=True)
    )
    target: Shape3 = (shape[0], shape[1], shape[2])
    if target == prepared.image.shape:
        return replace(prepared, spacing_mm=operator.spacing_mm)
    return Prepared(
        image=zoom(prepared.image, target, order=operator.order),
        grid=prepared.grid.resampled(target),
        spacing_mm=operator.spacing_mm,
        owned=True,
    )


def zoom(image: Image, shape: Shape3, *, order: int) -> FloatImage:
    """Resample to a shape, end voxels coinciding: three matrix products instead of a spline per voxel.

    Parameters
    ----------
    image : shape (a, b, c), any layout in memory, any real type
    shape
        Voxels per axis of the result.
    order : 0, 1 or 3

    Returns
    -------
    shape `shape`; ``scipy.ndimage.zoom`` to the rounding of float32, and several times faster
    """
    axes = _memory_order(image)
    slices, rows, columns = (shape[axis] for axis in axes)
    straight = image.transpose(axes)
    by_row = zoom_matrix(straight.shape[1], rows, order)
    by_column = np.ascontiguousarray(zoom_matrix(straight.shape[2], columns, order).T)
    planes = np.empty((straight.shape[0], rows, columns), np.float32)
    for k, plane in enumerate(straight):
        flat = np.ascontiguousarray(plane, np.float32)
        np.matmul(by_row, np.matmul(flat, by_column), out=planes[k])
    if slices != straight.shape[0]:
        through = zoom_matrix(straight.shape[0], slices, order)
        planes = np.matmul(through, planes.reshape(len(planes), -1)).reshape(slices, rows, columns)
    back: FloatImage = planes.transpose(np.argsort(axes))
    return back


@lru_cache(maxsize=32)
def zoom_matrix(old: int, new: int, order: int) -> FloatImage:
    """Return the (new, old) weights of ``scipy.ndimage.zoom`` along one axis.

    Source
    ------
    Spline resampling is linear in the voxel values, so the matrix is what the reference makes of
    the unit vectors. The positions are scipy's: ``k * (old - 1) / (new - 1)``, ``grid_mode=False``.
    """
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


def _median(operator: Median, prepared: Prepared) -> Prepared:
    order = _memory_order(prepared.image)
    straight = np.ascontiguousarray(prepared.image.transpose(order), np.float32)
    if operator.size == 3:
        filtered = median_of_27(straight)
    else:
        filtered = ndimage.median_filter(straight, size=operator.size)
    return replace(prepared, image=filtered.transpose(np.argsort(order)), owned=True)


def _clip(operator: Clip, prepared: Prepared) -> Prepared:
    own = _own_floats(prepared)
    np.clip(own.image, operator.low, operator.high, out=own.image)
    return own


def _scale(operator: Scale, prepared: Prepared) -> Prepared:
    own = _own_floats(prepared)
    np.multiply(own.image, np.float32(operator.factor), out=own.image)
    np.add(own.image, np.float32(operator.offset), out=own.image)
    return own


def _normalise(operator: Normalise, prepared: Prepared) -> Prepared:
    own = _own_floats(prepared)
    if operator.scope == "given":
        mean, std = operator.mean or 0.0, operator.std or 1.0
    else:
        mean = float(own.image.mean(dtype=np.float64))
        std = float(
            np.sqrt(
                sum(float(np.square(part - mean).sum(dtype=np.float64)) for part in own.image)
                / own.image.size
            )
        )
        if std == 0:
            raise BadInputError("The images hold one grey value only.")
    np.subtract(own.image, np.float32(mean), out=own.image)
    np.divide(own.image, np.float32(std), out=own.image)
    return own


def _own_floats(prepared: Prepared) -> Prepared:
    if prepared.owned and prepared.image.dtype == np.float32:
        return prepared
    return replace(prepared, image=prepared.image.astype(np.float32, order="K", copy=True), owned=True)


def _memory_order(image: Image) -> tuple[int, int, int]:
    """Return the axes from the slowest in memory to the fastest."""
    a, b, c = sorted(range(3), key=lambda axis: -abs(image.strides[axis]))
    return a, b, c


_OPERATORS: dict[type, Callable[[Any, Prepared], Prepared]] = {
    CropToBody: _crop_to_body,
    Resample: _resample,
    Median: _median,
    Clip: _clip,
    Scale: _scale,
    Normalise: _normalise,
}
