"""`classification`, `embedding`, `heatmap`: what a model says of a volume, of a candidate, of a tile.

Triples are in the order of the model's own array axes, see `manifest`.
"""

from typing import Literal

from pydantic import Field, model_validator

from allward_sdk.detection import Channels, TensorName
from allward_sdk.parts import Count3, Localised, Name, Strict, Triple
from allward_sdk.tiles import TileInput
from allward_sdk.volumes import VolumeInput


class Probabilities(Strict):
    """A tensor (batch, channel) of class scores, and how it becomes probabilities and a choice."""

    name: TensorName
    """Name of the output in the graph."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in probabilities already."""
    temperature: float = Field(default=1.0, gt=0)
    """What the scores are divided by before the activation, as a calibration found it."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """The classes."""
    channels: Channels = ()
    """Channel of each label; the first ones, in the order of `labels`, if empty."""
    choose: Literal["one", "several"] = "one"
    """Whether the classes exclude each other; of one of many the largest probability is chosen."""
    thresholds: tuple[float, ...] = ()
    """Probability of each label above which it is chosen; where `several` can be, one for each is needed."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Probabilities":
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels: a label stands there twice")
        if self.channels and (
            len(self.channels) != len(self.labels) or len(set(self.channels)) != len(self.channels)
        ):
            raise ValueError("channels must name one channel of its own for each label")
        if self.temperature != 1.0 and self.activation == "none":
            raise ValueError("temperature: without an activation there are no scores to divide")
        return self

    @model_validator(mode="after")
    def _can_choose(self) -> "Probabilities":
        if self.thresholds and len(self.thresholds) != len(self.labels):
            raise ValueError("thresholds must be one for each label")
        if any(not 0 < threshold < 1 for threshold in self.thresholds):
            raise ValueError("thresholds must lie between 0 and 1")
        if self.choose == "several" and not self.thresholds:
            raise ValueError("thresholds: where several classes can be chosen, each needs one")
        return self

    @property
    def read_channels(self) -> tuple[int, ...]:
        """Channel of each label."""
        return self.channels or tuple(range(len(self.labels)))


class Rescore(Strict):
    """How the classification of candidates changes the candidates: fewer false ones, better scores."""

    label: Name
    """The label whose probability counts."""
    how: Literal["replace", "multiply", "mean"]
    """The new score: the probability, its product with the old score, or their mean."""
    keep_above: float = Field(default=0.0, ge=0, lt=1)
    """New score above which a candidate stays."""


class ClassificationStage(Strict):
    """Class probabilities of a volume, or of each candidate of an earlier detection."""

    name: Name
    """Unique in the plug-in."""
    operation: Literal["classification"]
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    input: VolumeInput
    """What the model is given; with `around`, once for each candidate."""
    over: Literal["centre", "best_window"] = "centre"
    """One window in the middle of the image (or of the region), or the best of all windows."""
    larger_than_window: Literal["cut", "refuse"] = "refuse"
    """What happens with `centre` where the prepared image does not fit into one window."""
    overlap: float = Field(default=0.5, ge=0.0, lt=1.0)
    """With `best_window`: share of a window that the next one covers again."""
    best_of: Name | None = None
    """With `best_window`: the label whose largest probability makes a window the best."""
    output: Probabilities
    """What it returns."""
    rescore: Rescore | None = None
    """With `around`: what becomes of the candidates."""

    @model_validator(mode="after")
    def _fits_together(self) -> "ClassificationStage":
        if (self.best_of is not None) != (self.over == "best_window"):
            raise ValueError("best_of belongs to over = 'best_window', and is needed there")
        if self.best_of is not None and self.best_of not in self.output.labels:
            raise ValueError(f"best_of: {self.best_of!r} is none of the stage's labels")
        if self.over == "best_window" and self.input.around is not None:
            raise ValueError("over: around a candidate there is one window")
        return self

    @model_validator(mode="after")
    def _can_rescore(self) -> "ClassificationStage":
        if self.rescore is None:
            return self
        if self.input.around is None:
            raise ValueError("rescore: there are candidates only with input.around")
        if self.rescore.label not in self.output.labels:
            raise ValueError(f"rescore.label: {self.rescore.label!r} is none of the stage's labels")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Labels of this stage's results."""
        return self.output.labels


class TileHeatMap(Strict):
    """A map of a slide, one value for each place of the tiles' grid."""

    labels: tuple[Name, ...] = Field(min_length=1)
    """Whose probabilities are shown, a map for each."""
    stride_px: tuple[int, int]
    """Rows and columns from one tile's corner to the next one's, in pixels of the tiles."""
    meaning: Localised
    """What a value means."""

    @model_validator(mode="after")
    def _moves(self) -> "TileHeatMap":
        if min(self.stride_px) < 1:
            raise ValueError("stride_px must be 1 or more")
        return self


class TileClassificationStage(Strict):
    """Class probabilities of each tile of a slide."""

    name: Name
    """Unique in the plug-in; later stages may read only the tiles of one of its classes."""
    operation: Literal["tile_classification"]
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    tiles: TileInput
    """What the model is given."""
    output: Probabilities
    """What it returns."""
    heat_map: TileHeatMap | None = None
    """Map to be made of the probabilities."""

    @model_validator(mode="after")
    def _shows_its_own(self) -> "TileClassificationStage":
        shown = self.heat_map.labels if self.heat_map is not None else ()
        foreign = [label for label in shown if label not in self.output.labels]
        if foreign:
            raise ValueError(f"heat_map.labels: {foreign[0]!r} is none of the stage's labels")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Labels of this stage's results."""
        return self.output.labels


class Vector(Strict):
    """A tensor (batch, length): one vector for each tile, window or candidate."""

    name: TensorName
    """Name of the output in the graph."""
    length: int = Field(ge=1, le=65536)
    """Numbers of a vector."""
    normalise: bool = False
    """Whether the platform divides a vector by its Euclidean length."""


class EmbeddingStage(Strict):
    """A vector for each tile, for each candidate, or for the whole volume (the mean over its windows)."""

    name: Name
    """Unique in the plug-in."""
    operation: Literal["embedding"]
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    tiles: TileInput | None = None
    """What the model is given from a slide; this or `input`."""
    input: VolumeInput | None = None
    """What the model is given from a volume; this or `tiles`."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Of the windows of a volume: share that the next one covers again."""
    output: Vector
    """What it returns."""

    @model_validator(mode="after")
    def _one_input(self) -> "EmbeddingStage":
        if (self.tiles is None) == (self.input is None):
            raise ValueError("an embedding reads tiles or a volume: give one of tiles and input")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Return no label: a vector means nothing by itself."""
        return ()


class MapOutput(Strict):
    """A tensor (batch, channel, a, b, c) on a coarse grid in the window."""

    name: TensorName
    """Name of the output in the graph."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in the wanted values already."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """Whose map each channel is."""
    channels: Channels = ()
    """Channel of each label; the first ones, in the order of `labels`, if empty."""
    stride: Count3
    """Voxels from one cell to the next; the window is a multiple of it."""
    origin: Triple = (0.0, 0.0, 0.0)
    """Voxel of the window on which cell 0 lies."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again; where windows meet, the mean is taken."""
    meaning: Localised
    """What a value means."""

    @model_validator(mode="after")
    def _fits_together(self) -> "MapOutput":
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels: a label stands there twice")
        if self.channels and (
            len(self.channels) != len(self.labels) or len(set(self.channels)) != len(self.channels)
        ):
            raise ValueError("channels must name one channel of its own for each label")
        return self

    @property
    def read_channels(self) -> tuple[int, ...]:
        """Channel of each label."""
        return self.channels or tuple(range(len(self.labels)))


class HeatMapStage(Strict):
    """A coarse map over a volume: where the model looked, or how sure it is, without an outline."""

    name: Name
    """Unique in the plug-in."""
    operation: Literal["heatmap"]
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    input: VolumeInput
    """What the model is given."""
    output: MapOutput
    """What it returns."""

    @model_validator(mode="after")
    def _looks_everywhere(self) -> "HeatMapStage":
        if self.input.around is not None:
            raise ValueError("input.around: a map is made of a volume, not of candidates")
        if any(n % step for n, step in zip(self.input.window, self.output.stride, strict=True)):
            raise ValueError("output.stride: the window is no multiple of it")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Labels of this stage's results."""
        return self.output.labels
