"""Outline of one nodule, grown from a point in it: no training, the surroundings of the point are enough.

A region grows from the point down to the density halfway between nodule and lung. What hangs on it is cut
off: vessels by an opening whose ball follows the nodule's own thickness, the chest wall by the lungs' closed
surface. A solid nodule with a halo of ground glass is outlined along the halo.

Source
------
Kostis 2003, IEEE TMI 22:1259; Kuhnigk 2006, IEEE TMI 25:417 (erosion and dilation that follow the nodule).
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Component, Mask, bounding_box, box_slices
from allward_measure.nodules.detach import detached
from allward_measure.nodules.growth import sphere_diameter_mm
from allward_measure.nodules.near_lung import CLOSINGS_MM, NearLung, near_lung
from allward_sdk.geometry import Geometry

FloatCrop = npt.NDArray[np.float32]
Index = tuple[int, int, int]

LEAST_RISE_HU = 100.0
"""What rises less above the lung around it is no nodule that density can outline."""

SOLID_SEED_HU = -450.0
"""From here on a point is taken to lie in something solid, whose rim is at half its height."""

MOST_HU = 100.0
"""What is denser, as calcium, is outlined like soft tissue, so that a core does not stand for the whole."""

REACHES_MM = (14.0, 28.0, 56.0)
"""How far the surroundings are looked at; farther only for what does not end before."""

HALO_RISE_HU = 120.0
"""A shell that lies so far above the lung is ground glass, and not the blur of a rim."""

_LEVEL_MM = 1.5
_CLIMB_MM = 2.5
"""How far from the point, at least, the densest place is looked for: a click and a box are never exact."""
_RIM_MM = 1.0
_SHELL_MM = 0.8
_FEWEST = 12
_TOO_LARGE, _TOO_LARGE_MM = 2.0, 4.0
"""What is larger than so many expected diameters and mm has run out of the nodule into something else."""
_TOO_SMALL = 0.8
"""An outline of less than this share of the expected diameter lies in a mass that the lung's surface cuts."""


class Outlined(NamedTuple):
    """What was found at a point.

    Attributes
    ----------
    nodule
        Its voxels in the grid of the scan.
    ends
        False if it did not end by itself within the farthest reach, and was cut off there.
    """

    nodule: Component
    ends: bool


@dataclass(frozen=True, slots=True)
class _Crop:
    """The surroundings of a point."""

    hu: FloatCrop
    smooth: FloatCrop
    first_kji: Index
    spacing_mm: tuple[float, float, float]
    seed: Index
    allowed: Mask
    lung_hu: float
    inner_edges: tuple[tuple[bool, bool], ...]
    """By axis, whether its first and last layer have more of the scan behind them."""
    is_last: bool
    """Nothing beyond it will be looked at."""
    climb_mm: float = math.inf
    """How far from the seed the nodule's middle may lie, where its size is expected."""


def outline_nodule(
    volume_hu: npt.NDArray[np.generic],
    geometry: Geometry,
    point_kji: tuple[float, float, float],
    *,
    diameter_mm: float | None = None,
) -> Outlined | None:
    """Return the structure at a point; None if nothing there stands out from lung, or no lung is near.

    Parameters
    ----------
    volume_hu : shape (k, j, i) of `geometry`, HU
    point_kji
        Voxel in it or beside it; fractions allowed.
    diameter_mm
        How large it is expected to be, as a detector's box tells; None: not known.
    """
    point = np.asarray(point_kji, np.float64)
    if not np.isfinite(point).all() or ((point < -0.5) | (point > np.asarray(volume_hu.shape) - 0.5)).any():
        return None
    best: Outlined | None = None
    for closing_mm in CLOSINGS_MM:
        found = _within(volume_hu, geometry, point, diameter_mm, closing_mm)
        if found is None or _has_run_out(found, geometry, diameter_mm):
            continue
        if best is None or found.nodule.voxels > best.nodule.voxels:
            best = found
        if not _is_small(best.nodule, geometry, diameter_mm):
            break
    return best


def _within(
    volume_hu: npt.NDArray[np.generic],
    geometry: Geometry,
    point: npt.NDArray[np.float64],
    diameter_mm: float | None,
    closing_mm: float,
) -> Outlined | None:
    """Return the structure at a point inside lungs that are closed by one radius."""
    known_mm = diameter_mm or 0.0
    reaches_mm = [mm for mm in REACHES_MM if mm >= known_mm] or [REACHES_MM[-1]]
    found: Outlined | None = None
    for reach_mm in reaches_mm:
        lung = near_lung(volume_hu, geometry, point, reach_mm=reach_mm, closing_mm=closing_mm)
        if lung is None:
            continue
        crop = _crop(volume_hu, geometry, point, lung, is_last=reach_mm == reaches_mm[-1])
        mask = _grown(crop, known_mm)
        box = None if mask is None else bounding_box(mask)
        if mask is None or box is None:
            return found
        ends = not _goes_on(mask, crop)
        first = [low + n for low, n in zip(box[0], crop.first_kji, strict=True)]
        part = mask[box_slices(box)]
        last = [n + size for n, size in zip(first, part.shape, strict=True)]
        whole = (first[0], first[1], first[2]), (last[0], last[1], last[2])
        found = Outlined(Component(part, int(np.count_nonzero(part)), whole), ends)
        if ends:
            return found
    return found


def _is_small(nodule: Component, geometry: Geometry, diameter_mm: float | None) -> bool:
    return diameter_mm is not None and _diameter_mm(nodule, geometry) < _TOO_SMALL * diameter_mm


def _has_run_out(found: Outlined, geometry: Geometry, diameter_mm: float | None) -> bool:
    if diameter_mm is None:
        return False
    most_mm = _TOO_LARGE * diameter_mm + _TOO_LARGE_MM
    return _diameter_mm(found.nodule, geometry) > most_mm


def _diameter_mm(nodule: Component, geometry: Geometry) -> float:
    return sphere_diameter_mm(nodule.voxels * geometry.voxel_volume_ml * 1000.0)


def _crop(
    volume_hu: npt.NDArray[np.generic],
    geometry: Geometry,
    point: npt.NDArray[np.float64],
    lung: NearLung,
    *,
    is_last: bool,
) -> _Crop:
    hu = np.asarray(volume_hu[box_slices(lung.box_kji)], np.float32)
    first, last = lung.box_kji
    spacing = geometry.spacing_kji_mm
    seed = np.clip(np.rint(point).astype(int) - first, 0, np.asarray(hu.shape) - 1)
    sigma = [min(1.0, 0.8 / mm) for mm in spacing]
    return _Crop(
        hu=hu,
        smooth=ndimage.gaussian_filter(hu, sigma),
        first_kji=first,
        spacing_mm=spacing,
        seed=(int(seed[0]), int(seed[1]), int(seed[2])),
        allowed=lung.mask,
        lung_hu=lung.level_hu,
        inner_edges=tuple(
            (low > 0, high < size) for low, high, size in zip(first, last, geometry.shape_kji, strict=True)
        ),
        is_last=is_last,
    )


def _grown(crop: _Crop, diameter_mm: float) -> Mask | None:
    """Return what has grown from the seed, without what hangs on it."""
    seed = _densest(crop, max(_CLIMB_MM, diameter_mm / 3.0))
    if seed is None:
        return None
    climb_mm = max(_CLIMB_MM, 0.75 * diameter_mm) if diameter_mm else math.inf
    crop = replace(crop, seed=seed, climb_mm=climb_mm)
    level_hu = _level(crop)
    if level_hu - crop.lung_hu < LEAST_RISE_HU:
        return None
    if level_hu < SOLID_SEED_HU:
        return _region(crop, crop.smooth, (min(level_hu, float(crop.smooth[seed])) + crop.lung_hu) / 2.0)
    solid = _region(crop, crop.hu, (min(level_hu, MOST_HU) + crop.lung_hu) / 2.0)
    if solid is None:
        return None
    halo_hu = _halo(crop, solid)
    if halo_hu is None:
        return solid
    whole = _region(crop, crop.smooth, (halo_hu + crop.lung_hu) / 2.0)
    if whole is None or (crop.is_last and _goes_on(whole, crop)):
        return solid
    return whole | solid


def _region(crop: _Crop, hu: FloatCrop, above_hu: float) -> Mask | None:
    """Return the compact part around the seed of what is denser than a level."""
    mask = (hu > above_hu) & crop.allowed
    return detached(mask, crop.seed, crop.spacing_mm, within_mm=crop.climb_mm)


def _densest(crop: _Crop, within_mm: float) -> Index | None:
    """Return the densest place of the lungs near the seed; None if no lung is near."""
    near = (_distance_mm(crop, crop.seed) <= within_mm) & crop.allowed
    if not near.any():
        return None
    at = np.unravel_index(int(np.argmax(np.where(near, crop.smooth, -np.inf))), near.shape)
    return int(at[0]), int(at[1]), int(at[2])


def _level(crop: _Crop) -> float:
    """Return the density at the seed, as the median of some voxels; in something thin, its peak."""
    near = (_distance_mm(crop, crop.seed) <= max(_LEVEL_MM, crop.spacing_mm[1])) & crop.allowed
    peak_hu = float(crop.smooth[crop.seed])
    return max(float(np.median(crop.hu[near])), peak_hu) if near.any() else peak_hu


def _halo(crop: _Crop, solid: Mask) -> float | None:
    """Return the density of ground glass around something solid; None if there is lung around it.

    It is looked for where the blur of the rim has ended: thick slices blur farther. Vessels that leave
    through it are denser.
    """
    k_mm, j_mm, i_mm = crop.spacing_mm
    from_mm = max(_RIM_MM, 1.3 * max(j_mm, i_mm), 0.6 * k_mm)
    apart_mm = ndimage.distance_transform_edt(~solid, sampling=crop.spacing_mm)
    shell = (apart_mm > from_mm) & (apart_mm <= from_mm + max(_SHELL_MM, j_mm)) & crop.allowed
    shell &= crop.hu < SOLID_SEED_HU
    if np.count_nonzero(shell) < _FEWEST:
        return None
    level_hu = float(np.median(crop.hu[shell]))
    return level_hu if level_hu - crop.lung_hu >= HALO_RISE_HU else None


def _distance_mm(crop: _Crop, place: Index) -> FloatCrop:
    axes = [
        ((np.arange(n) - at) * mm).astype(np.float32)
        for n, at, mm in zip(crop.hu.shape, place, crop.spacing_mm, strict=True)
    ]
    squared = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    distance_mm: FloatCrop = np.sqrt(squared)
    return distance_mm


def _goes_on(mask: Mask, crop: _Crop) -> bool:
    """Tell whether a mask reaches a face of the crop behind which the scan has more."""
    for axis, (before, behind) in enumerate(crop.inner_edges):
        if (before and np.take(mask, 0, axis).any()) or (behind and np.take(mask, -1, axis).any()):
            return True
    return False
