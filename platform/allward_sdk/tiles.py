"""How a stage looks at a slide: tiles of one size at one resolution, in colour."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from allward_sdk.parts import Name, Strict, Triple
from allward_sdk.volumes import Batch

Pixels = Annotated[int, Field(ge=8, le=4096)]


class Tissue(Strict):
    """Which tiles show tissue; the others are not shown to the model and have no result.

    A pixel counts as tissue if its saturation ``(max - min) / max`` of red, green and blue lies above one
    number and its brightness ``max / 255`` above another; blank glass has no saturation, a pen's black no
    brightness.
    """

    saturation_above: float = Field(default=0.07, ge=0, lt=1)
    """Least saturation of tissue."""
    brightness_above: float = Field(default=0.1, ge=0, lt=1)
    """Least brightness of tissue."""
    min_share: float = Field(default=0.25, gt=0, le=1)
    """Least share of a tile's pixels that count as tissue."""


class Where(Strict):
    """Read only the tiles in which an earlier classification saw something."""

    stage: Name
    """The earlier `tile_classification`."""
    label: Name
    """The label whose probability counts."""
    above: float = Field(default=0.5, ge=0, lt=1)
    """Probability above which a tile is read."""


class TileInput(Strict):
    """The tensor that a model is given from a slide, colours as ``(value * factor - mean) / std``."""

    name: str = Field(min_length=1)
    """Name of the input in the graph."""
    layout: Literal["channels_first", "channels_last"]
    """Whether the tensor is (batch, 3, rows, columns) or (batch, rows, columns, 3)."""
    colours: Literal["rgb", "bgr"] = "rgb"
    """Order of the colours."""
    tile: tuple[Pixels, Pixels]
    """Rows and columns of a tile."""
    mpp: float = Field(gt=0, le=100)
    """Micrometres of tissue per pixel."""
    mpp_tolerance: float = Field(default=0.1, ge=0, lt=1)
    """How far the resolution of a slide may be from `mpp`, as a part of it."""
    factor: float = Field(default=1.0 / 255.0, gt=0)
    """The stored value, 0 to 255, is multiplied with this first."""
    mean: Triple = (0.0, 0.0, 0.0)
    """Subtracted then, in the order of `colours`."""
    std: Triple = (1.0, 1.0, 1.0)
    """Divided by last, in the order of `colours`."""
    tissue: Tissue | None = None
    """Tiles without tissue are left out; none are if absent."""
    where: Where | None = None
    """Tiles that an earlier stage saw nothing in are left out; none are if absent."""
    batch: Batch = 1
    """Tiles that may be run together; above 1 the graph's first axis has to be free."""

    @model_validator(mode="after")
    def _divides(self) -> "TileInput":
        if min(self.std) <= 0:
            raise ValueError("std must be positive: colours are divided by it")
        return self
