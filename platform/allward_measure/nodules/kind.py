"""What a nodule is made of: solid, part-solid, ground-glass, calcified or fat-containing.

Only the core is judged, since a voxel on the rim has every density between nodule and lung. The kind is a
proposal by density; what a guideline calls a benign pattern is said by the reader.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from allward_measure.components import Mask, find_components
from allward_measure.nodules.partial_volume import core, flat_core
from allward_measure.nodules.region import Region
from allward_sdk.geometry import FloatArray

Kind = Literal["solid", "part_solid", "ground_glass", "calcified", "fat_containing"]

SOLID_FROM_HU = -300.0
"""Solid from here. Source: a convention of nodule software for what a mediastinal window still shows."""

CALCIFIED_FROM_HU = 200.0
"""Calcium from here. Source: Zerhouni 1986, Radiology 160:319."""

FAT_HU = (-120.0, -40.0)
"""Fat lies between. Source: Siegelman 1986, Radiology 160:313."""

CALCIFIED_SHARE = 0.5
"""Calcified is what is so for the greater part; a fleck is no reason to call a nodule benign."""

FAT_SHARE = 0.1
SOLID_SHARE = 0.8
"""From this share of the core on, what is not solid is its border."""

LEAST_SOLID_MM3 = 4.19
"""A solid part as large as a sphere of 2 mm; anything smaller may be a vessel or noise."""

_PLUS_IN_PLANE = np.asarray([np.zeros((3, 3)), [[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.zeros((3, 3))], np.bool_)


@dataclass(frozen=True, slots=True)
class Composition:
    """What a nodule is made of.

    Attributes
    ----------
    solid_share, calcified_share, fat_share
        Shares of the voxels that were judged, from 0 to 1.
    by_core
        False if the nodule is too small or slices are too thick for a core: voxels of its rim were judged
        too, so the kind is less sure, and fat is not looked for.
    """

    kind: Kind
    solid_share: float
    calcified_share: float
    fat_share: float
    by_core: bool


def compose(region: Region) -> Composition | None:
    """Return what a nodule is made of; None if it has no voxel."""
    inner, flat = core(region.mask), flat_core(region.mask)
    by_core = bool(inner.any())
    judged = inner if by_core else flat if flat.any() else region.mask
    values = region.volume_hu[judged]
    if not values.size:
        return None
    solid_share = float((values > SOLID_FROM_HU).mean())
    calcified_share = float((values > CALCIFIED_FROM_HU).mean())
    fat_share = float(_fat(region.volume_hu, judged).sum() / values.size) if by_core else 0.0
    if calcified_share >= CALCIFIED_SHARE:
        kind: Kind = "calcified"
    elif fat_share >= FAT_SHARE:
        kind = "fat_containing"
    elif solid_share >= SOLID_SHARE:
        kind = "solid"
    else:
        kind = "part_solid" if _has_solid_part(region, judged) else "ground_glass"
    return Composition(kind, solid_share, calcified_share, fat_share, by_core)


def solid_mask(region: Region) -> Mask:
    """Return the largest connected solid part of a nodule, shape of the region; it may be empty."""
    parts = find_components(region.mask & (region.volume_hu > SOLID_FROM_HU))
    shape = region.geometry.shape_kji
    return parts[0].in_whole(shape) if parts else np.zeros(shape, np.bool_)


def _fat(volume_hu: FloatArray, judged: Mask) -> Mask:
    """Return voxels of fat that form a patch; the border of ground glass has that density too, as a line."""
    low, high = FAT_HU
    patches: Mask = ndimage.binary_opening(judged & (volume_hu >= low) & (volume_hu <= high), _PLUS_IN_PLANE)
    return patches


def _has_solid_part(region: Region, judged: Mask) -> bool:
    """Tell whether the largest solid part reaches the core and is no mere vessel or noise."""
    solid = solid_mask(region)
    voxel_mm3 = region.geometry.voxel_volume_ml * 1000.0
    return bool((solid & judged).any()) and float(solid.sum()) * voxel_mm3 >= LEAST_SOLID_MM3
