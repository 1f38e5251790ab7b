"""The prepare operators of the SDK, run on an image in the model's axes.

Each takes and returns a `Prepared`. Operators work in the order in which the voxels lie in memory,
whatever the orientation: a turned image is a view, and copying it only to turn it costs seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import FloatImage, Grid, Shape3
from allward_engine.operations.median import median_of_27
from allward_engine.operations.morphology import box_of, box_of_largest_component, dilate, erode, fill_holes
from allward_engine.operations.resampling import Spline, memory_order, plane_axis, resample
from allward_sdk.errors import BadInputError
from allward_sdk.operators import (
    Clip,
    ClipPercentiles,
    CropToBody,
    CropToNonzero,
    Median,
    Normalise,
    PrepareOperator,
    Resample,
    Scale,
)

Image = npt.NDArray[Any]
Triple = tuple[float, float, float]


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
    order = memory_order(prepared.image)
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


def _crop_to_nonzero(operator: CropToNonzero, prepared: Prepared) -> Prepared:
    box = box_of(np.asarray(prepared.image != 0, np.bool_))
    if box is None:
        raise BadInputError("The images are empty: every voxel is 0.")
    return replace(prepared, image=prepared.image[box], grid=prepared.grid.cropped(box))


def _resample(operator: Resample, prepared: Prepared) -> Prepared:
    if operator.convention == "spaced":
        return _space(operator, prepared)
    size = _size if operator.convention == "ends" else _nnunet_size
    target = size(prepared.image.shape, prepared.spacing_mm, operator.spacing_mm)
    if target == prepared.image.shape:
        return replace(prepared, spacing_mm=operator.spacing_mm)
    apart = None
    if operator.through_plane_order is not None:
        apart = plane_axis(prepared.spacing_mm, operator.spacing_mm)
    orders = [operator.order] * 3
    if apart is not None and operator.through_plane_order is not None:
        orders[apart] = operator.through_plane_order
    nearest = apart if operator.through_plane_order == 0 else None
    spline = Spline((orders[0], orders[1], orders[2]), operator.convention, apart)
    return Prepared(
        image=resample(prepared.image, target, spline),
        grid=prepared.grid.resampled(target, operator.convention, nearest=nearest),
        spacing_mm=operator.spacing_mm,
        owned=True,
    )


def _space(operator: Resample, prepared: Prepared) -> Prepared:
    """Resample to voxels that lie exactly so far apart, from the first voxel on."""
    a, b, c = (new / old for new, old in zip(operator.spacing_mm, prepared.spacing_mm, strict=True))
    steps = (a, b, c)
    k, j, i = (
        max(1, round((n - 1) / step + 1.0)) for n, step in zip(prepared.image.shape, steps, strict=True)
    )
    spline = Spline((operator.order, operator.order, operator.order), operator.convention, steps=steps)
    return Prepared(
        image=resample(prepared.image, (k, j, i), spline),
        grid=prepared.grid.resampled((k, j, i), operator.convention, steps=steps),
        spacing_mm=operator.spacing_mm,
        owned=True,
    )


def _size(shape: Sequence[int], old_mm: Triple, new_mm: Triple) -> Shape3:
    a, b, c = (max(1, round(n * old / new)) for n, old, new in zip(shape, old_mm, new_mm, strict=True))
    return a, b, c


def _nnunet_size(shape: Sequence[int], old_mm: Triple, new_mm: Triple) -> Shape3:
    """Round as nnU-Net's ``compute_new_shape`` does, which divides first."""
    a, b, c = (max(1, round(old / new * n)) for n, old, new in zip(shape, old_mm, new_mm, strict=True))
    return a, b, c


def _median(operator: Median, prepared: Prepared) -> Prepared:
    order = memory_order(prepared.image)
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


def _clip_percentiles(operator: ClipPercentiles, prepared: Prepared) -> Prepared:
    own = _own_floats(prepared)
    values = own.image if operator.where == "all" else own.image[own.image != 0]
    if values.size == 0:
        raise BadInputError("The images are empty: every voxel is 0.")
    low, high = np.percentile(values, (operator.low, operator.high))
    np.clip(own.image, np.float32(low), np.float32(high), out=own.image)
    return own


def _scale(operator: Scale, prepared: Prepared) -> Prepared:
    own = _own_floats(prepared)
    np.multiply(own.image, np.float32(operator.factor), out=own.image)
    np.add(own.image, np.float32(operator.offset), out=own.image)
    return own


def _normalise(operator: Normalise, prepared: Prepared) -> Prepared:
    if operator.scope == "window":
        return prepared  # `windows.cut` does it
    own = _own_floats(prepared)
    where: npt.NDArray[np.bool_] | None = None
    if operator.scope == "given":
        mean, std = operator.mean or 0.0, operator.std or 1.0
    elif operator.where == "nonzero":
        where = fill_holes(own.image != 0)
        mean, std = _moments(own.image[where])
    else:
        mean, std = _moments(own.image)
    if std == 0:
        raise BadInputError("The images hold one grey value only.")
    selected: Any = True if where is None else where
    np.subtract(own.image, np.float32(mean), out=own.image, where=selected)
    np.divide(own.image, np.float32(std), out=own.image, where=selected)
    return own


def _moments(values: FloatImage) -> tuple[float, float]:
    """Return mean and standard deviation in float64, part by part; 0 and 0 of nothing."""
    if values.size == 0:
        return 0.0, 0.0
    mean = float(values.mean(dtype=np.float64))
    squares = sum(float(np.square(part - mean).sum(dtype=np.float64)) for part in values)
    return mean, float(np.sqrt(squares / values.size))


def _own_floats(prepared: Prepared) -> Prepared:
    if prepared.owned and prepared.image.dtype == np.float32:
        return prepared
    return replace(prepared, image=prepared.image.astype(np.float32, order="K", copy=True), owned=True)


_OPERATORS: dict[type, Callable[[Any, Prepared], Prepared]] = {
    CropToBody: _crop_to_body,
    CropToNonzero: _crop_to_nonzero,
    Resample: _resample,
    Median: _median,
    Clip: _clip,
    ClipPercentiles: _clip_percentiles,
    Scale: _scale,
    Normalise: _normalise,
}
