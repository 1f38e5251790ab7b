"""An organ divided by planes through landmarks: the fallback where no vessel tells the regions.

What the planes are called, and which region lies on which side of which, is data of the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.components import Mask
from allward_measure.surgery.cutting import Plane, Point, along
from allward_measure.surgery.organ import Organ
from allward_sdk.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Region:
    """A part of an organ: on the normal's side of some planes and on the other side of others.

    Attributes
    ----------
    label
        Number in the label map, above 0.
    before, behind
        Names of planes: the region lies where the normal of `before` points to, and not where that of
        `behind` does.
    """

    label: int
    before: frozenset[str]
    behind: frozenset[str]


def plane_through(first: Point, second: Point, third: Point, towards_lps_mm: Point) -> Plane:
    """Return the plane through three landmarks, its normal on the side of a fourth point. mm, LPS.

    Raises
    ------
    BadInputError
        If the landmarks lie on a line, or the fourth point on the plane.
    """
    normal = np.cross(np.subtract(second, first), np.subtract(third, first))
    length = float(np.linalg.norm(normal))
    longest = max(np.linalg.norm(np.subtract(second, first)), np.linalg.norm(np.subtract(third, first)))
    if length <= 1e-6 * longest**2 or longest == 0:
        raise BadInputError("Three landmarks on a line make no plane. Move one of them aside.")
    side = float(np.subtract(towards_lps_mm, first) @ normal)
    if abs(side) <= 1e-9 * length:
        raise BadInputError("The point that names the side lies on the plane. Choose one beside it.")
    x, y, z = (float(n) for n in normal / length * np.sign(side))
    return Plane(first, (x, y, z))


def regions_by_planes(
    organ: Organ,
    planes: Mapping[str, Plane],
    regions: Sequence[Region],
    given: Mapping[int, Mask] | None = None,
) -> npt.NDArray[np.int32]:
    """Return the region of every voxel, shape (k, j, i) of the organ's box; 0 outside the organ.

    The first region that a voxel fits takes it.

    Parameters
    ----------
    planes
        By name; a voxel whose middle lies on one is not before it.
    given : masks of the organ's box by label
        Parts that are known otherwise; no plane divides them.

    Raises
    ------
    BadInputError
        If a plane that a region names is missing.
    ValueError
        If the regions leave a voxel to none: they do not divide the organ.
    """
    named = set().union(*(region.before | region.behind for region in regions))
    if missing := sorted(named - set(planes)):
        raise BadInputError(f"The landmarks of these planes are missing: {', '.join(missing)}. Set them.")
    before = {
        name: along(organ.geometry, planes[name].point_lps_mm, planes[name].unit_normal()) > 0
        for name in sorted(named)
    }
    labels = np.zeros(organ.mask.shape, dtype=np.int32)
    for label, part in (given or {}).items():
        labels[part & organ.mask & (labels == 0)] = label
    for region in regions:
        free = organ.mask & (labels == 0)
        for name in region.before:
            free &= before[name]
        for name in region.behind:
            free &= ~before[name]
        labels[free] = region.label
    if (labels[organ.mask] == 0).any():
        raise ValueError("the regions leave part of the organ to none of them")
    return labels
