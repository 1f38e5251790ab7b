"""Nodules of known place, size and type put into the lungs of a real chest CT. Not the code that trains.

A nodule is an ellipsoid whose surface is uneven, given by a few waves; its share of each voxel is
counted on a fine grid, then seen through a blur in the plane and the slice's thickness, as a scanner does.

It is put where the lung holds air: half of what it and a rim of 2 mm take up is at most -700 HU. In collapsed
or consolidated lung ground glass of -600 HU changes nothing that anybody could find. The rule looks at the
scan before anything is put in, and at no detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

from allward_sdk.geometry import Geometry

Volume = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Kind = Literal["solid", "part-solid", "ground-glass", "calcified"]
KINDS: tuple[Kind, ...] = ("solid", "part-solid", "ground-glass", "calcified")
SMALLEST_MM, LARGEST_MM = 4.0, 20.0

_FINE = 4
_BLUR_MM = 0.6
_APART_MM = 28.0
_AIRY_HU = -700.0
"""Upper end of normal lung in inspiration."""
_RIM_MM = 2.0


@dataclass(frozen=True, slots=True)
class Inserted:
    """A nodule that was put in: its centre, and the diameter of the ball of its volume."""

    centre_lps_mm: tuple[float, float, float]
    diameter_mm: float
    kind: Kind


def insert_nodules(
    volume_hu: Volume, geometry: Geometry, lung: Mask, *, keep_out: Mask, count: int, seed: int
) -> tuple[Volume, tuple[Inserted, ...]]:
    """Put nodules of all kinds into lungs, at least 28 mm apart, their middles in lung that holds air.

    Parameters
    ----------
    volume_hu, lung, keep_out : shape (k, j, i) of `geometry`
    count
        Kinds take turns; diameters are spread evenly over 4 to 20 mm.

    Raises
    ------
    ValueError
        If there is no room left for one of them.
    """
    draw = np.random.default_rng(seed)
    places = np.argwhere(lung & ~keep_out)
    volume, inserted = volume_hu.astype(np.float32), list[Inserted]()
    for number in range(count):
        diameter = float(draw.uniform(SMALLEST_MM, LARGEST_MM))
        place = _free(volume_hu, geometry, places, inserted, diameter, draw)
        kind = KINDS[(seed + number) % len(KINDS)]
        volume = _with_nodule(volume, geometry, place, diameter, kind, draw)
        inserted.append(Inserted((float(place[0]), float(place[1]), float(place[2])), diameter, kind))
    return volume, tuple(inserted)


def _free(
    volume_hu: Volume,
    geometry: Geometry,
    places: npt.NDArray[np.intp],
    others: Sequence[Inserted],
    diameter_mm: float,
    draw: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Return a point in LPS mm that is far enough from all others, in lung that holds air."""
    for _ in range(1000):
        index = places[draw.integers(len(places))] + draw.uniform(-0.5, 0.5, 3)
        point = np.asarray(geometry.to_lps_mm([index])[0], np.float64)
        if any(np.linalg.norm(point - np.asarray(each.centre_lps_mm)) < _APART_MM for each in others):
            continue
        if _median_hu(volume_hu, geometry, index, diameter_mm / 2 + _RIM_MM) <= _AIRY_HU:
            return point
    raise ValueError("there is no room for so many nodules")


def _median_hu(
    volume_hu: Volume, geometry: Geometry, index: npt.NDArray[np.float64], radius_mm: float
) -> float:
    spacing = np.asarray(geometry.spacing_kji_mm)
    low = np.maximum(np.ceil(index - radius_mm / spacing).astype(int), 0)
    high = np.minimum(np.floor(index + radius_mm / spacing).astype(int) + 1, volume_hu.shape)
    axes = [(np.arange(a, b) - m) * s for a, b, m, s in zip(low, high, index, spacing, strict=True)]
    away = np.sqrt(sum(np.square(axis) for axis in np.meshgrid(*axes, indexing="ij")))
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    return float(np.median(volume_hu[box][away <= radius_mm]))


def _with_nodule(
    volume: Volume,
    geometry: Geometry,
    centre: npt.NDArray[np.float64],
    diameter_mm: float,
    kind: Kind,
    draw: np.random.Generator,
) -> Volume:
    spacing = np.asarray(geometry.spacing_kji_mm)
    reach = np.ceil((0.8 * diameter_mm + 4.0) / spacing).astype(int)
    middle = geometry.to_index_kji([centre])[0]
    low = np.maximum(np.round(middle).astype(int) - reach, 0)
    high = np.minimum(np.round(middle).astype(int) + reach + 1, volume.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    shape = _Shape.drawn(diameter_mm, draw)
    lung = volume[box]
    whole = _seen(shape.share(low, high, middle, spacing), spacing)
    if kind == "solid":
        filled = lung + whole * (draw.uniform(0, 60) - lung)
    elif kind == "calcified":
        filled = lung + whole * (draw.uniform(250, 700) - lung)
    else:
        texture = 1.0 + 0.12 * ndimage.gaussian_filter(draw.normal(size=lung.shape), 1.0)
        filled = np.maximum(lung, lung + whole * texture * (draw.uniform(-680, -520) - lung))
    if kind == "part-solid":
        core = _seen(shape.share(low, high, middle, spacing, part=draw.uniform(0.4, 0.65)), spacing)
        filled = filled + core * (draw.uniform(-20, 50) - filled)
    changed = volume.copy()
    changed[box] = filled
    return changed


@dataclass(frozen=True, slots=True)
class _Shape:
    half_axes_mm: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]
    waves: npt.NDArray[np.float64]
    heights: npt.NDArray[np.float64]

    @classmethod
    def drawn(cls, diameter_mm: float, draw: np.random.Generator) -> "_Shape":
        stretch = np.exp(draw.uniform(-0.18, 0.18, 3))
        half = diameter_mm / 2 * stretch / np.cbrt(stretch.prod())
        waves = draw.normal(size=(4, 3)) * 2.2
        return cls(half, Rotation.random(random_state=draw).as_matrix(), waves, draw.uniform(0, 0.06, 4))

    def share(
        self,
        low: npt.NDArray[np.intp],
        high: npt.NDArray[np.intp],
        middle: npt.NDArray[np.float64],
        spacing: npt.NDArray[np.float64],
        *,
        part: float = 1.0,
    ) -> npt.NDArray[np.float64]:
        """Share of each voxel of a box that lies inside, counted on a grid four times as fine."""
        axes = [
            (np.arange(a * _FINE, b * _FINE) + 0.5) / _FINE - 0.5 - m
            for a, b, m in zip(low, high, middle, strict=True)
        ]
        away = np.stack(np.meshgrid(*axes, indexing="ij"), -1) * spacing
        scaled = (away @ self.turn.T) / (self.half_axes_mm * part)
        radius = np.linalg.norm(scaled, axis=-1)
        direction = scaled / np.maximum(radius, 1e-9)[..., None]
        surface = 1.0 + (self.heights * np.sin(direction @ self.waves.T)).sum(-1)
        inside = (radius <= surface).astype(np.float64)
        k, j, i = (n // _FINE for n in inside.shape)
        return inside.reshape(k, _FINE, j, _FINE, i, _FINE).mean(axis=(1, 3, 5))


def _seen(share: npt.NDArray[np.float64], spacing: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Blur in the plane; along the slices the share of a voxel is the slice's profile already."""
    return ndimage.gaussian_filter(share, (0.0, _BLUR_MM / spacing[1], _BLUR_MM / spacing[2]))
