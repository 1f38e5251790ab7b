"""Largest axial diameter: the longest straight line between two points of a structure in one slice.

Convention: the outline of a voxel counts, not its centre, so a single voxel has the length of its
diagonal and a row of n voxels of width w measures n * w along the row (plus its thickness). The slice
is a plane of constant k of the series; in a series that was not scanned axially it is that plane.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError

from allward_measure.components import Mask, bounding_box, box_slices
from allward_sdk.geometry import FloatArray, Geometry


class Diameter(NamedTuple):
    """A measured diameter: its length, and the two ends where a screen draws it."""

    length_mm: float
    ends_lps_mm: tuple[tuple[float, float, float], tuple[float, float, float]]
    slice_k: int


def largest_axial_diameter(
    mask: Mask, geometry: Geometry, *, offset_kji: tuple[int, int, int] = (0, 0, 0)
) -> Diameter | None:
    """Return the largest diameter of a mask within one slice; None if it has no voxel.

    Parameters
    ----------
    mask : shape (k, j, i), one structure
    offset_kji
        First voxel of `mask` in the grid of `geometry`, if it is cut out.

    Source
    ------
    RECIST 1.1, doi:10.1016/j.ejca.2008.10.026: longest diameter in the plane of measurement.
    """
    box = bounding_box(mask)
    if box is None:
        return None
    part = mask[box_slices(box)]
    start = np.asarray(box[0]) + np.asarray(offset_kji)
    best: tuple[float, FloatArray, int] | None = None
    for k in np.flatnonzero(part.any(axis=(1, 2))):
        corners = _corners(part[k])
        index_kji = np.column_stack([np.zeros(len(corners)), corners]) + [k, 0, 0] + start
        points = geometry.to_lps_mm(index_kji)
        length_mm, ends = _farthest(points)
        if best is None or length_mm > best[0] + 1e-9:
            best = length_mm, ends, int(k + start[0])
    if best is None:
        return None
    first, second = (tuple(float(c) for c in end) for end in best[1])
    return Diameter(best[0], ((first[0], first[1], first[2]), (second[0], second[1], second[2])), best[2])


def _corners(plane: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the corners of the voxels that can be ends: those of the hull, shape (n, 2), (j, i)."""
    j, i = np.nonzero(plane)
    ends = np.unique(np.concatenate([_row_ends(j, i), _row_ends(i, j)[:, ::-1]]), axis=0)
    quarters = np.asarray([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])
    corners: FloatArray = (ends[:, None, :] + quarters).reshape(-1, 2)
    try:
        return np.asarray(corners[ConvexHull(corners).vertices], dtype=np.float64)
    except QhullError:
        return corners


def _row_ends(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the first and the last voxel of every row; only they can lie on the convex hull."""
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
    last = np.r_[first[1:] - 1, len(rows) - 1]
    chosen = np.r_[first, last]
    return np.column_stack([rows[chosen], columns[chosen]])


def _farthest(points: FloatArray) -> tuple[float, FloatArray]:
    """Return the largest distance between two of some points, and these two."""
    distances = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    a, b = np.unravel_index(int(np.argmax(distances)), distances.shape)
    return float(distances[a, b]), points[[a, b]]
