"""`[[stages]]`: what the engine does with one model, on what, and how labels are read from it.

Every triple is in the order of the model's own array axes, see `manifest`.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from allward_sdk.classes import ClassificationStage, EmbeddingStage, HeatMapStage, TileClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.operators import CleanOperator, Normalise, PrepareOperator
from allward_sdk.parts import Count3, Margin3, Name, Strict


class Mask(Strict):
    """Restrict a stage to what an earlier stage of the same plug-in found."""

    stage: Name
    """The earlier stage."""
    dilate_voxels: int = Field(default=0, ge=0, le=50)
    """Steps of 6-connected dilation on the grid of the stage that uses the mask."""
    outside_value: float
    """What the prepared image is set to outside the dilated mask."""
    crop: bool = True
    """Run only on the bounding box of the dilated mask."""


class StageInput(Strict):
    """The tensor that the model is given."""

    name: str
    """Name of the input in the graph."""
    orientation: Annotated[str, Field(pattern=r"^[LR][AP][SI]$|^[SI][AP][LR]$")]
    """Where each spatial axis of the tensor grows to; the tensor is (batch, channel, *these)."""
    prepare: tuple[PrepareOperator, ...]
    """Run in this order on the volume in HU (or stored units), brought to `orientation` first."""
    mask: Mask | None = None
    """Where an earlier stage allows this one to look; everywhere if absent."""
    window: Count3
    """Shape of one window of the model's input."""
    pad_value: float = 0.0
    """What lies outside the prepared image."""
    larger_than_window: Literal["slide", "refuse"] = "slide"
    """What happens where the prepared image does not fit into one window."""
    layout: Literal["centred", "nnunet", "monai"] = "centred"
    """Where a window lies that is larger than the image: centre voxel (n // 2) on centre voxel, or with
    (difference // 2) voxels of padding below, as nnU-Net and MONAI pad. Smaller windows are spread evenly;
    those of "monai" begin at equal steps, and the last ends where the image does."""
    mirror: tuple[Literal[0, 1, 2], ...] = ()
    """Axes along which each window is also shown mirrored, in every combination; the outputs are averaged."""


class StageOutput(Strict):
    """The tensor that the model returns, and how labels are read from it."""

    name: str
    """Name of the output in the graph."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in probabilities already."""
    activate: Literal["each_window", "blended"] = "each_window"
    """Whether each window's output is activated, or what the windows blend to (as nnU-Net blends logits)."""
    margin_low: Margin3 = (0, 0, 0)
    """Voxels at the lower end of the window that the output does not cover (valid convolutions)."""
    margin_high: Margin3 = (0, 0, 0)
    """The same at the upper end; what is left of the window is the shape of the output."""
    blend: Literal["none", "gaussian", "nnunet_gaussian", "monai_gaussian"] = "none"
    """How overlapping windows are joined: the mean, or weighted towards the centre of each by a Gaussian of
    sigma 1/8 of the window; nnU-Net's is scaled to 10 and rounded to 16 bit, MONAI's is at least 0.001."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """Probability above which a voxel has the label; without it the largest channel wins, 0 is background."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """Label of each output channel, background left out."""
    finish_on: Literal["stage", "series"] = "stage"
    """On which grid outputs become labels and are cleaned: the own one, where all outputs are held, or the
    series', to which they are interpolated while windows run: memory is then that of one row of windows."""
    clean: tuple[CleanOperator, ...] = ()
    """Run in this order on the labels of this stage."""


class SegmentationStage(Strict):
    """Outlines labels in a volume, window by window; later stages may use what it found."""

    name: Name
    """Unique in the plug-in; masks refer to it."""
    operation: Literal["sliding_window_segmentation"] = "sliding_window_segmentation"
    """What the engine does with the model."""
    model: Name
    """Which of `models` it runs."""
    also: tuple[Name, ...] = ()
    """More models of the same network, run on the same windows; all outputs are averaged (folds)."""
    input: StageInput
    """What the model is given."""
    output: StageOutput
    """What it returns."""

    @property
    def members(self) -> tuple[str, ...]:
        """Every model that it runs."""
        return (self.model, *self.also)

    @model_validator(mode="after")
    def _fits_together(self) -> "SegmentationStage":
        if len(set(self.input.mirror)) != len(self.input.mirror):
            raise ValueError("input.mirror: an axis stands there twice")
        if any(isinstance(o, Normalise) and o.scope == "window" for o in self.input.prepare[:-1]):
            raise ValueError("input.prepare: what is normalised by window has to be so last")
        output = self.output
        if output.activate == "blended" and output.activation == "softmax" and output.threshold is not None:
            raise ValueError("output.activate: a threshold of softmax needs it before windows are blended")
        return self

    @property
    def finds(self) -> tuple[str, ...]:
        """Labels of this stage's results."""
        return self.output.labels


DEFAULT_OPERATION = "sliding_window_segmentation"


def operation_of(stage: Any) -> str:
    """Return which operation a table of `[[stages]]`, or a record made of it, names."""
    if isinstance(stage, dict):
        return str(stage.get("operation", DEFAULT_OPERATION))
    return str(getattr(stage, "operation", DEFAULT_OPERATION))


Stage = Annotated[
    Annotated[SegmentationStage, Tag("sliding_window_segmentation")]
    | Annotated[DetectionStage, Tag("detection_3d")]
    | Annotated[ClassificationStage, Tag("classification")]
    | Annotated[TileClassificationStage, Tag("tile_classification")]
    | Annotated[EmbeddingStage, Tag("embedding")]
    | Annotated[HeatMapStage, Tag("heatmap")],
    Discriminator(operation_of),
]
"""One model run; which keys it has is told by its `operation`."""

OPERATIONS = (
    "sliding_window_segmentation",
    "detection_3d",
    "classification",
    "tile_classification",
    "embedding",
    "heatmap",
)
"""Every operation that a stage may name."""
