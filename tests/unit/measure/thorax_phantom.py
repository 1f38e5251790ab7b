"""A chest of simple solids whose volumes are known: body, two lungs, trachea, a table, bowel gas."""

from dataclasses import dataclass

import numpy as np

from allward_sdk.geometry import Geometry

SPACING = (2.5, 1.0, 1.0)
SHAPE = (90, 240, 300)
"""225 x 240 x 300 mm."""
LUNG_MM = (85.0, 70.0, 50.0)
"""Half axes of a lung along z, y, x."""
LUNG_HU, SOFT_HU, AIR_HU, GAS_HU = -850, 40, -1000, -995
CENTRE_Z_MM = 105.0
RIGHT_X_MM, LEFT_X_MM = 85.0, 215.0
"""x grows to the patient's left."""


@dataclass
class Chest:
    """HU of shape (z, y, x) on axes superior, posterior, left."""

    hu: np.ndarray
    geometry: Geometry


def empty_body() -> np.ndarray:
    """A body of soft tissue on a table, in air."""
    _, y, x = points()
    hu = np.full(SHAPE, AIR_HU, np.int16)
    hu[np.broadcast_to(((y - 120) / 105) ** 2 + ((x - 150) / 140) ** 2 <= 1, SHAPE)] = SOFT_HU
    hu[:, 232:235, 60:240] = 200  # a table, off the skin
    return hu


def points():
    """z, y and x of every voxel in mm, each broadcastable to `SHAPE`."""
    axes = [np.arange(n) * mm for n, mm in zip(SHAPE, SPACING, strict=True)]
    return axes[0][:, None, None], axes[1][None, :, None], axes[2][None, None, :]


def ellipsoid(centre_mm, half_axes_mm) -> np.ndarray:
    return sum(((p - c) / h) ** 2 for p, c, h in zip(points(), centre_mm, half_axes_mm, strict=True)) <= 1


def lung(x_mm: float) -> np.ndarray:
    return ellipsoid((CENTRE_Z_MM, 120.0, x_mm), LUNG_MM)


LUNG_ML = 4 / 3 * np.pi * np.prod(LUNG_MM) / 1000


def trachea(hu: np.ndarray) -> np.ndarray:
    """Draw a trachea of 18 mm through the upper chest; returns its mask."""
    z, y, x = points()
    tube = np.broadcast_to((np.hypot(y - 110, x - 150) <= 9) & (z >= 120), SHAPE)
    hu[tube] = AIR_HU
    return tube


def chest(*, right: bool = True, left: bool = True, with_trachea: bool = True) -> Chest:
    hu = empty_body()
    for there, x_mm in ((right, RIGHT_X_MM), (left, LEFT_X_MM)):
        if there:
            hu[lung(x_mm)] = LUNG_HU
    if with_trachea:
        trachea(hu)
    return Chest(hu, geometry_of())


def geometry_of() -> Geometry:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *SPACING, 1.0
    return Geometry(SHAPE, affine, "1.2.3")


def turned(chest_: Chest) -> Chest:
    """The same chest in an array whose axes are (x to right, z to inferior, y to posterior)."""
    hu = np.ascontiguousarray(chest_.hu.transpose(2, 0, 1)[::-1, ::-1])
    affine = np.zeros((4, 4))
    affine[0, 0], affine[2, 1], affine[1, 2], affine[3, 3] = -SPACING[2], -SPACING[0], SPACING[1], 1.0
    affine[0, 3], affine[2, 3] = SPACING[2] * (SHAPE[2] - 1), SPACING[0] * (SHAPE[0] - 1)
    return Chest(hu, Geometry((SHAPE[2], SHAPE[0], SHAPE[1]), affine, "1.2.3"))
