"""The declared preparation and clean-up steps a manifest may name; a plug-in brings no code of its own.

Triples are in the order of the model's array axes (see `manifest`). The engine implements each
operator once; what an operator computes is told here so that a vendor can reproduce it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive3 = tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]


class _Operator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CropToBody(_Operator):
    """Crop to the bounding box of the largest connected component above a threshold.

    The mask is opened `opening_voxels` times with the 6-connected structure first, so that a table
    or a sheet does not belong to the body.
    """

    do: Literal["crop_to_body"]
    """Which operator this is."""
    threshold_hu: float = -150.0
    """Above it is body."""
    opening_voxels: int = Field(default=2, ge=0, le=10)
    """How often the mask is opened."""


class Resample(_Operator):
    """Resample to a spacing, in mm.

    Output size per axis is ``round(size * old / new)``, end voxels of both grids coincide
    (``scipy.ndimage.zoom``, ``mode="constant"``, ``grid_mode=False``), spline `order`.
    """

    do: Literal["resample"]
    """Which operator this is."""
    spacing_mm: Positive3
    """New spacing."""
    order: Literal[0, 1, 3] = 1
    """Order of the spline: nearest, linear or cubic."""


class Median(_Operator):
    """Median over a cube of `size` voxels, edges reflected (``scipy.ndimage.median_filter``)."""

    do: Literal["median"]
    """Which operator this is."""
    size: Literal[3, 5] = 3
    """Edge of the cube, in voxels."""


class Clip(_Operator):
    """Limit values to [low, high]."""

    do: Literal["clip"]
    """Which operator this is."""
    low: float
    """Smallest value left."""
    high: float
    """Largest value left."""


class Scale(_Operator):
    """``value * factor + offset``."""

    do: Literal["scale"]
    """Which operator this is."""
    factor: float
    """Multiplied first."""
    offset: float = 0.0
    """Added then."""


class Normalise(_Operator):
    """Subtract the mean, divide by the standard deviation: given numbers, or those of the volume."""

    do: Literal["normalise"]
    """Which operator this is."""
    scope: Literal["given", "volume"]
    """Whose mean and standard deviation."""
    mean: float | None = None
    """With `given` only."""
    std: float | None = Field(default=None, gt=0)
    """With `given` only."""


PrepareOperator = Annotated[
    CropToBody | Resample | Median | Clip | Scale | Normalise, Field(discriminator="do")
]


class LargestComponent(_Operator):
    """Keep the largest 26-connected component."""

    do: Literal["largest_component"]
    """Which operator this is."""


class RemoveSmall(_Operator):
    """Drop 26-connected components below a volume, in mL."""

    do: Literal["remove_small"]
    """Which operator this is."""
    below_ml: float = Field(gt=0)
    """Volume below which a component goes."""


class FillHoles(_Operator):
    """Fill cavities that no path of 6-neighbours connects with the outside."""

    do: Literal["fill_holes"]
    """Which operator this is."""


CleanOperator = Annotated[LargestComponent | RemoveSmall | FillHoles, Field(discriminator="do")]
