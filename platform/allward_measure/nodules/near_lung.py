"""The lung around a point, found from the point's surroundings alone, so that a click need not wait.

Over a whole scan `allward_measure.thorax` finds the lungs with airways, body and sides; here only the
surface is wanted at which a nodule ends that touches the pleura.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.components import Box, Mask, box_slices, find_components
from allward_measure.nodules.region import shifted
from allward_measure.thorax.balls import closed
from allward_measure.thorax.coarse import coarse_of
from allward_measure.thorax.lungs import AERATED_HU
from allward_sdk.geometry import Geometry

CLOSINGS_MM = (10.0, 20.0, 30.0)
"""Radii of the ball that rolls over the pleura: a larger one only for a mass that a smaller one cuts."""

LEAST_ML = 1.0
"""Of lung near the point; less is an airway, or noise."""

_GAS_HU = -970.0
"""Median of the air around a patient, in bowel or trachea."""
_WIDER_MM = 4.0
"""Beyond a radius of the ball, so much more is looked at than is returned: a closing needs both sides."""


class NearLung(NamedTuple):
    """Lung near a point.

    Attributes
    ----------
    mask : shape (k, j, i) of the box
        The lungs, closed: vessels, nodules, and what touches the pleura count as lung.
    box_kji
        Its place in the scan.
    level_hu
        Median density of aerated lung.
    """

    mask: Mask
    box_kji: Box
    level_hu: float


def near_lung(
    volume_hu: npt.NDArray[np.generic],
    geometry: Geometry,
    point_kji: npt.NDArray[np.float64],
    *,
    reach_mm: float,
    closing_mm: float,
) -> NearLung | None:
    """Return the lung within `reach_mm` of a point, along each axis; None if there is none."""
    wide = _box(geometry, point_kji, reach_mm + closing_mm + _WIDER_MM)
    inner = _box(geometry, point_kji, reach_mm)
    shape = [high - low for low, high in zip(*wide, strict=True)]
    grid = shifted(geometry, wide[0], (shape[0], shape[1], shape[2]))
    coarse = coarse_of(np.asarray(volume_hu[box_slices(wide)], np.float32), grid)
    parts = [
        part
        for part in find_components(coarse.hu < AERATED_HU, neighbours=6)
        if part.voxels * coarse.voxel_ml >= LEAST_ML
        and float(np.median(coarse.hu[box_slices(part.box_kji)][part.mask])) > _GAS_HU
    ]
    if not parts:
        return None
    aerated: Mask = np.zeros(coarse.hu.shape, np.bool_)
    for part in parts:
        aerated[box_slices(part.box_kji)] |= part.mask
    # What is padded at the first and the last slice lies in the lung if the point does.
    lung = closed(aerated, coarse.spacing_mm, closing_mm)
    lung = np.asarray(ndimage.binary_fill_holes(lung), np.bool_)
    fine = coarse.to_volume(lung)
    own = tuple(slice(low - start, high - start) for low, high, start in zip(*inner, wide[0], strict=True))
    return NearLung(fine[own], inner, float(np.median(coarse.hu[aerated])))


def _box(geometry: Geometry, point_kji: npt.NDArray[np.float64], reach_mm: float) -> Box:
    """Return the box around a point, cut at the edges of the scan."""
    steps = np.ceil(reach_mm / np.asarray(geometry.spacing_kji_mm)).astype(int)
    at = np.rint(point_kji).astype(int)
    low = np.clip(at - steps, 0, np.asarray(geometry.shape_kji) - 1)
    high = np.clip(at + steps + 1, 1, np.asarray(geometry.shape_kji))
    return (int(low[0]), int(low[1]), int(low[2])), (int(high[0]), int(high[1]), int(high[2]))
