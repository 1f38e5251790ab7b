"""Which windows of a prepared image the model is shown, and how much each voxel of a window counts.

A tool's convention is a `layout` (where windows lie) and a `blend` (their weights).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy import ndimage

from allward_engine.grids import Box3, FloatImage, Shape3
from allward_sdk.operators import Normalise
from allward_sdk.stages import SegmentationStage, StageInput

_EDGE_WEIGHT = 1.0 / 8.0
"""Sigma of the Gaussian blend as a part of the window. Source: nnU-Net, `compute_gaussian`."""

_NNUNET_SCALE = 10.0
"""Largest weight of nnU-Net's Gaussian. Source: nnU-Net, `value_scaling_factor` for logits."""


_LEAST_WEIGHT = 1e-3
"""Least weight of MONAI's Gaussian. Source: MONAI 1.6, `compute_importance_map`."""


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
    """Choose the windows of an image, in the order of the first axis, then the second, then the third.

    Along an axis where the output of one window covers the image, the image lies where the `layout` says.
    Where it does not, the least number of windows that covers it with the declared overlap is spread evenly
    from edge to edge.

    Source
    ------
    "nnunet": nnU-Net 2, ``compute_steps_for_sliding_window`` and ``pad_nd_image``. "monai": MONAI 1.6,
    ``sliding_window_inference`` and ``dense_patch_slices``.
    """
    starts = {"centred": _starts, "nnunet": _nnunet_starts, "monai": _monai_starts}[stage.input.layout]
    per_axis = [starts(n, axis, stage) for axis, n in enumerate(shape)]
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
    if _is_normalised(stage.input):
        tensor -= tensor.mean(dtype=np.float64)
        std = np.sqrt(np.square(tensor).mean(dtype=np.float64))
        if std > 0:
            tensor /= std
    return tensor


def mirrored(stage: SegmentationStage) -> Iterator[tuple[int, ...]]:
    """Yield which axes of a window are turned round in each look at it, none first."""
    axes = stage.input.mirror
    for count in range(len(axes) + 1):
        yield from combinations(axes, count)


def window_weight(stage: SegmentationStage) -> FloatImage:
    """Return how much each voxel of the model's output counts: shape of the output, above 0."""
    return _weight(output_shape(stage), stage.output.blend)


@lru_cache(maxsize=4)
def _weight(shape: Shape3, blend: str) -> FloatImage:
    if blend == "none":
        return np.ones(shape, np.float32)
    if blend == "nnunet_gaussian":
        return _nnunet_gaussian(shape)
    if blend == "monai_gaussian":
        return _monai_gaussian(shape)
    sides = []
    for n in shape:
        place = np.arange(n) - n // 2
        sides.append(np.exp(-0.5 * (place / (n * _EDGE_WEIGHT)) ** 2))
    weight = np.einsum("a,b,c->abc", *sides)
    return np.asarray(np.maximum(weight / weight.max(), np.finfo(np.float16).tiny), np.float32)


def _nnunet_gaussian(shape: Shape3) -> FloatImage:
    """Return what nnU-Net multiplies logits with.

    Filtering a single voxel along one axis after the other is the product of three filtered lines, bit for
    bit: every sum has one term that is not 0.

    Source
    ------
    nnU-Net 2, ``compute_gaussian``: a Gaussian filter of a single 1, scaled, rounded to 16 bit, and nowhere
    0.
    """
    lines = []
    for n in shape:
        line = np.zeros(n)
        line[n // 2] = 1.0
        lines.append(ndimage.gaussian_filter1d(line, n * _EDGE_WEIGHT, mode="constant"))
    weight = (lines[0][:, None] * lines[1])[:, :, None] * lines[2]
    weight /= weight.max() / _NNUNET_SCALE
    rounded = weight.astype(np.float16)
    rounded[rounded == 0] = rounded[rounded > 0].min()
    return np.asarray(rounded, np.float32)


def _monai_gaussian(shape: Shape3) -> FloatImage:
    """Return what MONAI multiplies outputs with.

    Source
    ------
    MONAI 1.6, ``compute_importance_map``: the middle of an even window lies between two voxels.
    """
    sides = []
    for n in shape:
        place = np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)
        sides.append(np.exp(-0.5 * (place / (n * _EDGE_WEIGHT)) ** 2))
    weight = np.einsum("a,b,c->abc", *sides)
    return np.asarray(np.maximum(weight, max(float(weight.min()), _LEAST_WEIGHT)), np.float32)


def _is_normalised(read: StageInput) -> bool:
    last = read.prepare[-1] if read.prepare else None
    return isinstance(last, Normalise) and last.scope == "window"


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


def _nnunet_starts(n: int, axis: int, stage: SegmentationStage) -> list[int]:
    low, core = stage.output.margin_low[axis], output_shape(stage)[axis]
    if n <= core:
        return [-((core - n) // 2) - low]
    count = int(np.ceil((n - core) / (core * (1.0 - stage.output.overlap)))) + 1
    step = (n - core) / (count - 1)
    return [round(step * number) - low for number in range(count)]


def _monai_starts(n: int, axis: int, stage: SegmentationStage) -> list[int]:
    low, core = stage.output.margin_low[axis], output_shape(stage)[axis]
    if n <= core:
        return [-((core - n) // 2) - low]
    step = max(1, int(core * (1.0 - stage.output.overlap)))
    count = int(np.ceil((n - core) / step)) + 1
    return [min(step * number, n - core) - low for number in range(count)]


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
