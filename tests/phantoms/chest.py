"""A chest of simple solids with nodules at known places: body, two lungs, trachea, vessels, heart, noise."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from allward_sdk.geometry import Geometry
from tests.phantoms.shapes import grid

Triple = tuple[float, float, float]

SIZE_MM = (225.0, 240.0, 300.0)
"""Of the scan, along z, y and x; its middle is the origin."""

LUNG_MM = (85.0, 70.0, 50.0)
"""Half axes of a lung along z, y, x."""

LUNG_X_MM = 65.0
"""Distance of a lung's middle from the patient's."""

LUNG_HU, SOFT_HU, AIR_HU = -850.0, 40.0, -1000.0


class Nodule(NamedTuple):
    """A ball: its middle in mm, LPS, its diameter and its density."""

    centre_lps_mm: Triple
    diameter_mm: float
    hu: float = 30.0


class ChestScan(NamedTuple):
    """HU as int16 on a grid."""

    volume_hu: npt.NDArray[np.int16]
    geometry: Geometry


def chest_scan(
    nodules: Sequence[Nodule] = (),
    spacing_kji_mm: Triple = (2.0, 1.2, 1.2),
    *,
    sides: tuple[str, ...] = ("right", "left"),
    heart_hu: float = SOFT_HU,
    noise_hu: float = 8.0,
    z_mm: tuple[float, float] | None = None,
    origin_lps_mm: Triple = (0.0, 0.0, 0.0),
    turned_deg: float = 0.0,
    left_above_mm: float | None = None,
) -> ChestScan:
    """Draw a chest.

    Parameters
    ----------
    turned_deg
        How far the patient lies turned about the axis from feet to head; nodules lie where they are told to.
    left_above_mm
        The left lung ends at this z, as where the heart or a raised diaphragm lies below it.
    z_mm
        Lowest and highest slice; the whole chest and some of what is above and below by default.
    origin_lps_mm
        Where the middle of the chest lies in the patient's coordinates.
    """
    low, high = z_mm or (-SIZE_MM[0] / 2, SIZE_MM[0] / 2)
    spans = (high - low, SIZE_MM[1], SIZE_MM[2])
    shape = tuple(int(span / mm) + 1 for span, mm in zip(spans, spacing_kji_mm, strict=True))
    starts = (low, -SIZE_MM[1] / 2, -SIZE_MM[2] / 2)
    z, y, x = (start + np.arange(n) * mm for start, n, mm in zip(starts, shape, spacing_kji_mm, strict=True))
    zz, yy, xx = z[:, None, None], y[None, :, None], x[None, None, :]
    if turned_deg:
        c, s = np.cos(np.deg2rad(turned_deg)), np.sin(np.deg2rad(turned_deg))
        yy, xx = yy * c - xx * s, xx * c + yy * s
    hu = np.full((shape[0], shape[1], shape[2]), AIR_HU, np.float32)
    hu[np.broadcast_to((yy / 105) ** 2 + (xx / 140) ** 2 <= 1, hu.shape)] = SOFT_HU
    for side, sign in (("right", -1), ("left", 1)):
        if side in sides:
            c, b, a = LUNG_MM
            lung = (zz / c) ** 2 + (yy / b) ** 2 + ((xx - sign * LUNG_X_MM) / a) ** 2 <= 1
            if side == "left" and left_above_mm is not None:
                lung &= zz >= left_above_mm
            hu[lung] = LUNG_HU
    tube = np.broadcast_to((np.hypot(yy + 10, xx) <= 9) & (zz >= 15), hu.shape)
    hu[tube] = AIR_HU
    if heart_hu != SOFT_HU:
        hu[((zz + 10) / 65) ** 2 + ((yy + 20) / 45) ** 2 + (xx / 32) ** 2 <= 1] = heart_hu
    for nodule in nodules:
        _draw(hu, (z, y, x), nodule)
    if noise_hu:
        hu += np.random.default_rng(7).normal(0.0, noise_hu, hu.shape).astype(np.float32)
    first = tuple(
        start + o for start, o in zip((starts[2], starts[1], starts[0]), origin_lps_mm, strict=True)
    )
    geometry = grid(
        (shape[0], shape[1], shape[2]), spacing_kji_mm, origin_lps_mm=(first[0], first[1], first[2])
    )
    return ChestScan(np.rint(hu).astype(np.int16), geometry)


def _draw(hu: npt.NDArray[np.float32], axes: tuple[npt.NDArray[np.float64], ...], nodule: Nodule) -> None:
    """Draw a ball by the share of each voxel that it fills, counted on 4 x 4 x 4 points."""
    radius = nodule.diameter_mm / 2
    middle = tuple(reversed(nodule.centre_lps_mm))
    steps = [float(axis[1] - axis[0]) for axis in axes]
    cuts = [
        slice(*np.searchsorted(axis, [c - radius - mm, c + radius + mm]))
        for axis, c, mm in zip(axes, middle, steps, strict=True)
    ]
    within = (np.arange(4) + 0.5) / 4 - 0.5
    fine = [
        (axis[cut][:, None] + within * mm).ravel() - c
        for axis, cut, mm, c in zip(axes, cuts, steps, middle, strict=True)
    ]
    inside = (
        fine[0][:, None, None] ** 2 + fine[1][None, :, None] ** 2 + fine[2][None, None, :] ** 2 <= radius**2
    )
    counts = [n // 4 for n in inside.shape]
    split = inside.reshape(counts[0], 4, counts[1], 4, counts[2], 4)
    share = split.mean(axis=(1, 3, 5)).astype(np.float32)
    place = (cuts[0], cuts[1], cuts[2])
    hu[place] += share * (np.float32(nodule.hu) - hu[place])
