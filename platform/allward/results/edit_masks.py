"""Outlines in a label map with one value for each finding: read, put in, taken out, joined, cut. Pure."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from allward_measure.components import bounding_box, box_slices
from allward_runner.abilities import Outline
from allward_sdk.geometry import Geometry
from allward_sdk.results import PointLps

LabelArray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LARGEST_VALUE = 255
"""Of a voxel of a label map."""


def outline_of(labels_kji: LabelArray, value: int) -> Outline | None:
    """Return the voxels that have a value; None if there are none."""
    mask = labels_kji == value
    box = bounding_box(mask)
    return None if box is None else Outline(mask[box_slices(box)].copy(), box[0])


def without_values(labels_kji: LabelArray, values: Collection[int]) -> LabelArray:
    """Return the label map in which the voxels of these values are background."""
    return np.where(_has_one_of(labels_kji, values), np.uint8(0), labels_kji)


def free_of_others(labels_kji: LabelArray, outline: Outline, *, value: int) -> Outline | None:
    """Return the part of an outline that belongs to no other finding, in its smallest box; None: nothing.

    Parameters
    ----------
    value
        Of the finding whose outline it is to be: its present voxels may be drawn over.
    """
    taken = labels_kji[_slices(outline)]
    return trimmed(Outline(outline.mask & ((taken == 0) | (taken == value)), outline.first_kji))


def with_outline(labels_kji: LabelArray, outline: Outline, *, value: int) -> LabelArray:
    """Return the label map in which a finding has exactly the voxels of an outline."""
    drawn = without_values(labels_kji, {value})
    drawn[_slices(outline)][outline.mask] = value
    return drawn


def trimmed(outline: Outline) -> Outline | None:
    """Return an outline in its smallest box; None if it has no voxel."""
    box = bounding_box(outline.mask)
    if box is None:
        return None
    k, j, i = (first + low for first, low in zip(outline.first_kji, box[0], strict=True))
    return Outline(outline.mask[box_slices(box)].copy(), (k, j, i))


def is_inside(outline: Outline, shape_kji: tuple[int, int, int]) -> bool:
    """Tell whether the box of an outline lies in a volume."""
    ends = (first + size for first, size in zip(outline.first_kji, outline.mask.shape, strict=True))
    return min(outline.first_kji) >= 0 and all(end <= size for end, size in zip(ends, shape_kji, strict=True))


def joined(labels_kji: LabelArray, values: Collection[int]) -> Outline | None:
    """Return the voxels of several findings as one outline; None if they have none."""
    mask = _has_one_of(labels_kji, values)
    box = bounding_box(mask)
    return None if box is None else Outline(mask[box_slices(box)].copy(), box[0])


def cut_between(
    outline: Outline, geometry: Geometry, points_lps_mm: tuple[PointLps, PointLps]
) -> tuple[Outline, Outline] | None:
    """Cut an outline where two points are equally far, in mm; None if a side would be empty.

    Returns
    -------
    The larger side first; of equal ones that of the first point.
    """
    index_kji = np.argwhere(outline.mask)
    places = geometry.to_lps_mm(index_kji + np.asarray(outline.first_kji))
    first, second = (np.linalg.norm(places - np.asarray(point), axis=1) for point in points_lps_mm)
    sides = []
    for side in (first <= second, first > second):
        mask = np.zeros_like(outline.mask)
        mask[tuple(index_kji[side].T)] = True
        sides.append(trimmed(Outline(mask, outline.first_kji)))
    if sides[0] is None or sides[1] is None:
        return None
    larger, smaller = sorted((sides[0], sides[1]), key=lambda each: -int(each.mask.sum()))
    return larger, smaller


def free_value(used: Collection[int | None]) -> int | None:
    """Return the smallest value that is not used; None if all are."""
    return next((value for value in range(1, LARGEST_VALUE + 1) if value not in used), None)


def _has_one_of(labels_kji: LabelArray, values: Collection[int]) -> Mask:
    """Tell which voxels have one of these values; a table is far quicker than `isin` on a whole volume."""
    table: Mask = np.zeros(LARGEST_VALUE + 1, dtype=bool)
    table[list(values)] = True
    return table[labels_kji]


def _slices(outline: Outline) -> tuple[slice, slice, slice]:
    k, j, i = (
        slice(first, first + size) for first, size in zip(outline.first_kji, outline.mask.shape, strict=True)
    )
    return k, j, i
