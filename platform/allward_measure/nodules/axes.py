"""Long and short axis of a nodule, as a radiologist draws them: outer edge to outer edge in one plane.

The outline runs where half of a voxel is nodule, between voxels by linear interpolation, so that a diameter
is finer than a voxel. Both axes are taken on the convex hull of the outline: a caliper passes over a notch.
Grids are orthogonal; a scan with a tilted gantry is refused before it is measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from allward_sdk.geometry import FloatArray, Geometry, axis_map

Plane = Literal["axial", "coronal", "sagittal"]
Ends = tuple[tuple[float, float, float], tuple[float, float, float]]

SLICES_IN_A_DIAMETER = 3
"""A reformatted plane is measured only if a diameter spans so many slices: with fewer it is a guess."""

_NORMALS: tuple[Plane, Plane, Plane] = ("sagittal", "coronal", "axial")
"""The plane whose normal is the patient's x, y and z."""

_SAME_MM = 1e-6


@dataclass(frozen=True, slots=True)
class PlaneAxes:
    """Both axes of a nodule in one section.

    Attributes
    ----------
    long_mm, short_mm
        The longest line, and the longest one at a right angle to it in the same section.
    long_ends_lps_mm, short_ends_lps_mm
        Where a screen draws them.
    plane
        The patient's plane that the section lies nearest to.
    axis, index
        Axis of the array (0 = k, 1 = j, 2 = i) at a right angle to the section, and its place along it.
    """

    long_mm: float
    short_mm: float
    long_ends_lps_mm: Ends
    short_ends_lps_mm: Ends
    plane: Plane
    axis: int
    index: int

    @property
    def mean_mm(self) -> float:
        """Mean of both axes, not rounded."""
        return (self.long_mm + self.short_mm) / 2.0


def axes_by_plane(fractions: FloatArray, geometry: Geometry) -> tuple[PlaneAxes, ...]:
    """Return the axes in the section where the long one is longest, for each plane that can be measured.

    The scan's own plane comes first; it is missing only if there is no voxel. The two others are measured
    only where slices are no thicker than a third of the long axis.

    Parameters
    ----------
    fractions : shape (k, j, i), how much of each voxel is nodule; a mask as 0 and 1 will do
    """
    own = _largest(fractions, geometry, axis=0)
    if own is None:
        return ()
    found = [own]
    if geometry.spacing_kji_mm[0] * SLICES_IN_A_DIAMETER <= own.long_mm + _SAME_MM:
        found += [axes for axis in (1, 2) if (axes := _largest(fractions, geometry, axis=axis))]
    return tuple(found)


def best_axes(by_plane: tuple[PlaneAxes, ...]) -> PlaneAxes | None:
    """Return the axes in the plane where the long one is longest; of equal planes the first.

    Source
    ------
    Bankier 2017, doi:10.1148/radiol.2017162894: the plane that shows the greatest dimensions, both axes in
    the same image; Lung-RADS v2022 leaves the plane open in the same sense.
    """
    best: PlaneAxes | None = None
    for axes in by_plane:
        if best is None or _key(axes) > _key(best):
            best = axes
    return best


def largest_diameter_mm(fractions: FloatArray, geometry: Geometry) -> float | None:
    """Return the longest line between two points of the outline in space, in mm; None without a voxel."""
    index_kji = _crossings(fractions)
    if not len(index_kji):
        return None
    return _farthest(_hull(index_kji * geometry.spacing_kji_mm))[0]


def _key(axes: PlaneAxes) -> tuple[float, float]:
    return round(axes.long_mm, 6), round(axes.short_mm, 6)


def _largest(fractions: FloatArray, geometry: Geometry, *, axis: int) -> PlaneAxes | None:
    plane = _NORMALS[axis_map(geometry, "LPS").order.index(axis)]
    return best_axes(tuple(_sections(fractions, geometry, axis=axis, plane=plane)))


def _sections(fractions: FloatArray, geometry: Geometry, *, axis: int, plane: Plane) -> Iterator[PlaneAxes]:
    """Yield the axes of every section across an axis."""
    others = [other for other in range(3) if other != axis]
    pixel_mm = np.asarray(geometry.spacing_kji_mm)[others]
    for index in np.flatnonzero((fractions >= 0.5).any(axis=tuple(others))):
        section = np.asarray(np.take(fractions, int(index), axis=axis), np.float64)
        outline = _crossings(section) * pixel_mm
        long_mm, long_ends, short_mm, short_ends = _cross(_hull(outline))
        ends = np.full((4, 3), float(index))
        ends[:, others] = np.concatenate([long_ends, short_ends]) / pixel_mm
        a, b, c, d = (tuple(float(mm) for mm in point) for point in geometry.to_lps_mm(ends))
        yield PlaneAxes(
            long_mm=long_mm,
            short_mm=short_mm,
            long_ends_lps_mm=((a[0], a[1], a[2]), (b[0], b[1], b[2])),
            short_ends_lps_mm=((c[0], c[1], c[2]), (d[0], d[1], d[2])),
            plane=plane,
            axis=axis,
            index=int(index),
        )


def _crossings(fractions: FloatArray) -> FloatArray:
    """Return where the outline crosses the lines between neighbouring voxels, shape (n, axes), in voxels."""
    padded = np.pad(np.asarray(fractions, np.float64), 1)
    found = []
    for axis in range(padded.ndim):
        low = padded[tuple(slice(None, -1) if a == axis else slice(None) for a in range(padded.ndim))]
        high = padded[tuple(slice(1, None) if a == axis else slice(None) for a in range(padded.ndim))]
        crosses = (low >= 0.5) != (high >= 0.5)
        at = np.argwhere(crosses).astype(np.float64)
        at[:, axis] += (0.5 - low[crosses]) / (high[crosses] - low[crosses])
        found.append(at)
    points: FloatArray = np.concatenate(found) - 1.0
    return points


def _hull(points_mm: FloatArray) -> FloatArray:
    """Return the corners of the convex hull, in a plane in the order of its outline."""
    try:
        return np.asarray(points_mm[ConvexHull(points_mm).vertices], np.float64)
    except QhullError:
        return points_mm


def _farthest(points_mm: FloatArray) -> tuple[float, FloatArray]:
    """Return the largest distance between two of some points, and these two."""
    if len(points_mm) < 2:
        return 0.0, points_mm[[0, 0]]
    apart = pdist(points_mm)
    most = int(np.argmax(apart))
    starts = np.cumsum(np.arange(len(points_mm) - 1, 0, -1))
    first = int(np.searchsorted(starts, most, side="right"))
    second = most - (int(starts[first - 1]) if first else 0) + first + 1
    return float(apart[most]), points_mm[[first, second]]


def _cross(hull_mm: FloatArray) -> tuple[float, FloatArray, float, FloatArray]:
    """Return the long axis of a convex outline and the longest chord at a right angle to it, with ends.

    The width of a convex outline is a concave function that bends only at its corners, so the longest
    chord runs through a corner.
    """
    long_mm, ends = _farthest(hull_mm)
    if long_mm <= _SAME_MM or len(hull_mm) < 3:
        return long_mm, ends, 0.0, ends[[0, 0]]
    along = (ends[1] - ends[0]) / long_mm
    across = np.asarray([-along[1], along[0]])
    u, v = (hull_mm - ends[0]) @ along, (hull_mm - ends[0]) @ across
    upper, lower = _chain(u, v, upper=True), _chain(u, v, upper=False)
    high, low = np.interp(u, *upper), np.interp(u, *lower)
    widest = int(np.argmax(high - low))
    at = ends[0] + along * u[widest]
    chord = np.stack([at + across * low[widest], at + across * high[widest]])
    return long_mm, ends, float(high[widest] - low[widest]), chord


def _chain(u: FloatArray, v: FloatArray, *, upper: bool) -> tuple[FloatArray, FloatArray]:
    """Return the corners on one side of the long axis, in order along it."""
    side = v >= -_SAME_MM if upper else v <= _SAME_MM
    us, vs = u[side], v[side]
    order = np.lexsort((vs, us))
    return us[order], vs[order]
