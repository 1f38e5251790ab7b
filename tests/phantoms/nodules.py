"""Nodules with one right size: spheres and ellipsoids whose share of every voxel is computed, not counted."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from allward_measure.components import Component, find_components
from allward_measure.nodules.region import Region, cut_out
from allward_sdk.geometry import Geometry
from tests.phantoms.shapes import grid

Array = npt.NDArray[np.float64]
Triple = tuple[float, float, float]

SPACINGS_KJI_MM = ((0.5, 0.5, 0.5), (1.0, 0.7, 0.7), (1.0, 1.0, 1.0), (2.5, 0.7, 0.7), (5.0, 0.7, 0.7))
LUNG_HU = -860.0
SOLID_HU = 30.0
GROUND_GLASS_HU = -600.0


class Phantom(NamedTuple):
    """A scan with one nodule."""

    volume_hu: Array
    geometry: Geometry
    nodule: Component

    @property
    def region(self) -> Region:
        return cut_out(self.volume_hu, self.nodule, self.geometry)


def room(diameter_mm: float, spacing_kji_mm: Triple, offset_mm: Triple = (0.0, 0.0, 0.0)) -> Geometry:
    """A grid with space for a nodule whose centre is the origin; `offset_mm` moves the grid below it."""
    shape = tuple(2 * int(np.ceil((diameter_mm / 2 + 9.0) / mm)) + 1 for mm in spacing_kji_mm)
    half = [(n - 1) / 2 * mm for n, mm in zip(shape, spacing_kji_mm, strict=True)]
    k, j, i = (-h + o for h, o in zip(half, offset_mm, strict=True))
    return grid((shape[0], shape[1], shape[2]), spacing_kji_mm, origin_lps_mm=(i, j, k))


def shares(geometry: Geometry, semi_axes_lps_mm: Triple, lines: int = 7) -> Array:
    """Share of each voxel that an ellipsoid at the origin fills: exact along z, `lines` x `lines` across."""
    k, j, i = geometry.shape_kji
    sk, sj, si = geometry.spacing_kji_mm
    x0, y0, z0 = geometry.index_to_lps_mm[:3, 3]
    a, b, c = semi_axes_lps_mm
    within = (np.arange(lines) + 0.5) / lines - 0.5
    x = (x0 + si * (np.arange(i)[:, None] + within)).ravel()
    y = (y0 + sj * (np.arange(j)[:, None] + within)).ravel()
    half = c * np.sqrt(np.clip(1.0 - (x[None, :] / a) ** 2 - (y[:, None] / b) ** 2, 0.0, None))
    found = np.empty(geometry.shape_kji)
    for index in range(k):
        low, high = z0 + sk * (index - 0.5), z0 + sk * (index + 0.5)
        filled = np.clip(np.minimum(high, half) - np.maximum(low, -half), 0.0, None) / sk
        found[index] = filled.reshape(j, lines, i, lines).mean(axis=(1, 3))
    return found


def ball(
    diameter_mm: float,
    spacing_kji_mm: Triple,
    *,
    offset_mm: Triple = (0.0, 0.0, 0.0),
    hu: float = SOLID_HU,
    lines: int = 7,
) -> Phantom:
    """A sphere of one density in lung."""
    geometry = room(diameter_mm, spacing_kji_mm, offset_mm)
    filled = shares(geometry, (diameter_mm / 2,) * 3, lines)
    return phantom(LUNG_HU + filled * (hu - LUNG_HU), geometry, filled)


def phantom(volume_hu: Array, geometry: Geometry, filled: Array) -> Phantom:
    """A scan whose nodule is outlined at half of its peak, as a reader sees it."""
    mask = filled >= 0.5 * float(filled.max())
    return Phantom(volume_hu, geometry, find_components(mask)[0])


def shelled(
    outer_mm: float, inner_mm: float, outer_hu: float, inner_hu: float, spacing_kji_mm: Triple
) -> Phantom:
    """A sphere within a sphere, as a part-solid nodule is."""
    geometry = room(outer_mm, spacing_kji_mm)
    outer = shares(geometry, (outer_mm / 2,) * 3)
    inner = shares(geometry, (inner_mm / 2,) * 3)
    volume_hu = LUNG_HU + outer * (outer_hu - LUNG_HU) + inner * (inner_hu - outer_hu)
    return phantom(volume_hu, geometry, outer)


class Scene(NamedTuple):
    """A piece of lung with one nodule, and what may hang on it."""

    volume_hu: Array
    geometry: Geometry
    truth_mm3: float


def scene(
    diameter_mm: float,
    spacing_kji_mm: Triple = (1.0, 0.7, 0.7),
    *,
    hu: float = SOLID_HU,
    core: tuple[float, float] | None = None,
    vessel_mm: float = 0.0,
    wall_mm: float | None = None,
    noise_hu: float = 0.0,
    offset_mm: Triple = (0.0, 0.0, 0.0),
    seed: int = 0,
) -> Scene:
    """A ball at the origin in 90 mm of lung.

    Parameters
    ----------
    core
        Diameter in mm and HU of a second ball inside.
    vessel_mm
        Thickness of a vessel that runs through the ball to both sides, bent at it.
    wall_mm
        How far the chest wall is from the middle, on the patient's left; less than the radius: they touch.
    """
    size = [2 * int(45.0 / mm) + 1 for mm in spacing_kji_mm]
    half = [(n - 1) / 2 * mm for n, mm in zip(size, spacing_kji_mm, strict=True)]
    k, j, i = (-h + o for h, o in zip(half, offset_mm, strict=True))
    geometry = grid((size[0], size[1], size[2]), spacing_kji_mm, origin_lps_mm=(i, j, k))
    filled = shares(geometry, (diameter_mm / 2,) * 3)
    z, y, x = (
        np.arange(n) * mm + start for n, mm, start in zip(size, spacing_kji_mm, (k, j, i), strict=True)
    )
    volume_hu = np.full(geometry.shape_kji, LUNG_HU)
    if vessel_mm:
        apart = np.hypot(y[None, :, None] - 0.3 * np.abs(x)[None, None, :], z[:, None, None])
        volume_hu = np.where(apart <= vessel_mm / 2, 40.0, volume_hu)
    volume_hu = volume_hu + filled * (hu - volume_hu) * (filled > 0)
    if core is not None:
        inner = shares(geometry, (core[0] / 2,) * 3)
        volume_hu = volume_hu + inner * (core[1] - volume_hu)
    if wall_mm is not None:
        volume_hu = np.where(x[None, None, :] >= wall_mm, 45.0, volume_hu)
    if noise_hu:
        volume_hu = volume_hu + np.random.default_rng(seed).normal(0.0, noise_hu, volume_hu.shape)
    return Scene(volume_hu, geometry, float(np.pi / 6 * diameter_mm**3))
