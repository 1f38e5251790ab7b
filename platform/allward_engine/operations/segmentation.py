"""`sliding_window_segmentation`: the stages of a manifest on one volume, as units to stop between.

For each stage the volume is turned to the model's orientation as a view, prepared, cut into windows and run.
Either its outputs are held on its own grid, cleaned there and carried to the series at the end (here), or
labels of the series are made while its windows run (`streaming`). Later stages and the label map read both.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.grids import (
    BoolImage,
    FloatImage,
    Grid,
    Layer,
    Outline,
    SeriesLabels,
    labelled_slices,
    mask_on,
)
from allward_engine.operations.blending import Blend
from allward_engine.operations.clean import clean
from allward_engine.operations.inference import (
    PREPARED,
    Looks,
    StageImage,
    activated,
    channels_of,
    check_room,
)
from allward_engine.operations.morphology import box_of, dilate
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.operations.streaming import run_streamed
from allward_engine.operations.windows import Window, window_weight
from allward_engine.requests import LabelMap, Progress, SegmentRequest
from allward_engine.sessions import Head, Output
from allward_engine.units import Units
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import AxisMap, axis_map
from allward_sdk.stages import Mask, SegmentationStage


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What the operation found."""

    labels_kji: LabelMap
    stages_run: tuple[str, ...]


class SharedImages:
    """Prepared images that several stages look at, each held until the last of them has."""

    def __init__(self, stages: Sequence[SegmentationStage] = ()) -> None:
        self._looks = Counter(_preparation(stage) for stage in stages)
        self._images: dict[Any, Prepared] = {}

    def get(
        self, stage: SegmentationStage, request: SegmentRequest, turned: npt.NDArray[Any]
    ) -> Units[Prepared]:
        """Return the image of a stage, prepared if no stage before it was prepared in the same way."""
        key = _preparation(stage)
        prepared = self._images.pop(key, None)
        if prepared is None:
            prepared = yield from _prepare(stage, request, turned)
        self._looks[key] -= 1
        if self._looks[key] > 0:
            self._images[key] = prepared
        return prepared


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
    check_volume(request, volume_kji)
    found: dict[str, Outline] = {}
    stages = [stage for stage in request.manifest.stages if isinstance(stage, SegmentationStage)]
    images = SharedImages(stages)
    yield Progress(stage=stages[0].name, unit=0, units=None, fraction=0.0)
    for number, stage in enumerate(stages):
        done, share = number / (len(stages) + 1), 1 / (len(stages) + 1)
        outline = yield from _scaled(run_stage(stage, request, volume_kji, found, images), done, share)
        if outline is not None:
            found[stage.name] = outline
    labels = label_map(request.geometry.shape_kji, list(found.values()))
    yield Progress(stage="labels", unit=1, units=1, fraction=1.0)
    return Segmentation(labels_kji=labels, stages_run=tuple(found))


def _scaled(units: Units[Outline | None], done: float, share: float) -> Units[Outline | None]:
    answer: Output | None = None
    while True:
        try:
            said = units.send(answer)
        except StopIteration as stop:
            result: Outline | None = stop.value
            return result
        if isinstance(said, Progress):
            said = replace(said, fraction=done + share * said.fraction)
        answer = yield said


def check_volume(request: SegmentRequest, volume_kji: npt.NDArray[Any]) -> None:
    """Refuse a volume that no operation could work on; raises BadInputError."""
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


def run_stage(
    stage: SegmentationStage,
    request: SegmentRequest,
    volume_kji: npt.NDArray[Any],
    found: Mapping[str, Outline],
    images: SharedImages | None = None,
) -> Units[Outline | None]:
    """Run one stage.

    Parameters
    ----------
    found
        What earlier stages found, by their names.
    images
        Shared by stages that are prepared alike; None if this one shares nothing.

    Returns
    -------
    None if the mask that it looks inside is empty
    """
    axes = axis_map(request.geometry, stage.input.orientation)
    mask = stage.input.mask
    if mask is not None and mask.stage not in found:
        return None
    prepared = yield from (images or SharedImages()).get(stage, request, axes.to_model(volume_kji))
    source = found[mask.stage] if mask is not None else None
    ready = _restrict(prepared, mask, source, axes, request.geometry.shape_kji)
    del prepared
    if ready is None:
        return None
    yield Progress(stage=stage.name, unit=0, units=None, fraction=PREPARED)
    run = run_streamed if stage.output.finish_on == "series" else _run_held
    outline: Outline = yield from run(stage, request, ready, axes)
    return outline


def _preparation(stage: SegmentationStage) -> Any:
    return stage.input.orientation, stage.input.prepare


def _prepare(stage: SegmentationStage, request: SegmentRequest, turned: npt.NDArray[Any]) -> Units[Prepared]:
    axes = axis_map(request.geometry, stage.input.orientation)
    a, b, c = turned.shape
    prepared = Prepared(image=turned, grid=Grid(shape=(a, b, c)), spacing_mm=_spacing(request, axes))
    operators = stage.input.prepare
    for number, operator in enumerate(operators):
        prepared = prepare(operator, prepared)
        fraction = PREPARED * (number + 1) / (len(operators) + 1)
        yield Progress(stage=stage.name, unit=0, units=None, fraction=fraction)
    return prepared


def _spacing(request: SegmentRequest, axes: AxisMap) -> tuple[float, float, float]:
    return axes.triple_to_model(request.geometry.spacing_kji_mm)


def _restrict(
    prepared: Prepared,
    mask: Mask | None,
    source: Outline | None,
    axes: AxisMap,
    shape_kji: tuple[int, int, int],
) -> StageImage | None:
    """Restrict a prepared image to an earlier stage's mask; None if that is empty."""
    if mask is None or source is None:
        return StageImage(prepared.image, prepared.grid, None)
    found = mask_on(source, prepared.grid.to_volume(axes, shape_kji))
    inside: BoolImage = np.asarray(axes.to_model(dilate(found, mask.dilate_voxels)), np.bool_)
    box = box_of(inside)
    if box is None:
        return None
    image, grid = prepared.image, prepared.grid
    if mask.crop:
        image, grid, inside = image[box], grid.cropped(box), inside[box]
    image = image.astype(np.float32, copy=False)
    return StageImage(np.where(inside, image, np.float32(mask.outside_value)), grid, inside)


class _Held:
    """Takes the outputs of windows into one image."""

    def __init__(self, blend: Blend) -> None:
        self._blend = blend

    def add(self, values: FloatImage, window: Window, member: int, head: Head | None) -> None:
        """Add what one model returned for a window; see `Sum.add`."""
        self._blend.add(values, window)


def _run_held(
    stage: SegmentationStage, request: SegmentRequest, ready: StageImage, axes: AxisMap
) -> Units[Layer]:
    """Run the windows of a stage whose outputs are held and cleaned on its own grid."""
    looks = Looks.plan(stage, request, ready)
    check_room(request, channels_of(stage), ready.grid.shape)
    blend = Blend(channels_of(stage), ready.grid.shape, window_weight(stage))
    held = _Held(blend)
    for window in looks.windows:
        yield from looks.show(ready.image, window, held)
    blended = blend.finish()
    if stage.output.activate == "blended":
        blended = activated(blended, stage)
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


def _blank_outside(values: FloatImage, mask: BoolImage, stage: SegmentationStage) -> None:
    """Let nothing be found outside the mask: the model saw nothing there."""
    values[:, ~mask] = 0.0
    if stage.output.threshold is None:
        values[0, ~mask] = 1.0


def label_map(shape_kji: tuple[int, int, int], found: Sequence[Outline]) -> LabelMap:
    """Write the labels of all stages on the series' grid; later stages overwrite earlier ones.

    What the first stage found on the series' grid becomes the map and is written to.
    """
    if found and isinstance(found[0], SeriesLabels):
        labels, found = found[0].labels_kji, found[1:]
    else:
        labels = np.zeros(shape_kji, np.uint8)
    whole = Grid(shape=shape_kji)
    for outline in found:
        if isinstance(outline, SeriesLabels):
            np.copyto(labels, outline.labels_kji, where=outline.labels_kji > 0)
            continue
        for k, rows, columns, part in labelled_slices(outline, whole):
            target = labels[k, rows, columns]
            np.copyto(target, part, where=part > 0)
    return labels
