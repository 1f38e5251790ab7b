"""The declared preparation and clean-up steps a manifest may name; a plug-in brings no code of its own.

Triples are in the order of the model's array axes (see `manifest`). The engine implements each
operator once; what an operator computes is told here so that a vendor can reproduce it.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Positive3 = tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]


class _Operator(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


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


class CropToNonzero(_Operator):
    """Crop to the bounding box of what is not 0."""

    do: Literal["crop_to_nonzero"]
    """Which operator this is."""


class Resample(_Operator):
    """Resample to a spacing, in mm, with a spline.

    Output size per axis is ``round(size * old / new)``. How the two grids lie on one another is the
    `convention`, and labels go back to the series the same way:

    * ``ends``: their end voxels coincide (``scipy.ndimage.zoom``, ``grid_mode=False``);
    * ``half_pixel``: the outer edges of their end voxels coincide, values are held beyond the end voxels'
      centres and stay within the range of the image (``skimage.transform.resize``, ``mode="edge"``,
      ``anti_aliasing=False``; what nnU-Net does);
    * ``spaced``: their first voxels coincide, and ``round((size - 1) * old / new + 1)`` voxels lie exactly
      `spacing_mm` apart; values are held beyond the end voxels (MONAI's ``Spacing``).
    """

    do: Literal["resample"]
    """Which operator this is."""
    spacing_mm: Positive3
    """New spacing."""
    order: Literal[0, 1, 3] = 1
    """Order of the spline: nearest, linear or cubic."""
    convention: Literal["ends", "half_pixel", "spaced"] = "ends"
    """How the new grid lies on the old one."""
    through_plane_order: Literal[0, 1, 3] | None = None
    """Order along the coarsest axis, if the spacing before or else after is there more than 3 times that of
    the finest axis and no other axis is as coarse; plane by plane then. `order` everywhere if absent."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Resample":
        if self.convention == "spaced" and (self.order == 3 or self.through_plane_order is not None):
            raise ValueError('convention: "spaced" is known with order 0 or 1, alike along all axes')
        return self


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

    @model_validator(mode="after")
    def _rises(self) -> "Clip":
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class ClipPercentiles(_Operator):
    """Limit values to two percentiles of the image (linear between the nearest ranks)."""

    do: Literal["clip_percentiles"]
    """Which operator this is."""
    low: float = Field(ge=0, le=100)
    """Percentile of the smallest value left."""
    high: float = Field(ge=0, le=100)
    """Percentile of the largest value left."""
    where: Literal["all", "nonzero"] = "all"
    """Which voxels the percentiles are of: all, or those that are not 0."""

    @model_validator(mode="after")
    def _rises(self) -> "ClipPercentiles":
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Scale(_Operator):
    """``value * factor + offset``."""

    do: Literal["scale"]
    """Which operator this is."""
    factor: float
    """Multiplied first."""
    offset: float = 0.0
    """Added then."""


class Normalise(_Operator):
    """Subtract the mean, divide by the standard deviation.

    They are `given`, or those of the prepared `volume`, or those of each `window` as the model is given it
    (what is padded included; one of a single grey value becomes 0). A window's stands last of all operators.
    """

    do: Literal["normalise"]
    """Which operator this is."""
    scope: Literal["given", "volume", "window"]
    """Whose mean and standard deviation."""
    mean: float | None = None
    """With `given` only."""
    std: float | None = Field(default=None, gt=0)
    """With `given` only."""
    where: Literal["all", "nonzero"] = "all"
    """With `volume` only: all voxels, or what is not 0 and the cavities in it; the rest keeps its value."""

    @model_validator(mode="after")
    def _is_whole(self) -> "Normalise":
        if self.scope == "given" and (self.mean is None or self.std is None):
            raise ValueError('scope "given" needs mean and std')
        if self.scope != "given" and (self.mean is not None or self.std is not None):
            raise ValueError(f'mean and std belong to scope "given", not to "{self.scope}"')
        return self


PrepareOperator = Annotated[
    CropToBody | CropToNonzero | Resample | Median | Clip | ClipPercentiles | Scale | Normalise,
    Field(discriminator="do"),
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
