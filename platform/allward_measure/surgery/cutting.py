"""What an operation takes away: planes, spheres, wedges, territories and their unions, as masks of the organ.

Every function returns the resected voxels, shape (k, j, i) of the organ's box; a voxel belongs to the side on
which its centre lies. So what is resected and what remains are the organ, each voxel once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

from allward_measure.components import Mask, box_slices
from allward_measure.surgery.organ import Organ, grid_of
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray, Geometry

Point = tuple[float, float, float]
Labels = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat cut.

    Attributes
    ----------
    point_lps_mm
        Any point of it.
    normal_lps
        Points to the side that is taken away; of any length but 0.
    """

    point_lps_mm: Point
    normal_lps: Point

    def unit_normal(self) -> FloatArray:
        """Return the normal with length 1.

        Raises
        ------
        BadInputError
            If it has no direction.
        """
        normal = np.asarray(self.normal_lps, dtype=np.float64)
        length = float(np.linalg.norm(normal))
        if not np.isfinite(length) or length < 1e-12:
            raise BadInputError("The plane has no direction. Draw it again with points that lie apart.")
        unit: FloatArray = normal / length
        return unit


def along(geometry: Geometry, point_lps_mm: npt.ArrayLike, direction_lps: FloatArray) -> FloatArray:
    """Return how far every voxel lies from a point along a direction, shape (k, j, i), mm.

    It is a sum of one number per slice, row and column, so a large organ costs one addition a voxel.
    """
    steps = direction_lps @ geometry.index_to_lps_mm[:3, :3]
    start = float(direction_lps @ (geometry.index_to_lps_mm[:3, 3] - np.asarray(point_lps_mm)))
    k, j, i = (np.arange(n) * step for n, step in zip(geometry.shape_kji, steps, strict=True))
    rows: FloatArray = (k[:, None] + j[None, :] + start)[:, :, None] + i
    return rows


def plane_cut(organ: Organ, plane: Plane) -> Mask:
    """Return the organ's voxels on the side to which the plane's normal points."""
    resected: Mask = along(organ.geometry, plane.point_lps_mm, plane.unit_normal()) > 0
    resected &= organ.mask
    return resected


def sphere_cut(organ: Organ, centre_lps_mm: Point, radius_mm: float) -> Mask:
    """Return the organ's voxels within a sphere.

    Raises
    ------
    BadInputError
        If the radius is not above 0.
    """
    if not radius_mm > 0:
        raise BadInputError("The sphere has no size. Give it a radius above 0 mm.")
    inverse = np.linalg.inv(organ.geometry.index_to_lps_mm[:3, :3])
    reach = np.linalg.norm(inverse, axis=1) * radius_mm
    middle = organ.geometry.to_index_kji([centre_lps_mm])[0]
    low = np.maximum(np.floor(middle - reach).astype(int), 0)
    high = np.minimum(np.ceil(middle + reach).astype(int) + 1, organ.mask.shape)
    resected: Mask = np.zeros_like(organ.mask)
    if (low >= high).any():
        return resected
    (k0, j0, i0), (k1, j1, i1) = low.tolist(), high.tolist()
    box = ((k0, j0, i0), (k1, j1, i1))
    grid, place = grid_of(organ.geometry, box), box_slices(box)
    far = sum(along(grid, centre_lps_mm, axis) ** 2 for axis in np.eye(3))
    resected[place] = (far <= radius_mm**2) & organ.mask[place]
    return resected


def sphere_around(organ: Organ, tumour: Mask, margin_mm: float) -> tuple[Point, float]:
    """Return centre and radius of a sphere that holds a tumour and a margin around it; mm, LPS.

    Parameters
    ----------
    tumour : shape (k, j, i) of the organ's box

    Raises
    ------
    BadInputError
        If the tumour has no voxel in the organ's box.
    """
    shell = _present(tumour) & ~ndimage.binary_erosion(tumour)
    points = organ.points_lps_mm(shell)
    x, y, z = (float(n) for n in (points.min(axis=0) + points.max(axis=0)) / 2)
    half_voxel = float(np.linalg.norm(organ.geometry.spacing_kji_mm)) / 2
    reach = float(np.linalg.norm(points - (x, y, z), axis=1).max())
    return (x, y, z), reach + half_voxel + margin_mm


def distance_mm(organ: Organ, part: Mask) -> npt.NDArray[np.float32]:
    """Return how far each voxel's centre lies from the nearest one of a part, shape of the box, mm; 0 in it.

    Worked out once when a plan opens: a margin that is dragged then only compares.
    The grid's axes are taken to be at right angles, as they are once a tilted gantry has been straightened.

    Raises
    ------
    BadInputError
        If the part has no voxel in the organ's box.
    """
    image: Any = SimpleITK.GetImageFromArray(_present(part).astype(np.uint8))
    image.SetSpacing(organ.geometry.spacing_kji_mm[::-1])
    measure: Any = SimpleITK.SignedMaurerDistanceMap
    signed = measure(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    found: npt.NDArray[np.float32] = SimpleITK.GetArrayFromImage(signed)
    return np.where(part, np.float32(0), np.maximum(found, 0))


def wedge_cut(organ: Organ, tumour: Mask, margin_mm: float) -> Mask:
    """Return a tumour with all of the organ within a margin of it.

    Parameters
    ----------
    tumour : shape (k, j, i) of the organ's box; what lies outside the organ is not cut

    Raises
    ------
    BadInputError
        If the margin is below 0, or the tumour has no voxel in the organ's box.
    """
    if not margin_mm >= 0:
        raise BadInputError("A margin is 0 mm or more.")
    resected: Mask = (distance_mm(organ, tumour) <= margin_mm) & organ.mask
    return resected


def territory_cut(organ: Organ, territories: Labels, chosen: Collection[int]) -> Mask:
    """Return the territories that are taken away: an anatomical resection.

    Parameters
    ----------
    territories : shape (k, j, i) of the organ's box; 0 belongs to none
    chosen
        Labels of `territories`.

    Raises
    ------
    BadInputError
        If a chosen territory has no voxel.
    """
    missing = sorted(set(chosen) - set(np.unique(territories[organ.mask]).tolist()) | (set(chosen) & {0}))
    if missing:
        raise BadInputError(f"No voxel belongs to territory {missing}. Choose one that the organ has.")
    resected: Mask = np.isin(territories, list(chosen)) & organ.mask
    return resected


def union(organ: Organ, *parts: Mask) -> Mask:
    """Return what any of several cuts takes away; nothing if there is none."""
    resected: Mask = np.zeros_like(organ.mask)
    for part in parts:
        resected |= part
    resected &= organ.mask
    return resected


def require_cut(organ: Organ, resected: Mask) -> Mask:
    """Return a cut that divides the organ.

    Raises
    ------
    BadInputError
        If it takes nothing away, or everything: the surface misses the organ.
    """
    taken, whole = int(np.count_nonzero(resected)), int(np.count_nonzero(organ.mask))
    if taken == 0 or taken == whole:
        what = "takes nothing of it away" if taken == 0 else "leaves nothing of it"
        raise BadInputError(f"The cut misses the organ: it {what}. Move the surface into the organ.")
    return resected


def _present(part: Mask) -> Mask:
    if not part.any():
        raise BadInputError("The tumour has no voxel near the organ. Segment it, or cut without it.")
    return part
