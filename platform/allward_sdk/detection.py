"""`detection_3d`: which candidates a model's outputs mean, and which of them are kept.

Triples are in the order of the model's own array axes, see `manifest`. A voxel is one of the prepared image.
"""

from math import log
from typing import Annotated, Literal

from pydantic import Field, model_validator

from allward_sdk.operators import Positive3
from allward_sdk.parts import Count3, Name, Strict, Triple
from allward_sdk.volumes import VolumeInput

Channels = tuple[Annotated[int, Field(ge=0)], ...]
TensorName = Annotated[str, Field(min_length=1, max_length=200)]
Part = Literal["offset_a", "offset_b", "offset_c", "size_a", "size_b", "size_c"]


class _Sized(Strict):
    scores: TensorName
    """Output with the scores."""
    channels: Channels = ()
    """Channel of each label in `scores`; the first ones, in the order of `labels`, if empty."""
    size: TensorName | None = None
    """Output with the size, of one channel (a diameter) or three (an edge per axis)."""
    size_unit: Literal["mm", "voxel", "log_voxel"] = "mm"
    """Unit of `size`; `log_voxel` is the natural logarithm of voxels."""
    size_mm: float | None = Field(default=None, gt=0)
    """Size of every candidate where the model tells none; without both a candidate is a point."""

    @model_validator(mode="after")
    def _one_size(self) -> "_Sized":
        if self.size is not None and self.size_mm is not None:
            raise ValueError("size and size_mm exclude each other: the model tells the size or it does not")
        return self


class DenseDecode(_Sized):
    """One answer for each window, shape (batch, channel): a candidate in its middle, or beside it.

    The middle of a window of n voxels lies at voxel ``(n - 1) / 2``.
    """

    kind: Literal["dense"]
    """Which way of reading this is."""
    offset: TensorName | None = None
    """Output with three channels: from the window's middle to the candidate."""
    offset_unit: Literal["mm", "voxel"] = "voxel"
    """Unit of `offset`."""


class GridDecode(_Sized):
    """One answer for each cell of a grid in the window, shape (batch, channel, a, b, c)."""

    kind: Literal["grid"]
    """Which way of reading this is."""
    stride: Count3
    """Voxels from one cell to the next; the window is a multiple of it."""
    origin: Triple = (0.0, 0.0, 0.0)
    """Voxel of the window on which cell 0 lies."""
    offset: TensorName | None = None
    """Output with three channels: from the cell to the candidate."""
    offset_unit: Literal["mm", "voxel", "cell"] = "voxel"
    """Unit of `offset`; a cell is as long as `stride`."""
    peak_cells: Literal[1, 3, 5] = 3
    """A candidate is a cell whose score no other in a cube of so many cells exceeds; 1 takes every cell."""


class AnchorLevel(Strict):
    """One resolution of an anchor net: its outputs, and the boxes that they correct."""

    scores: TensorName
    """Output with the scores of this level."""
    boxes: TensorName
    """Output with six numbers for each anchor, see `numbers`."""
    stride: Count3
    """Voxels from one cell to the next; the window is a multiple of it."""
    origin: Triple = (0.0, 0.0, 0.0)
    """Voxel of the window on which the anchors of cell 0 are centred."""
    anchors: tuple[Positive3, ...] = Field(min_length=1)
    """Edges of each anchor, in voxels."""


class AnchorDecode(Strict):
    """Corrections to declared boxes, as in RetinaNet.

    With anchor centre x and edge s, corrections d and e and their weights u and v, a candidate's centre is
    ``x + s * d / u`` and its edge ``s * exp(min(e / v, largest_log_scale))``.
    """

    kind: Literal["anchors"]
    """Which way of reading this is."""
    levels: tuple[AnchorLevel, ...] = Field(min_length=1)
    """The resolutions, each with outputs of its own."""
    layout: Literal["map", "list"] = "map"
    """`map`: (batch, anchor x channel, a, b, c); `list`: (batch, a x b x c x anchor, channel)."""
    score_channels: int = Field(ge=1)
    """Scores of each anchor, a background among them."""
    channels: Channels = ()
    """Channel of each label among the scores of an anchor; the first ones if empty."""
    numbers: tuple[Part, Part, Part, Part, Part, Part] = (
        "offset_a",
        "offset_b",
        "offset_c",
        "size_a",
        "size_b",
        "size_c",
    )
    """What each of the six numbers corrects."""
    weights: tuple[float, float, float, float, float, float] = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    """What each of the six numbers is divided by."""
    largest_log_scale: float = Field(default=log(1000.0 / 16.0), gt=0)
    """Limit of the logarithm by which an edge is corrected."""

    @model_validator(mode="after")
    def _every_part_once(self) -> "AnchorDecode":
        if len(set(self.numbers)) != len(self.numbers):
            raise ValueError("numbers must name each of offset_a..c and size_a..c once")
        if min(self.weights) <= 0:
            raise ValueError("weights must be positive: the numbers are divided by them")
        return self


Decode = Annotated[DenseDecode | GridDecode | AnchorDecode, Field(discriminator="kind")]


class _Suppression(Strict):
    across_labels: bool = False
    """Whether a candidate of one label can push out one of another."""
    join: Literal["best", "mean"] = "best"
    """What stays: the best candidate, or the best one's score at the mean place and size of all that it
    pushes out, each weighted with its score."""


class ByOverlap(_Suppression):
    """Of two boxes that overlap, the one with the lower score goes."""

    by: Literal["overlap"]
    """Which rule this is."""
    above: float = Field(ge=0, lt=1)
    """Intersection over union above which they count as one."""


class ByDistance(_Suppression):
    """Of two candidates whose centres are near, the one with the lower score goes."""

    by: Literal["distance"]
    """Which rule this is."""
    within_mm: float = Field(gt=0)
    """Distance up to which they count as one."""


Suppress = Annotated[ByOverlap | ByDistance, Field(discriminator="by")]


class Attribute(Strict):
    """A further number that the model tells of each candidate, from an output shaped like the scores."""

    name: Name
    """Unique in the plug-in; a measurement by the method `predicted` refers to it."""
    output: TensorName
    """Output of the graph."""
    channel: int = Field(default=0, ge=0)
    """Which channel of it."""
    factor: float = 1.0
    """The number is multiplied with this first."""
    offset: float = 0.0
    """Added then."""


class DetectionOutput(Strict):
    """What the model returns, and which candidates are kept."""

    labels: tuple[Name, ...] = Field(min_length=1)
    """Label of each kind of candidate."""
    decode: Decode
    """How the outputs are read."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied to the scores by the platform; `none` if the graph ends in probabilities already."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again."""
    windows: Literal["apart", "mean", "gaussian"] = "apart"
    """Whether each window is read by itself, or outputs are averaged over overlapping windows before they
    are read, all alike or weighted towards the centre; windows then lie on multiples of the stride."""
    threshold: float = Field(gt=0, lt=1)
    """Score above which there is a candidate."""
    suppress: Suppress
    """How several boxes of one thing become one."""
    most: int = Field(default=100, ge=1, le=1000)
    """Candidates kept for a case, the highest scores first."""
    attributes: tuple[Attribute, ...] = ()
    """Further numbers of each candidate."""

    @model_validator(mode="after")
    def _fits_together(self) -> "DetectionOutput":
        channels = self.decode.channels
        if channels and (len(channels) != len(self.labels) or len(set(channels)) != len(channels)):
            raise ValueError("decode.channels must name one channel of its own for each label")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels: a label stands there twice")
        if isinstance(self.decode, AnchorDecode):
            if self.attributes:
                raise ValueError("attributes cannot be read from an anchor net")
            if max(self.channels) >= self.decode.score_channels:
                raise ValueError("decode.score_channels: fewer than the labels need")
        elif (
            isinstance(self.suppress, ByOverlap) and self.decode.size is None and self.decode.size_mm is None
        ):
            raise ValueError("suppress: points have no overlap; give the decode a size, or use a distance")
        return self

    @property
    def channels(self) -> tuple[int, ...]:
        """Channel of each label among the scores."""
        return self.decode.channels or tuple(range(len(self.labels)))


def strides_of(decode: Decode) -> list[tuple[str, Count3]]:
    """Return every output that has a value for each cell of a grid, with the stride of that grid."""
    if isinstance(decode, GridDecode):
        names = (decode.scores, decode.size, decode.offset)
        return [(name, decode.stride) for name in dict.fromkeys(names) if name is not None]
    if isinstance(decode, AnchorDecode):
        return [(name, level.stride) for level in decode.levels for name in (level.scores, level.boxes)]
    return []


class DetectionStage(Strict):
    """Finds candidates in a volume: boxes, or points where no size is told."""

    name: Name
    """Unique in the plug-in; masks and crops refer to it."""
    operation: Literal["detection_3d"]
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    input: VolumeInput
    """What the model is given."""
    output: DetectionOutput
    """What it returns."""

    @model_validator(mode="after")
    def _searches(self) -> "DetectionStage":
        if self.input.around is not None:
            raise ValueError("input.around: a detection searches; to judge candidates use a classification")
        strides = [stride for _, stride in strides_of(self.output.decode)]
        if any(n % step for stride in strides for n, step in zip(self.input.window, stride, strict=True)):
            raise ValueError("output.decode: the window is no multiple of a stride")
        return self

    @model_validator(mode="after")
    def _can_average(self) -> "DetectionStage":
        if self.output.windows == "apart":
            return self
        if isinstance(self.output.decode, DenseDecode):
            raise ValueError("output.windows: one answer a window leaves nothing to average")
        if self.output.attributes:
            raise ValueError("output.windows: attributes are read from windows apart")
        strides = [stride for _, stride in strides_of(self.output.decode)]
        if any(max(steps) % step for steps in zip(*strides, strict=True) for step in steps):
            raise ValueError("output.windows: to average, the coarsest stride must be a multiple of all")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Labels of this stage's results."""
        return self.output.labels
