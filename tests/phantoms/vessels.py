"""Tubes of known radius and length on any grid, and trees of them."""

import numpy as np
import numpy.typing as npt

from allward_sdk.geometry import Geometry

Point = tuple[float, float, float]
Mask = npt.NDArray[np.bool_]


def tube(geometry: Geometry, start: Point, end: Point, radius_mm: float) -> Mask:
    """A cylinder with flat ends: the voxels whose middles lie within it."""
    points = geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T)
    axis = np.subtract(end, start)
    length = float(np.linalg.norm(axis))
    axis = axis / length
    along = (points - start) @ axis
    across = np.linalg.norm(points - start - along[:, None] * axis, axis=1)
    inside = (along >= 0) & (along <= length) & (across <= radius_mm)
    return inside.reshape(geometry.shape_kji)


def tubes(geometry: Geometry, parts: list[tuple[Point, Point, float]]) -> Mask:
    """Cylinders with round ends, so that they join without a notch."""
    points = geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T)
    inside = np.zeros(len(points), dtype=bool)
    for start, end, radius_mm in parts:
        axis = np.subtract(end, start)
        share = np.clip((points - start) @ axis / (axis @ axis), 0.0, 1.0)
        inside |= np.linalg.norm(points - start - share[:, None] * axis, axis=1) <= radius_mm
    return inside.reshape(geometry.shape_kji)


def ring(geometry: Geometry, centre: Point, ring_radius_mm: float, radius_mm: float) -> Mask:
    """A torus in the plane of x and y."""
    x, y, z = (geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T) - centre).T
    inside = np.hypot(np.hypot(x, y) - ring_radius_mm, z) <= radius_mm
    return inside.reshape(geometry.shape_kji)
