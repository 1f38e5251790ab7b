"""Whether readers' marks lie in the images that they are about. Pure."""

from collections.abc import Sequence

import numpy as np

from allward.acceptance.orders import BadCaseError, ReaderMark
from allward_sdk.geometry import Geometry

_HALF_VOXEL = 0.5 + 1e-6
"""From the middle of an outermost voxel to its face, in indices, and what rounding adds."""


def refuse_outside(marks: Sequence[ReaderMark], geometry: Geometry) -> None:
    """Refuse marks of which one lies beyond the series: they are of other axes, or of another series.

    Raises
    ------
    BadCaseError
        With the first such mark.
    """
    last_kji = np.asarray(geometry.shape_kji) - 1
    for mark in marks:
        (index_kji,) = geometry.to_index_kji([(mark.x_mm, mark.y_mm, mark.z_mm)])
        if np.any(index_kji < -_HALF_VOXEL) or np.any(index_kji > last_kji + _HALF_VOXEL):
            point = f"({mark.x_mm:g}, {mark.y_mm:g}, {mark.z_mm:g})"
            raise BadCaseError.of(
                "bad_case",
                f"the mark {point} lies outside the series; points are (x, y, z) in LPS, mm",
                f"标记 {point} 位于该序列之外；坐标须为 LPS 坐标系的 (x, y, z)，单位 mm",
            )
