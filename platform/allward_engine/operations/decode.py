"""The three declared ways of reading candidates from a model's outputs; see `allward_sdk.detection`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_engine.grids import FloatImage
from allward_engine.operations.answers import Answers, activated, probabilities
from allward_sdk.detection import (
    AnchorDecode,
    AnchorLevel,
    DenseDecode,
    DetectionOutput,
    DetectionStage,
    GridDecode,
)
from allward_sdk.geometry import FloatArray
from allward_sdk.tensors import cells_of

_PARTS = ("offset_a", "offset_b", "offset_c", "size_a", "size_b", "size_c")

MOST_IN_BATCH = 4000
"""Candidates kept of one batch of windows, the best ones; more than `most` of a case by far."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates as arrays, one row each.

    Attributes
    ----------
    score, label
        Shape (n,); `label` counts in the stage's labels.
    centre
        Shape (n, 3), index of the prepared image, the model's axes.
    size_mm
        Shape (n, 3), the model's axes; NaN where the model tells no size.
    attributes
        Shape (n, attribute).
    """

    score: FloatArray
    label: npt.NDArray[np.int64]
    centre: FloatArray
    size_mm: FloatArray
    attributes: FloatArray

    def __len__(self) -> int:
        return len(self.score)

    def take(self, which: npt.NDArray[np.generic]) -> "Candidates":
        """Return some of them, by index or by mask."""
        return Candidates(*(getattr(self, each.name)[which] for each in fields(self)))

    def ranked(self) -> "Candidates":
        """Return them by falling score; equal ones by label and place, so that the order never depends."""
        keys = (*self.centre.T[::-1], self.label, -self.score)
        return self.take(np.lexsort(keys))


def joined(parts: Sequence[Candidates], attributes: int) -> Candidates:
    """Put candidates of several batches together; of none, return an empty set."""
    if not parts:
        none = np.zeros(0)
        place = np.zeros((0, 3))
        return Candidates(none, none.astype(np.int64), place, place, np.zeros((0, attributes)))
    return Candidates(
        *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Candidates))
    )


def decode(
    answers: Answers, stage: DetectionStage, starts: npt.NDArray[np.int64], voxel_mm: FloatArray
) -> Candidates:
    """Return the candidates above the threshold of a batch of windows.

    Parameters
    ----------
    answers
        Checked outputs of the model.
    starts : shape (n, 3)
        Voxel of the prepared image on which each window's first voxel lies.
    voxel_mm : shape (3,)
        Spacing of the prepared image.
    """
    way = stage.output.decode
    if isinstance(way, DenseDecode):
        found = _dense(answers, stage, way, starts, voxel_mm)
    elif isinstance(way, GridDecode):
        found = _grid(answers, stage, way, starts, voxel_mm)
    else:
        levels = [_level(answers, stage, level, starts, voxel_mm) for level in way.levels]
        found = joined(levels, 0)
    if len(found) > MOST_IN_BATCH:
        found = found.ranked().take(np.arange(MOST_IN_BATCH))
    return found


def _dense(
    answers: Answers,
    stage: DetectionStage,
    way: DenseDecode,
    starts: npt.NDArray[np.int64],
    voxel_mm: FloatArray,
) -> Candidates:
    scores = _scores(answers[way.scores], stage)
    item, label = np.nonzero(scores > stage.output.threshold)
    middle = (np.asarray(stage.input.window) - 1) / 2
    centre = starts[item] + middle
    if way.offset is not None:
        unit = 1.0 / voxel_mm if way.offset_unit == "mm" else np.ones(3)
        centre = centre + answers[way.offset][item] * unit
    size = answers[way.size][item] if way.size is not None else None
    return Candidates(
        score=scores[item, label].astype(np.float64),
        label=label,
        centre=centre.astype(np.float64),
        size_mm=_sizes(size, way, len(item), voxel_mm),
        attributes=_attributes(answers, stage.output, (item,)),
    )


def _grid(
    answers: Answers,
    stage: DetectionStage,
    way: GridDecode,
    starts: npt.NDArray[np.int64],
    voxel_mm: FloatArray,
) -> Candidates:
    scores = _scores(answers[way.scores], stage)
    peaks = scores > stage.output.threshold
    if way.peak_cells > 1:
        cube = (1, 1, way.peak_cells, way.peak_cells, way.peak_cells)
        peaks &= scores == ndimage.maximum_filter(scores, size=cube, mode="nearest")
    item, label, a, b, c = np.nonzero(peaks)
    stride = np.asarray(way.stride, np.float64)
    centre = starts[item] + np.asarray(way.origin) + np.stack([a, b, c], axis=1) * stride
    if way.offset is not None:
        unit = {"mm": 1.0 / voxel_mm, "voxel": np.ones(3), "cell": stride}[way.offset_unit]
        centre = centre + answers[way.offset][item, :, a, b, c] * unit
    size = answers[way.size][item, :, a, b, c] if way.size is not None else None
    return Candidates(
        score=scores[item, label, a, b, c].astype(np.float64),
        label=label,
        centre=centre,
        size_mm=_sizes(size, way, len(item), voxel_mm),
        attributes=_attributes(answers, stage.output, (item, a, b, c)),
    )


def _level(
    answers: Answers,
    stage: DetectionStage,
    level: AnchorLevel,
    starts: npt.NDArray[np.int64],
    voxel_mm: FloatArray,
) -> Candidates:
    way = stage.output.decode
    assert isinstance(way, AnchorDecode)
    cells, count = cells_of(stage.input.window, level.stride), len(level.anchors)
    raw = _per_anchor(answers[level.scores], way, cells, count)
    scores = _scores(np.moveaxis(raw, -1, 1), stage)
    item, label, a, b, c, anchor = np.nonzero(scores > stage.output.threshold)
    told = _per_anchor(answers[level.boxes], way, cells, count)[item, a, b, c, anchor]
    told = told[:, [way.numbers.index(part) for part in _PARTS]]
    told = told / np.asarray([way.weights[way.numbers.index(part)] for part in _PARTS])
    edges = np.asarray(level.anchors)[anchor]
    cell = np.stack([a, b, c], axis=1) * np.asarray(level.stride) + np.asarray(level.origin)
    grown = np.exp(np.minimum(told[:, 3:], way.largest_log_scale))
    return Candidates(
        score=scores[item, label, a, b, c, anchor].astype(np.float64),
        label=label,
        centre=starts[item] + cell + edges * told[:, :3],
        size_mm=edges * grown * voxel_mm,
        attributes=np.zeros((len(item), 0)),
    )


def _per_anchor(
    values: FloatImage, way: AnchorDecode, cells: tuple[int, int, int], anchors: int
) -> FloatImage:
    """Return an output of a level as (batch, a, b, c, anchor, number), a view where it can be."""
    n = len(values)
    if way.layout == "list":
        return values.reshape(n, *cells, anchors, -1)
    return np.moveaxis(values.reshape(n, anchors, -1, *cells), (1, 2), (4, 5))


def _scores(raw: FloatImage, stage: DetectionStage) -> FloatImage:
    """Return the probabilities of the stage's labels; axis 1 holds the channels, then the labels."""
    active = activated(raw, stage.output.activation)
    return probabilities(active[:, list(stage.output.channels)], stage)


def _sizes(
    told: FloatImage | None, way: DenseDecode | GridDecode, count: int, voxel_mm: FloatArray
) -> FloatArray:
    if told is None:
        return np.full((count, 3), np.nan if way.size_mm is None else way.size_mm)
    three = told[:, :3] if told.shape[1] >= 3 else np.repeat(told[:, :1], 3, axis=1)
    size: FloatArray = three.astype(np.float64)
    if way.size_unit == "log_voxel":
        size = np.exp(np.minimum(size, _LARGEST_LOG))
    if way.size_unit != "mm":
        size = size * voxel_mm
    return np.where((size > 0).all(axis=1, keepdims=True), size, np.nan)


_LARGEST_LOG = 12.0
"""exp of it is 163,000 voxels, beyond any image, and still far from overflow."""


def _attributes(
    answers: Answers, output: DetectionOutput, place: tuple[npt.NDArray[np.int64], ...]
) -> FloatArray:
    item, *cell = place
    columns = [
        answers[each.output][(item, each.channel, *cell)] * each.factor + each.offset
        for each in output.attributes
    ]
    return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((len(item), 0))
