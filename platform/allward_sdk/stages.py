"""`[[stages]]`: what the engine does with one model, on what, and how labels are read from it.

Every triple is in the order of the model's own array axes, see `manifest`.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from allward_sdk.classes import ClassificationStage, EmbeddingStage, HeatMapStage, TileClassificationStage
from allward_sdk.detection import DetectionStage
from allward_sdk.operators import CleanOperator, PrepareOperator
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


class StageOutput(Strict):
    """The tensor that the model returns, and how labels are read from it."""

    name: str
    """Name of the output in the graph."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """Applied by the platform; `none` if the graph ends in probabilities already."""
    margin_low: Margin3 = (0, 0, 0)
    """Voxels at the lower end of the window that the output does not cover (valid convolutions)."""
    margin_high: Margin3 = (0, 0, 0)
    """The same at the upper end; what is left of the window is the shape of the output."""
    blend: Literal["none", "gaussian"] = "none"
    """How overlapping windows are joined: the mean, or weighted towards the centre of each."""
    overlap: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Share of a window that the next one covers again."""
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """Probability above which a voxel has the label; without it the largest channel wins, 0 is background."""
    labels: tuple[Name, ...] = Field(min_length=1)
    """Label of each output channel, background left out."""
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
    input: StageInput
    """What the model is given."""
    output: StageOutput
    """What it returns."""

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
