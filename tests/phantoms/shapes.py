"""Boxes, spheres and ellipsoids on grids with any spacing and direction."""

import numpy as np
import numpy.typing as npt

from allward_sdk.geometry import Geometry

Mask = npt.NDArray[np.bool_]


def grid(
    shape_kji: tuple[int, int, int],
    spacing_kji_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    *,
    origin_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    turned: npt.NDArray[np.float64] | None = None,
) -> Geometry:
    """An axial grid: k to the Superior, j to the Posterior, i to the Left; `turned` rotates it."""
    affine = np.eye(4)
    axes = np.asarray([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]).T
    if turned is not None:
        axes = turned @ axes
    affine[:3, :3] = axes * np.asarray(spacing_kji_mm)
    affine[:3, 3] = origin_lps_mm
    return Geometry(shape_kji, affine, "1.2.3")


def box(shape_kji: tuple[int, int, int], low: tuple[int, int, int], high: tuple[int, int, int]) -> Mask:
    mask = np.zeros(shape_kji, dtype=bool)
    mask[low[0] : high[0], low[1] : high[1], low[2] : high[2]] = True
    return mask


def ellipsoid(
    geometry: Geometry,
    centre_lps_mm: tuple[float, float, float],
    semi_axes_lps_mm: tuple[float, float, float],
) -> Mask:
    index = np.indices(geometry.shape_kji).reshape(3, -1).T
    points = geometry.to_lps_mm(index)
    inside = (((points - centre_lps_mm) / semi_axes_lps_mm) ** 2).sum(axis=1) <= 1.0
    return inside.reshape(geometry.shape_kji)


def sphere(geometry: Geometry, centre_lps_mm: tuple[float, float, float], radius_mm: float) -> Mask:
    return ellipsoid(geometry, centre_lps_mm, (radius_mm, radius_mm, radius_mm))
