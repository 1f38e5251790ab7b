"""How far a cut keeps from a tumour: the surgical margin, over all of the cut surface.

The cut surface and the tumour's surface are the middles of the voxel faces between what is resected and what
remains, and between the tumour and the rest: each is right within half a voxel, a distance within one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_measure.surgery.organ import Organ
from allward_measure.volume import volume_ml
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray, Geometry

_REACH = 2
"""So many voxels to each side tell which way a surface looks."""


@dataclass(frozen=True, slots=True)
class CutSurface:
    """The face between what is resected and what remains.

    Attributes
    ----------
    points_lps_mm : shape (n, 3)
    areas_mm2 : shape (n,)
        The part of the surface that each point stands for.
    """

    points_lps_mm: FloatArray
    areas_mm2: FloatArray

    @property
    def area_mm2(self) -> float:
        """Area of the whole cut surface."""
        return float(self.areas_mm2.sum())


@dataclass(frozen=True, slots=True)
class Margin:
    """A tumour's margin.

    Attributes
    ----------
    least_mm
        The surgical margin; 0 if the cut goes through the tumour or leaves it.
    mean_mm
        Over the cut surface.
    share_below
        Share of the cut surface nearer to the tumour than the threshold, 0..1.
    left_ml
        How much of the tumour the operation leaves in the organ.
    distances_mm : shape (n,)
        Per point of the cut surface: what colours it.
    """

    least_mm: float
    mean_mm: float
    share_below: float
    left_ml: float
    distances_mm: FloatArray


def cut_surface(organ: Organ, resected: Mask) -> CutSurface:
    """Return the surface that an operation cuts through an organ.

    Raises
    ------
    BadInputError
        If the cut does not divide the organ.
    """
    remnant = organ.mask & ~resected
    places, normals = [], []
    for axis in range(3):
        low, high = _shifted(axis)
        for first, second in ((resected & organ.mask, remnant), (remnant, resected & organ.mask)):
            index = np.argwhere(first[low] & second[high]).astype(np.float64)
            index[:, axis] += 0.5
            places.append(index)
            normals.append(np.full(len(index), axis))
    index, axes = np.concatenate(places), np.concatenate(normals)
    if not len(index):
        raise BadInputError("The cut divides nothing of the organ. Move the surface into the organ.")
    areas = _face_areas(organ.geometry)[axes] * _slant(organ, resected, index, axes)
    return CutSurface(organ.geometry.to_lps_mm(index), areas)


def margin_of(
    organ: Organ, resected: Mask, tumour: Mask, *, threshold_mm: float, surface: CutSurface | None = None
) -> Margin:
    """Return the margin between a tumour and a cut.

    Parameters
    ----------
    resected, tumour : shape (k, j, i) of the organ's box
    threshold_mm
        The margin that is wanted.
    surface
        That of `resected`, where several tumours are measured against one cut.

    Raises
    ------
    BadInputError
        If the tumour has no voxel in the organ, or the cut does not divide the organ.
    """
    if not tumour.any():
        raise BadInputError("The tumour has no voxel near the organ. A margin needs one.")
    if not (tumour & organ.mask).any():
        raise BadInputError("The tumour lies outside the organ. Check the segmentation of both.")
    surface = cut_surface(organ, resected) if surface is None else surface
    left_ml = volume_ml(tumour & organ.mask & ~resected, organ.geometry)
    outside = ~organ.holds(surface.points_lps_mm, tumour) if left_ml > 0 else slice(None)
    outline = cKDTree(outline_lps_mm(tumour, organ.geometry))
    distances = np.zeros(len(surface.points_lps_mm))
    distances[outside] = outline.query(surface.points_lps_mm[outside], workers=-1)[0]
    areas = surface.areas_mm2
    return Margin(
        least_mm=0.0 if left_ml > 0 else float(distances.min()),
        mean_mm=float((distances * areas).sum() / areas.sum()),
        share_below=float(areas[distances < threshold_mm].sum() / areas.sum()),
        left_ml=left_ml,
        distances_mm=distances,
    )


def outline_lps_mm(part: Mask, geometry: Geometry) -> FloatArray:
    """Return the middles of the faces between a mask and what lies around it, shape (n, 3), mm, LPS."""
    padded = np.pad(part, 1)
    places = []
    for axis in range(3):
        low, high = _shifted(axis)
        index = np.argwhere(padded[low] != padded[high]).astype(np.float64) - 1.0
        index[:, axis] += 0.5
        places.append(index)
    return geometry.to_lps_mm(np.concatenate(places))


def faces_mm2(part: Mask, geometry: Geometry) -> float:
    """Return the area of all voxel faces around a mask: 1.5 times that of a smooth surface, on the average.

    Source
    ------
    Cauchy's formula: a smooth surface with normals n has faces of the sum of abs(n), whose mean is 3/2.
    """
    padded = np.pad(part, 1)
    counts = [np.count_nonzero(padded[low] != padded[high]) for low, high in map(_shifted, range(3))]
    return float(np.asarray(counts) @ _face_areas(geometry))


def _shifted(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)


def _face_areas(geometry: Geometry) -> FloatArray:
    k, j, i = geometry.spacing_kji_mm
    return np.asarray([j * i, k * i, k * j])


def _slant(organ: Organ, resected: Mask, index: FloatArray, axes: npt.NDArray[np.int_]) -> FloatArray:
    """Return by how much each face of the staircase is larger than the surface it stands for, inverted.

    The surface's direction is that in which resected voxels give way to remaining ones around the face.
    """
    field = np.pad(np.where(resected, 1, -1).astype(np.int8) * organ.mask, _REACH + 1)
    corner = np.floor(index).astype(np.int64) + _REACH + 1
    upper = np.eye(3, dtype=np.int64)[axes]
    steps = np.arange(-_REACH, _REACH + 1)
    change = np.zeros((len(index), 3))
    flat, strides = field.ravel(), np.asarray([field.shape[1] * field.shape[2], field.shape[2], 1])
    at, other = corner @ strides, (corner + upper) @ strides
    for offset in np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3):
        shift = int(offset @ strides)
        change += (flat[at + shift] + flat[other + shift])[:, None] * offset
        change[np.arange(len(index)), axes] += 0.5 * (flat[other + shift] * 1.0 - flat[at + shift])
    steepness = np.abs(change / np.asarray(organ.geometry.spacing_kji_mm))
    length = np.linalg.norm(steepness, axis=1)
    total = steepness.sum(axis=1)
    slant: FloatArray = np.where(total > 0, length / np.maximum(total, 1e-12), 1.0)
    return slant
