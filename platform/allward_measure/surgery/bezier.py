"""A curved cut: a bicubic Bezier surface of 4 x 4 control points.

The surface is read as a height above the mean plane of its control points. Beyond its rim it runs on parallel
to that plane with the height of the nearest point of the rim, so that it divides an organ of any size; a net
on a plane is that plane, everywhere. How much of the cut lies beyond the rim is told with it.

Source
------
Farin 2002, Curves and Surfaces for CAGD, chapter 14 (tensor-product Bezier patches); 16 control points from a
plane fitted to a contour: Slicer-Liver (github.com/ALive-research/Slicer-Liver).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_measure.surgery.cutting import Point, along
from allward_measure.surgery.organ import Organ
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray

_FOLD_NODES = 33
_NEWTON_STEPS = 30
_SETTLED = 1e-10
_RASTER_MM = 1.5
_NEAR_MM = 0.5
"""Voxels so near to the surface tell whether it is the surface itself that divides the organ there."""
_SAMPLE = 4000
_LEAST_ERROR_MM = 0.01
_OUTSIDE_MM = 1e-3
_SMOOTH = 1e-3
"""How much bending of the net weighs against one contour point's height."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The mean plane of a net: its middle and three unit vectors, the third across it. mm, LPS."""

    origin: FloatArray
    axes: FloatArray

    def local(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return points as two places on the plane and a height above it, shape (..., 3), mm."""
        points: FloatArray = (np.asarray(points_lps_mm) - self.origin) @ self.axes.T
        return points


@dataclass(frozen=True, slots=True)
class CurvedCut:
    """What a curved cut takes away.

    Attributes
    ----------
    resected : shape (k, j, i) of the organ's box
    beyond_rim
        Share of the organ's voxels next to the surface that lie beyond its rim, where it was continued; 0
        when the surface itself divides all of the organ.
    """

    resected: Mask
    beyond_rim: float


def bernstein(t: npt.ArrayLike) -> FloatArray:
    """Return the four cubic Bernstein polynomials at t in 0..1, shape (..., 4)."""
    t = np.asarray(t, dtype=np.float64)[..., None]
    s = 1.0 - t
    return np.concatenate([s**3, 3 * t * s**2, 3 * t**2 * s, t**3], axis=-1)


def slope(t: npt.ArrayLike) -> FloatArray:
    """Return the derivatives of `bernstein`, shape (..., 4)."""
    t = np.asarray(t, dtype=np.float64)[..., None]
    s = 1.0 - t
    parts = [-3 * s**2, 3 * s**2 - 6 * t * s, 6 * t * s - 3 * t**2, 3 * t**2]
    return np.concatenate(parts, axis=-1)


def surface_points(net: npt.ArrayLike, u: npt.ArrayLike, v: npt.ArrayLike) -> FloatArray:
    """Return the points of the surface at parameters u, v in 0..1.

    Parameters
    ----------
    net : shape (4, 4, 3), mm, LPS; u runs along the first axis
    u, v : shape (n,)

    Returns
    -------
    shape (n, 3), mm, LPS
    """
    points: FloatArray = np.einsum(
        "na,nb,abc->nc", bernstein(u), bernstein(v), np.asarray(net, dtype=np.float64)
    )
    return points


def net_from_contour(contour_lps_mm: npt.ArrayLike) -> FloatArray:
    """Return the control points of a surface laid through a drawn contour.

    The contour's plane of least squares carries a rectangle around it; the heights of the control points
    follow the contour as smoothly as they can. A flat contour gives a flat net.

    Parameters
    ----------
    contour_lps_mm : shape (n, 3), mm, LPS, open or closed

    Returns
    -------
    shape (4, 4, 3), mm, LPS

    Raises
    ------
    BadInputError
        If the contour has fewer than 3 points, or all of them lie on a line.
    """
    points = np.asarray(contour_lps_mm, dtype=np.float64).reshape(-1, 3)
    frame = _frame(points)
    local = frame.local(points)
    low, high = local[:, :2].min(axis=0), local[:, :2].max(axis=0)
    place = (local[:, :2] - low) / (high - low)
    fit = np.einsum("na,nb->nab", bernstein(place[:, 0]), bernstein(place[:, 1])).reshape(len(points), 16)
    bend = np.asarray([[1.0, -2.0, 1.0, 0.0], [0.0, 1.0, -2.0, 1.0]])
    stiff = np.concatenate([np.kron(bend, np.eye(4)), np.kron(np.eye(4), bend)]) * np.sqrt(
        _SMOOTH * len(points)
    )
    rows = np.concatenate([fit, stiff])
    heights = np.linalg.lstsq(rows, np.concatenate([local[:, 2], np.zeros(len(stiff))]), rcond=None)[0]
    x, y = np.meshgrid(*(np.linspace(low[a], high[a], 4) for a in (0, 1)), indexing="ij")
    net: FloatArray = frame.origin + np.stack([x, y, heights.reshape(4, 4)], axis=-1) @ frame.axes
    return net


def bezier_cut(organ: Organ, net: npt.ArrayLike, towards_lps_mm: Point) -> CurvedCut:
    """Return the organ's voxels on one side of a Bezier surface.

    Parameters
    ----------
    net : shape (4, 4, 3), mm, LPS
    towards_lps_mm
        A point on the side that is taken away, such as the tumour's middle.

    Raises
    ------
    BadInputError
        If the net has no area, the surface folds over itself, or the point lies on the surface.
    """
    control = np.asarray(net, dtype=np.float64)
    if control.shape != (4, 4, 3) or not np.isfinite(control).all():
        raise BadInputError("A curved cut has 4 x 4 control points. Draw the contour again.")
    frame = _frame(control.reshape(-1, 3))
    local = frame.local(control)
    _require_no_fold(local)
    at = frame.local([towards_lps_mm])
    side = float(at[0, 2] - _heights(local, at[:, :2])[0][0])
    if abs(side) < 1e-6:
        raise BadInputError(
            "The side to take away lies on the surface itself. Point into the part to resect."
        )
    above, beyond = _divide(organ, frame, local)
    resected = above if side > 0 else ~above
    resected &= organ.mask
    return CurvedCut(resected, beyond)


def _divide(organ: Organ, frame: Frame, local: FloatArray) -> tuple[Mask, float]:
    """Return which voxels lie above the surface, and the share beyond its rim of those next to it.

    Only voxels between the surface's lowest and highest point need it: a raster of heights tells most of them
    apart, and those nearer to it than its error are solved exactly.
    """
    height = along(organ.geometry, frame.origin, frame.axes[2])
    low, high = float(local[..., 2].min()), float(local[..., 2].max())
    above: Mask = height > (low + high) / 2
    between = np.nonzero((np.abs(height - (low + high) / 2) <= (high - low) / 2 + _NEAR_MM) & organ.mask)
    if not between[0].size:
        return above, 0.0
    matrix = frame.axes[:2] @ organ.geometry.index_to_lps_mm[:3, :3]
    corner = frame.local(organ.geometry.index_to_lps_mm[:3, 3])[:2]
    flat = np.stack(between, axis=1).astype(np.float64) @ matrix.T + corner
    up = height[between]
    raster, error_mm = _raster_heights(local, flat)
    over = up - raster
    near = np.abs(over) <= error_mm
    over[near] = up[near] - _heights(local, flat[near])[0]
    above[between] = over > 0
    beside = np.flatnonzero(np.abs(over) <= _NEAR_MM)
    sample = beside[:: max(1, len(beside) // _SAMPLE)]
    outside_mm = _heights(local, flat[sample])[1]
    return above, float((outside_mm > _OUTSIDE_MM).mean()) if len(sample) else 0.0


def _frame(points_lps_mm: FloatArray) -> Frame:
    origin = points_lps_mm.mean(axis=0)
    if len(points_lps_mm) < 3 or not np.isfinite(points_lps_mm).all():
        raise BadInputError("A contour needs 3 points or more. Draw it along the line of the cut.")
    _, spread, axes = np.linalg.svd(points_lps_mm - origin)
    if spread[1] < 1e-6 * max(1.0, spread[0]):
        raise BadInputError(
            "All points lie on a line, which spans no surface. Draw the contour around the cut."
        )
    return Frame(origin, axes)


def _patch(local: FloatArray, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return points of the surface and its two tangents there, shape (n, 3) each."""
    bu, bv = bernstein(u), bernstein(v)
    point = np.einsum("na,nb,abc->nc", bu, bv, local, optimize=True)
    along_u = np.einsum("na,nb,abc->nc", slope(u), bv, local, optimize=True)
    along_v = np.einsum("na,nb,abc->nc", bu, slope(v), local, optimize=True)
    return point, along_u, along_v


def _nodes(local: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    ticks = np.linspace(0.0, 1.0, _FOLD_NODES)
    u, v = (part.ravel() for part in np.meshgrid(ticks, ticks, indexing="ij"))
    return u, v, _patch(local, u, v)[0]


def _require_no_fold(local: FloatArray) -> None:
    u, v, _ = _nodes(local)
    _, along_u, along_v = _patch(local, u, v)
    turn = along_u[:, 0] * along_v[:, 1] - along_u[:, 1] * along_v[:, 0]
    if turn.min() < 0 < turn.max() or not turn.any():
        raise BadInputError("The surface folds over itself. Move its control points back into their order.")


def _heights(local: FloatArray, flat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the surface's height over places of its mean plane, and how far each lies beyond the rim, mm.

    Newton's method from the nearest node; at the rim it goes on along the rim.
    """
    u0, v0, nodes = _nodes(local)
    nearest = cKDTree(nodes[:, :2]).query(flat, workers=-1)[1]
    u, v = u0[nearest], v0[nearest]
    for _ in range(_NEWTON_STEPS):
        point, along_u, along_v = _patch(local, u, v)
        gap = flat - point[:, :2]
        new_u, new_v = _step(gap, along_u[:, :2], along_v[:, :2], u, v)
        moved = float(np.max(np.abs(new_u - u) + np.abs(new_v - v), initial=0.0))
        u, v = new_u, new_v
        if moved < _SETTLED:
            break
    point = _patch(local, u, v)[0]
    return point[:, 2], np.linalg.norm(flat - point[:, :2], axis=1)


def _step(
    gap: FloatArray, along_u: FloatArray, along_v: FloatArray, u: FloatArray, v: FloatArray
) -> tuple[FloatArray, FloatArray]:
    turn = along_u[:, 0] * along_v[:, 1] - along_u[:, 1] * along_v[:, 0]
    turn = np.where(np.abs(turn) < 1e-12, 1e-12, turn)
    du = (gap[:, 0] * along_v[:, 1] - gap[:, 1] * along_v[:, 0]) / turn
    dv = (along_u[:, 0] * gap[:, 1] - along_u[:, 1] * gap[:, 0]) / turn
    out_u, out_v = (u + du < 0) | (u + du > 1), (v + dv < 0) | (v + dv > 1)
    rim_u = np.clip(u + du, 0.0, 1.0)
    rim_v = np.clip(v + dv, 0.0, 1.0)
    left = gap - along_u * (rim_u - u)[:, None]
    slid_v = np.clip(v + (left * along_v).sum(axis=1) / _square(along_v), 0.0, 1.0)
    left = gap - along_v * (rim_v - v)[:, None]
    slid_u = np.clip(u + (left * along_u).sum(axis=1) / _square(along_u), 0.0, 1.0)
    return np.where(out_v & ~out_u, slid_u, rim_u), np.where(out_u & ~out_v, slid_v, rim_v)


def _square(vectors: FloatArray) -> FloatArray:
    squares: FloatArray = np.maximum((vectors**2).sum(axis=1), 1e-12)
    return squares


def _raster_heights(local: FloatArray, flat: FloatArray) -> tuple[FloatArray, float]:
    """Return heights between the nodes of a raster, and more than the greatest error they can have, mm.

    Between nodes a straight line is off by at most a quarter of the second difference, at a kink too.
    """
    low, high = flat.min(axis=0), flat.max(axis=0)
    counts = np.maximum(np.ceil((high - low) / _RASTER_MM).astype(int), 1) + 1
    x, y = (np.linspace(low[a], max(high[a], low[a] + _RASTER_MM), counts[a]) for a in (0, 1))
    nodes = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    raster = _heights(local, nodes)[0].reshape(counts)
    place = [(flat[:, a] - ticks[0]) / (ticks[1] - ticks[0]) for a, ticks in ((0, x), (1, y))]
    bends = [np.abs(np.diff(raster, 2, axis=axis)).max(initial=0.0) for axis in (0, 1)]
    heights: FloatArray = ndimage.map_coordinates(raster, place, order=1, mode="nearest")
    return heights, float(sum(bends)) + _LEAST_ERROR_MM
