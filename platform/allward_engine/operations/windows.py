"""Which windows of a prepared image the model is shown, and how their outputs are put together."""

from dataclasses import dataclass

import numpy as np

from allward_engine.grids import BoolImage, Box3, FloatImage, Shape3
from allward_sdk.stages import SegmentationStage

_EDGE_WEIGHT = 1.0 / 8.0
"""Sigma of the Gaussian blend as a part of the window. Source: nnU-Net, `compute_gaussian`."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window; all boxes are voxels of the prepared image, which may be smaller than the window."""

    start: Shape3
    """Voxel of the image on which the window's first voxel lies; negative in the padding."""
    core: Box3
    """What the model's output covers, cut to the image."""
    core_in_output: Box3
    """The same voxels, counted in the model's output."""


def plan_windows(shape: Shape3, stage: SegmentationStage) -> list[Window]:
    """Choose the windows of an image.

    Along an axis where the output of one window covers the image, the image lies in the middle,
    centre voxel on centre voxel (``d // 2``). Where it does not, the least number of windows that
    covers it with the declared overlap is spread evenly from edge to edge.
    """
    per_axis = [_starts(n, axis, stage) for axis, n in enumerate(shape)]
    return [_window((a, b, c), shape, stage) for a in per_axis[0] for b in per_axis[1] for c in per_axis[2]]


def output_shape(stage: SegmentationStage) -> Shape3:
    """Return the spatial shape of the model's output: the window without its margins."""
    a, b, c = (
        n - low - high
        for n, low, high in zip(
            stage.input.window, stage.output.margin_low, stage.output.margin_high, strict=True
        )
    )
    return a, b, c


def cut(image: FloatImage, window: Window, stage: SegmentationStage) -> FloatImage:
    """Return the model's input for one window: shape (1, 1, a, b, c), C-contiguous."""
    tensor = np.full((1, 1, *stage.input.window), stage.input.pad_value, np.float32)
    source, target = [], []
    for start, size, n in zip(window.start, stage.input.window, image.shape, strict=True):
        first, last = max(start, 0), min(start + size, n)
        source.append(slice(first, last))
        target.append(slice(first - start, last - start))
    tensor[0, 0][tuple(target)] = image[tuple(source)]
    return tensor


class Blend:
    """Sums the outputs of windows, weighted, into one image.

    Attributes
    ----------
    values
        Shape (channel, a, b, c), the axes of the image; right only after `finish`.
    """

    def __init__(self, channels: int, shape: Shape3, stage: SegmentationStage) -> None:
        self.values = np.zeros((channels, *shape), np.float32)
        self._weights = np.zeros(shape, np.float32)
        self._weight = _window_weight(stage)

    def add(self, output: FloatImage, window: Window) -> None:
        """Add the output, shape (channel, a, b, c), of one window."""
        weight = self._weight[window.core_in_output]
        self.values[(slice(None), *window.core)] += output[(slice(None), *window.core_in_output)] * weight
        self._weights[window.core] += weight

    def finish(self) -> FloatImage:
        """Divide by the weights; voxels that no window covered stay 0."""
        covered: BoolImage = self._weights > 0
        np.divide(self.values, self._weights, out=self.values, where=covered)
        return self.values


def _starts(n: int, axis: int, stage: SegmentationStage) -> list[int]:
    size = stage.input.window[axis]
    low, high = stage.output.margin_low[axis], stage.output.margin_high[axis]
    core = size - low - high
    if n <= core:
        centred = n // 2 - size // 2
        return [min(max(centred, n - (size - high)), -low)]
    step = core * (1.0 - stage.output.overlap)
    count = int(np.ceil((n - core) / step)) + 1
    return [round(first) - low for first in np.linspace(0, n - core, count)]


def _window(start: Shape3, shape: Shape3, stage: SegmentationStage) -> Window:
    core, inside = [], []
    for first, n, low, size in zip(start, shape, stage.output.margin_low, output_shape(stage), strict=True):
        begin, end = max(first + low, 0), min(first + low + size, n)
        core.append(slice(begin, end))
        inside.append(slice(begin - first - low, end - first - low))
    return Window(
        start=start,
        core=(core[0], core[1], core[2]),
        core_in_output=(inside[0], inside[1], inside[2]),
    )


def _window_weight(stage: SegmentationStage) -> FloatImage:
    shape = output_shape(stage)
    if stage.output.blend == "none":
        return np.ones(shape, np.float32)
    sides = []
    for n in shape:
        place = np.arange(n) - n // 2
        sides.append(np.exp(-0.5 * (place / (n * _EDGE_WEIGHT)) ** 2))
    weight = np.einsum("a,b,c->abc", *sides)
    return np.asarray(np.maximum(weight / weight.max(), np.finfo(np.float16).tiny), np.float32)
