"""Everything that is measured of one nodule, in one record."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from allward_measure.components import Mask
from allward_measure.nodules.axes import (
    SLICES_IN_A_DIAMETER,
    PlaneAxes,
    axes_by_plane,
    best_axes,
    largest_diameter_mm,
)
from allward_measure.nodules.density import Density, density, mass_mg
from allward_measure.nodules.growth import sphere_diameter_mm
from allward_measure.nodules.kind import Composition, compose, solid_mask
from allward_measure.nodules.partial_volume import (
    Levels,
    estimate_levels,
    fractions_volume_mm3,
    nodule_fractions,
)
from allward_measure.nodules.region import Region
from allward_measure.nodules.rounding import FleischnerSize, fleischner_size, lung_rads_mean_mm
from allward_sdk.geometry import Geometry


@dataclass(frozen=True, slots=True)
class Size:
    """How large a nodule or a part of one is.

    Attributes
    ----------
    axes
        In the best plane.
    by_plane
        In every plane that could be measured, the scan's own first.
    largest_mm
        Longest line in space.
    volume_mm3
        By fractions of voxels; None where both levels are not known.
    voxels_mm3
        By whole voxels.
    """

    axes: PlaneAxes
    by_plane: tuple[PlaneAxes, ...]
    largest_mm: float
    volume_mm3: float | None
    voxels_mm3: float

    @property
    def lung_rads_mean_mm(self) -> Decimal:
        """Mean diameter to 0.1 mm."""
        return lung_rads_mean_mm(self.axes.long_mm, self.axes.short_mm)

    @property
    def fleischner(self) -> FleischnerSize:
        """Size in whole mm, or a micronodule."""
        return fleischner_size(self.axes.long_mm, self.axes.short_mm)

    @property
    def equivalent_diameter_mm(self) -> float:
        """Diameter of the sphere of the same volume."""
        return sphere_diameter_mm(self.voxels_mm3 if self.volume_mm3 is None else self.volume_mm3)

    @property
    def longest_axial_mm(self) -> float | None:
        """Long axis in the axial plane, as the Brock models ask; None if that plane was not measured."""
        return next((axes.long_mm for axes in self.by_plane if axes.plane == "axial"), None)


@dataclass(frozen=True, slots=True)
class Nodule:
    """What was measured of a nodule.

    Attributes
    ----------
    solid_part
        Of a part-solid nodule; None for all others.
    mass_mg
        Volume by fractions where known, else by voxels, times the mean density of the voxels.
    levels
        Between which fractions were taken; None if nodule and lung could not be told apart.
    slices_too_thick
        A third of the long axis is thinner than a slice: the size is a coarse one.
    at_edge
        Cut off by the scan: every size is the least it can be.
    """

    size: Size
    composition: Composition
    solid_part: Size | None
    density: Density
    mass_mg: float
    levels: Levels | None
    slices_too_thick: bool
    at_edge: bool


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """What a scan can show, by the distance of its slices.

    Attributes
    ----------
    shown_mm
        A smaller nodule may lie between two slices and fill no voxel by half: it can be missed altogether.
    measured_mm
        A smaller nodule is seen, but spans fewer than three slices: its size is a coarse one.
    """

    shown_mm: float
    measured_mm: float


def size_limits(geometry: Geometry, *, slice_thickness_mm: float | None = None) -> SizeLimits:
    """Return the smallest nodules that a scan shows for certain, and measures.

    Parameters
    ----------
    slice_thickness_mm : (0018,0050), if it is known: thick slices that overlap blur all the same

    Source
    ------
    A sphere of diameter d halfway between slices of thickness t fills d / 2t of its middle column.
    """
    coarsest_mm = max(*geometry.spacing_kji_mm, slice_thickness_mm or 0.0)
    return SizeLimits(shown_mm=coarsest_mm, measured_mm=SLICES_IN_A_DIAMETER * coarsest_mm)


def measure_nodule(region: Region, *, levels: Levels | None = None) -> Nodule | None:
    """Return all measurements of a nodule; None if it has no voxel.

    Parameters
    ----------
    levels
        Densities of nodule and lung where they are known, as in a phantom; estimated otherwise.
    """
    told, composition = density(region.volume_hu, region.mask), compose(region)
    if told is None or composition is None:
        return None
    levels = levels or estimate_levels(region)
    size = _size(region, region.mask, levels)
    if size is None:
        return None
    solid = solid_mask(region) if composition.kind == "part_solid" else None
    volume_mm3 = size.voxels_mm3 if size.volume_mm3 is None else size.volume_mm3
    return Nodule(
        size=size,
        composition=composition,
        solid_part=None if solid is None else _size(region, solid, _levels_of_part(region, solid)),
        density=told,
        mass_mg=mass_mg(volume_mm3, told.mean_hu),
        levels=levels,
        slices_too_thick=region.geometry.spacing_kji_mm[0] * SLICES_IN_A_DIAMETER > size.axes.long_mm,
        at_edge=region.at_edge,
    )


def _size(region: Region, mask: Mask, levels: Levels | None) -> Size | None:
    """Return the size of a mask in a region; its outline is that of fractions where levels are known."""
    part = Region(region.volume_hu, mask, region.geometry, region.lung, region.at_edge)
    fractions = None if levels is None else nodule_fractions(part, levels)
    fills_a_voxel = fractions is not None and bool((fractions >= 0.5).any())
    outline = fractions if fractions is not None and fills_a_voxel else np.asarray(mask, np.float64)
    by_plane = axes_by_plane(outline, region.geometry)
    axes, largest_mm = best_axes(by_plane), largest_diameter_mm(outline, region.geometry)
    if axes is None or largest_mm is None:
        return None
    return Size(
        axes=axes,
        by_plane=by_plane,
        largest_mm=largest_mm,
        volume_mm3=None if fractions is None else fractions_volume_mm3(fractions, region.geometry),
        voxels_mm3=float(mask.sum()) * region.geometry.voxel_volume_ml * 1000.0,
    )


def _levels_of_part(region: Region, solid: Mask) -> Levels | None:
    """Return the levels of a solid part and of the ground glass around it."""
    return estimate_levels(Region(region.volume_hu, solid, region.geometry, region.mask, region.at_edge))
