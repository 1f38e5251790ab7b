"""`sliding_window_segmentation`: the stages of a manifest on one volume, as units to stop between.

For each stage the volume is turned to the model's orientation as a view, prepared, cut into windows,
run, blended and cleaned; what it found stays on the stage's own grid, together with where that grid
lies in the series. Later stages and the label map read it from there.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.grids import BoolImage, FloatImage, Grid, Layer, labelled_slices, mask_on
from allward_engine.operations.clean import clean
from allward_engine.operations.morphology import box_of, dilate
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.operations.windows import Blend, Window, cut, output_shape, plan_windows
from allward_engine.requests import LabelMap, Progress, SegmentRequest
from allward_engine.sessions import ModelSpec, Output
from allward_engine.units import Infer, Units
from allward_sdk.errors import BadInputError, PluginFaultError
from allward_sdk.geometry import AxisMap, axis_map
from allward_sdk.stages import Mask, SegmentationStage

_PREPARED, _WINDOWS = 0.15, 0.95
"""Share of a stage's progress at which it is prepared, and at which its windows are done."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What the operation found."""

    labels_kji: LabelMap
    stages_run: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _StageImage:
    """A prepared image with the mask that it is restricted to, both in the model's axes."""

    image: npt.NDArray[Any]
    grid: Grid
    mask: BoolImage | None


def segment(request: SegmentRequest, volume_kji: npt.NDArray[Any]) -> Units[Segmentation]:
    """Run all stages of a request's manifest on a volume.

    Parameters
    ----------
    volume_kji : shape (k, j, i), HU or stored units
        Not written to; any integer type or float32.

    Raises
    ------
    BadInputError
        If the volume does not meet the plug-in's needs.
    PluginFaultError
        If a model fails, or returns what the manifest does not say.
    """
    _check_volume(request, volume_kji)
    layers: dict[str, Layer] = {}
    run: list[str] = []
    stages = [stage for stage in request.manifest.stages if isinstance(stage, SegmentationStage)]
    yield Progress(stage=stages[0].name, unit=0, units=None, fraction=0.0)
    for number, stage in enumerate(stages):
        done, share = number / (len(stages) + 1), 1 / (len(stages) + 1)
        layer = yield from _scaled(_run_stage(stage, request, volume_kji, layers), done, share)
        if layer is not None:
            layers[stage.name] = layer
            run.append(stage.name)
    labels = _label_map(request.geometry.shape_kji, list(layers.values()))
    yield Progress(stage="labels", unit=1, units=1, fraction=1.0)
    return Segmentation(labels_kji=labels, stages_run=tuple(run))


def _scaled(units: Units[Layer | None], done: float, share: float) -> Units[Layer | None]:
    answer: Output | None = None
    while True:
        try:
            said = units.send(answer)
        except StopIteration as stop:
            result: Layer | None = stop.value
            return result
        if isinstance(said, Progress):
            said = replace(said, fraction=done + share * said.fraction)
        answer = yield said


def _check_volume(request: SegmentRequest, volume_kji: npt.NDArray[Any]) -> None:
    if volume_kji.shape != request.geometry.shape_kji:
        raise BadInputError(
            f"The volume is {volume_kji.shape} voxels large, its geometry says {request.geometry.shape_kji}."
        )
    if min(volume_kji.shape) == 0:
        raise BadInputError("The volume is empty.")
    affine = request.geometry.index_to_lps_mm
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise BadInputError("The geometry of the images is not usable: its voxels have no volume.")
    if volume_kji.dtype.kind == "f" and not all(np.isfinite(part).all() for part in volume_kji):
        raise BadInputError("The images hold values that are not numbers (NaN or infinite).")


def _run_stage(
    stage: SegmentationStage,
    request: SegmentRequest,
    volume_kji: npt.NDArray[Any],
    layers: dict[str, Layer],
) -> Units[Layer | None]:
    """Run one stage; returns None if the mask that it looks inside is empty."""
    axes = axis_map(request.geometry, stage.input.orientation)
    mask = stage.input.mask
    if mask is not None and mask.stage not in layers:
        return None
    prepared = yield from _prepare(stage, request, axes.to_model(volume_kji))
    source = layers[mask.stage] if mask is not None else None
    ready = _restrict(prepared, mask, source, axes, request.geometry.shape_kji)
    del prepared
    if ready is None:
        return None
    yield Progress(stage=stage.name, unit=0, units=None, fraction=_PREPARED)
    blended = yield from _infer(stage, request, ready)
    spacing = [c * s for c, s in zip(ready.grid.scale, _spacing(request, axes), strict=True)]
    if ready.mask is not None:
        _blank_outside(blended, ready.mask, stage)
    clean(
        blended,
        stage.output.clean,
        threshold=stage.output.threshold,
        voxel_ml=float(np.prod(spacing)) / 1000.0,
    )
    values = np.stack([axes.to_volume(channel) for channel in blended])
    value_of = {label.name: label.value for label in request.manifest.labels}
    return Layer(
        values=values.astype(np.float32, copy=False),
        grid=ready.grid.to_volume(axes, request.geometry.shape_kji),
        threshold=stage.output.threshold,
        label_values=tuple(value_of[name] for name in stage.output.labels),
    )


def _prepare(stage: SegmentationStage, request: SegmentRequest, turned: npt.NDArray[Any]) -> Units[Prepared]:
    axes = axis_map(request.geometry, stage.input.orientation)
    a, b, c = turned.shape
    prepared = Prepared(image=turned, grid=Grid(shape=(a, b, c)), spacing_mm=_spacing(request, axes))
    operators = stage.input.prepare
    for number, operator in enumerate(operators):
        prepared = prepare(operator, prepared)
        fraction = _PREPARED * (number + 1) / (len(operators) + 1)
        yield Progress(stage=stage.name, unit=0, units=None, fraction=fraction)
    return prepared


def _spacing(request: SegmentRequest, axes: AxisMap) -> tuple[float, float, float]:
    return axes.triple_to_model(request.geometry.spacing_kji_mm)


def _restrict(
    prepared: Prepared,
    mask: Mask | None,
    source: Layer | None,
    axes: AxisMap,
    shape_kji: tuple[int, int, int],
) -> _StageImage | None:
    """Restrict a prepared image to an earlier stage's mask; None if that is empty."""
    if mask is None or source is None:
        return _StageImage(prepared.image, prepared.grid, None)
    found = mask_on(source, prepared.grid.to_volume(axes, shape_kji))
    inside: BoolImage = np.asarray(axes.to_model(dilate(found, mask.dilate_voxels)), np.bool_)
    box = box_of(inside)
    if box is None:
        return None
    image, grid = prepared.image, prepared.grid
    if mask.crop:
        image, grid, inside = image[box], grid.cropped(box), inside[box]
    image = image.astype(np.float32, copy=False)
    return _StageImage(np.where(inside, image, np.float32(mask.outside_value)), grid, inside)


def _infer(stage: SegmentationStage, request: SegmentRequest, ready: _StageImage) -> Units[FloatImage]:
    """Run the windows of a stage; returns probabilities, shape (channel, *image)."""
    windows = _windows(stage, ready)
    channels = len(stage.output.labels) + (1 if stage.output.threshold is None else 0)
    _check_room(request, channels, ready.grid.shape)
    blend = Blend(channels, ready.grid.shape, stage)
    spec = ModelSpec(
        sha256=request.manifest.models[stage.model].sha256,
        input_name=stage.input.name,
        outputs=(stage.output.name,),
        input_shape=(1, *stage.input.window),
    )
    for number, window in enumerate(windows):
        output = yield Infer(spec, cut(ready.image, window, stage))
        assert output is not None
        blend.add(_activated(_checked(output.tensors[0], channels, stage), stage), window)
        del output
        fraction = _PREPARED + (_WINDOWS - _PREPARED) * (number + 1) / len(windows)
        yield Progress(stage=stage.name, unit=number + 1, units=len(windows), fraction=fraction)
    return blend.finish()


def _windows(stage: SegmentationStage, ready: _StageImage) -> list[Window]:
    """Plan the windows; those whose output lies wholly outside the mask are left out."""
    windows = plan_windows(ready.grid.shape, stage)
    if len(windows) > 1 and stage.input.larger_than_window == "refuse":
        raise BadInputError(
            f"The body is larger than the plug-in can take: {ready.grid.shape} voxels as prepared for "
            f"stage {stage.name!r}, at most {output_shape(stage)}."
        )
    if ready.mask is None:
        return windows
    return [window for window in windows if ready.mask[window.core].any()]


def _check_room(request: SegmentRequest, channels: int, shape: tuple[int, int, int]) -> None:
    need_mib = 4.0 * (channels + 1) * float(np.prod(shape)) / 2**20
    if need_mib > request.manifest.resources.memory_mib:
        raise PluginFaultError(
            f"The plug-in needs {need_mib:.0f} MiB for its output alone; "
            f"it declares {request.manifest.resources.memory_mib} MiB."
        )


def _checked(output: FloatImage, channels: int, stage: SegmentationStage) -> FloatImage:
    expected = (1, channels, *output_shape(stage))
    if output.shape != expected:
        raise PluginFaultError(
            f"Stage {stage.name!r}: the model returned {output.shape}, the manifest says {expected}."
        )
    values: FloatImage = output[0]
    if not np.isfinite(values).all():
        raise PluginFaultError(f"Stage {stage.name!r}: the model returned NaN or infinite values.")
    return values


def _activated(values: FloatImage, stage: SegmentationStage) -> FloatImage:
    if stage.output.activation == "sigmoid":
        return np.asarray(1.0 / (1.0 + np.exp(-values)), np.float32)
    if stage.output.activation == "softmax":
        raised = np.exp(values - values.max(axis=0))
        return np.asarray(raised / raised.sum(axis=0), np.float32)
    return values


def _blank_outside(values: FloatImage, mask: BoolImage, stage: SegmentationStage) -> None:
    """Let nothing be found outside the mask: the model saw nothing there."""
    values[:, ~mask] = 0.0
    if stage.output.threshold is None:
        values[0, ~mask] = 1.0


def _label_map(shape_kji: tuple[int, int, int], layers: list[Layer]) -> LabelMap:
    """Write the labels of all stages on the series' grid; later stages overwrite earlier ones."""
    labels = np.zeros(shape_kji, np.uint8)
    whole = Grid(shape=shape_kji)
    for layer in layers:
        for k, rows, columns, found in labelled_slices(layer, whole):
            target = labels[k, rows, columns]
            np.copyto(target, found, where=found > 0)
    return labels
