"""The clean operators of the SDK, run on what a stage found: on its own grid, or on that of the series."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import BoolImage, FloatImage
from allward_engine.operations.morphology import fill_holes, largest_component, remove_small
from allward_sdk.operators import CleanOperator, FillHoles, RemoveSmall


def clean(
    values: FloatImage,
    operators: tuple[CleanOperator, ...],
    *,
    threshold: float | None,
    voxel_ml: float,
) -> None:
    """Run clean operators on every label of a stage, in place.

    A voxel that is taken away loses all of its probability, one that is filled gets all of it;
    elsewhere the values stay as they are, so that the borders stay where the model put them.

    Parameters
    ----------
    values : shape (channel, a, b, c)
        As `Layer.values`.
    threshold
        As `Layer.threshold`.
    voxel_ml
        Volume of one voxel, in mL.
    """
    if not operators:
        return
    first = 1 if threshold is None else 0
    winner = values.argmax(axis=0)
    for channel in range(first, len(values)):
        before = winner == channel
        if threshold is not None:
            before &= values[channel] > threshold
        after = before
        for operator in operators:
            after = _run(operator, after, voxel_ml)
        _write(values, before & ~after, first - 1)
        _write(values, after & ~before, channel)


def clean_labels(
    labels: npt.NDArray[np.uint8], operators: tuple[CleanOperator, ...], *, voxel_ml: float
) -> None:
    """Run clean operators on every label of a label map, in place.

    A voxel that is taken away becomes background, one that is filled gets the label.
    """
    if not operators:
        return
    boxes = ndimage.find_objects(labels)
    for value, box in enumerate(boxes, 1):
        if box is None:
            continue
        part = labels[box]
        before = np.asarray(part == value, np.bool_)
        after = before
        for operator in operators:
            after = _run(operator, after, voxel_ml)
        part[before & ~after] = 0
        part[after & ~before] = value


def _run(operator: CleanOperator, mask: BoolImage, voxel_ml: float) -> BoolImage:
    if isinstance(operator, FillHoles):
        return fill_holes(mask)
    if isinstance(operator, RemoveSmall):
        return remove_small(mask, below_voxels=operator.below_ml / voxel_ml)
    return largest_component(mask)


def _write(values: FloatImage, where: BoolImage, channel: int) -> None:
    """Make a channel certain; -1 means that no channel is."""
    if where.any():
        values[:, where] = 0.0
        if channel >= 0:
            values[np.intp(channel), where] = 1.0
