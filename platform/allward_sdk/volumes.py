"""How a stage looks at a volume: prepared, in windows, where an earlier stage allows it or found something.

Shared by every operation that reads volumes and draws no labels. Triples are in the order of the model's own
array axes, see `manifest`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from allward_sdk.operators import Normalise, PrepareOperator
from allward_sdk.parts import Count3, Name, Strict

MOST_BATCHED = 64
"""Windows or tiles that may be run together; more gains nothing on any device and costs memory."""

Batch = Annotated[int, Field(ge=1, le=MOST_BATCHED)]


class Region(Strict):
    """Restrict a stage to where an earlier stage of the same plug-in found something.

    What a segmentation found is its labels, what a detection found is the boxes of its candidates.
    """

    stage: Name
    """The earlier stage."""
    dilate_voxels: int = Field(default=0, ge=0, le=50)
    """Steps of 6-connected dilation on the grid of the stage that uses the region."""
    outside_value: float | None = None
    """What the prepared image is set to outside; absent if the model sees the image as it is there."""


class Around(Strict):
    """Run the model once for each candidate that an earlier detection found, the candidate in the middle."""

    stage: Name
    """The earlier detection."""
    labels: tuple[Name, ...] = ()
    """Only candidates of these labels; all if empty."""


class VolumeInput(Strict):
    """The tensor that a model is given from a volume."""

    name: str = Field(min_length=1)
    """Name of the input in the graph."""
    orientation: Annotated[str, Field(pattern=r"^[LR][AP][SI]$|^[SI][AP][LR]$")]
    """Where each spatial axis of the tensor grows to; the tensor is (batch, 1, *these)."""
    prepare: tuple[PrepareOperator, ...]
    """Run in this order on the volume in HU (or stored units), brought to `orientation` first."""
    window: Count3
    """Shape of what the model is shown at once."""
    pad_value: float = 0.0
    """What lies outside the prepared image."""
    mask: Region | None = None
    """Where an earlier stage allows this one to look; everywhere if absent."""
    around: Around | None = None
    """Look at the candidates of an earlier detection, and nowhere else."""
    batch: Batch = 1
    """Windows that may be run together; above 1 the graph's first axis has to be free."""

    @model_validator(mode="after")
    def _fits_together(self) -> "VolumeInput":
        if self.mask is not None and self.around is not None:
            raise ValueError("mask and around exclude each other: candidates already say where to look")
        if any(isinstance(each, Normalise) and each.scope == "window" for each in self.prepare[:-1]):
            raise ValueError("prepare: what is normalised by window has to be so last")
        return self
