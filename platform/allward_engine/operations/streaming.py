"""A stage whose labels are made while its windows run: one row of windows is held, whatever the volume.

Windows come in the order of the model's first axis. As soon as no later window touches a slice of the stage's
grid, it is divided, becomes labels of the series, and is forgotten.
"""

import numpy as np

from allward_engine.grids import FloatImage, SeriesLabels
from allward_engine.operations.blending import SlabBlend
from allward_engine.operations.clean import clean_labels
from allward_engine.operations.inference import Looks, StageImage, check_room
from allward_engine.operations.labels import Decision, LabelImage, LabelWriter
from allward_engine.operations.windows import Window, window_weight
from allward_engine.requests import SegmentRequest
from allward_engine.sessions import Head
from allward_engine.units import Units
from allward_sdk.errors import PluginFaultError
from allward_sdk.geometry import AxisMap
from allward_sdk.stages import SegmentationStage


def run_streamed(
    stage: SegmentationStage, request: SegmentRequest, ready: StageImage, axes: AxisMap
) -> Units[SeriesLabels]:
    """Run the windows of a stage whose outputs become labels on the series' grid."""
    linear = stage.output.activation == "none" or stage.output.activate == "blended"
    looks = Looks.plan(stage, request, ready, headless=linear)
    labels = np.zeros(request.geometry.shape_kji, np.uint8)
    stream = _Stream(looks, request, ready, np.asarray(axes.to_model(labels), np.uint8))
    for window in looks.windows:
        yield from stream.finish_below(window.core[0].start)
        yield from looks.show(ready.image, window, stream)
    yield from stream.finish_below(ready.grid.shape[0])
    clean_labels(labels, stage.output.clean, voxel_ml=request.geometry.voxel_volume_ml)
    return SeriesLabels(labels)


def decision_of(stage: SegmentationStage, request: SegmentRequest, head: Head | None) -> Decision:
    """Return how blended outputs become labels.

    A threshold of what is activated only then is one of what is not: the sigmoid rises, so its inverse says
    which.
    """
    threshold = stage.output.threshold
    if threshold is not None and stage.output.activate == "blended" and stage.output.activation == "sigmoid":
        threshold = float(np.log(threshold / (1.0 - threshold)))
    value_of = {label.name: label.value for label in request.manifest.labels}
    return Decision(threshold, tuple(value_of[name] for name in stage.output.labels), head)


class _Stream:
    """Takes the outputs of windows and writes labels, slice by slice.

    How many channels are summed is known with the first output: those of the features of all members where
    their heads can come last and there are fewer features than classes, those of the classes otherwise.
    """

    def __init__(self, looks: Looks, request: SegmentRequest, ready: StageImage, target: LabelImage) -> None:
        self._looks = looks
        self._request = request
        self._ready = ready
        self._target = target
        self._heads: dict[int, Head] = {}
        self._features: int | None = None
        self._next = 0
        self._blend: SlabBlend | None = None
        self._writer: LabelWriter | None = None

    def add(self, values: FloatImage, window: Window, member: int, head: Head | None) -> None:
        """Add what one model returned for a window; see `Sum.add`."""
        if self._blend is None:
            self._blend = self._begin(window, head)
        if self._features is None:
            self._blend.add(values if head is None else _with_head(head, values), window)
            return
        if head is None or head.weights.shape[1] != self._features:
            raise PluginFaultError(
                f"Stage {self._looks.stage.name!r}: the last layers of its models differ in size."
            )
        self._heads[member] = head
        self._blend.add(values, window, first_channel=member * self._features, weigh=member == 0)

    def finish_below(self, end: int) -> Units[None]:
        """Write the labels that slices before `end` decide; no window may touch these any more."""
        if self._blend is None:
            return
        if self._writer is None:
            stage = self._looks.stage
            decision = decision_of(stage, self._request, self._joined_head())
            self._writer = LabelWriter(self._target, self._ready.grid, decision, self._ready.mask)
        for a in range(self._next, end):
            self._writer.write(a, self._blend.take(a))
            yield self._looks.progress
        self._next = max(self._next, end)

    def _begin(self, window: Window, head: Head | None) -> SlabBlend:
        classes, members = self._looks.channels, len(self._looks.specs)
        channels = classes
        if head is not None and members * head.weights.shape[1] < classes:
            self._features = head.weights.shape[1]
            channels = members * self._features
        self._next = window.core[0].start
        shape = self._ready.grid.shape
        depth = max(window.core[0].stop - window.core[0].start for window in self._looks.windows)
        check_room(self._request, channels, (depth, *shape[1:]))
        return SlabBlend(channels, shape, depth, window_weight(self._looks.stage))

    def _joined_head(self) -> Head | None:
        """Return the mean of the members' heads, each on the features of its own member."""
        if not self._heads:
            return None
        heads = [self._heads[member] for member in sorted(self._heads)]
        weights = np.concatenate([head.weights for head in heads], axis=1) / len(heads)
        bias = np.mean([head.bias for head in heads], axis=0)
        return Head(weights.astype(np.float32), bias.astype(np.float32))


def _with_head(head: Head, features: FloatImage) -> FloatImage:
    """Return the classes, shape (class, a, b, c), of features, shape (feature, a, b, c)."""
    classes: FloatImage = np.matmul(head.weights, features.reshape(len(features), -1))
    classes += head.bias[:, None]
    return classes.reshape(-1, *features.shape[1:])
