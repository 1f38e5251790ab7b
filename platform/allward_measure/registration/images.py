"""Coarse scans as SimpleITK has them, in the same LPS millimetres."""

from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as Untyped

from allward_measure.registration.chest import Chest
from allward_measure.thorax.coarse import Mask
from allward_sdk.geometry import FloatArray

SimpleITK: Any = Untyped
"""Its stubs leave most functions untyped."""

HU_RANGE = (-1000.0, 200.0)
"""From air to soft tissue: contrast medium and metal count no more than muscle."""


def image_of(values_zyx: npt.NDArray[Any], chest: Chest) -> Any:
    """Return an array on a chest's coarse grid as an image."""
    image = SimpleITK.GetImageFromArray(values_zyx)
    columns = chest.index_to_lps_mm[:3, [2, 1, 0]]  # SimpleITK counts (x, y, z)
    spacing = np.linalg.norm(columns, axis=0)
    image.SetSpacing([float(mm) for mm in spacing])
    image.SetDirection([float(n) for n in (columns / spacing).ravel()])
    image.SetOrigin([float(mm) for mm in chest.index_to_lps_mm[:3, 3]])
    return image


def scan_image(chest: Chest) -> Any:
    """Return the HU of a chest, cut to `HU_RANGE`, as a float image."""
    return image_of(np.clip(chest.coarse.hu, *HU_RANGE).astype(np.float32), chest)


def mask_image(mask: Mask, chest: Chest) -> Any:
    """Return a mask on the coarse grid of a chest as an image of 0 and 1."""
    return image_of(mask.astype(np.uint8), chest)


def thinned(image: Any, voxel_mm: float, *, is_mask: bool = False) -> Any:
    """Return an image with voxels of about a size, blurred before by as much; a mask is not blurred."""
    size, spacing = image.GetSize(), image.GetSpacing()
    new = [max(1, round(n * mm / voxel_mm)) for n, mm in zip(size, spacing, strict=True)]
    grid = SimpleITK.Image(new, image.GetPixelID())
    grid.SetDirection(image.GetDirection())
    grid.SetSpacing([n * mm / m for n, mm, m in zip(size, spacing, new, strict=True)])
    first = [(n / m - 1) / 2 for n, m in zip(size, new, strict=True)]  # middle of the first voxel
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint(first))
    how = SimpleITK.sitkNearestNeighbor if is_mask else SimpleITK.sitkLinear
    source = image if is_mask else SimpleITK.SmoothingRecursiveGaussian(image, voxel_mm / 2)
    outside = 0.0 if is_mask else HU_RANGE[0]
    return SimpleITK.Resample(source, grid, SimpleITK.Transform(), how, outside)


def affine_of(matrix: FloatArray) -> Any:
    """Return a (4, 4) matrix of LPS points as SimpleITK's transform."""
    transform = SimpleITK.AffineTransform(3)
    transform.SetMatrix([float(n) for n in matrix[:3, :3].ravel()])
    transform.SetTranslation([float(n) for n in matrix[:3, 3]])
    return transform


def matrix_of(transform: Any) -> FloatArray:
    """Return what a linear transform does as a (4, 4) matrix of LPS points."""
    matrix = np.eye(4)
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    for axis in range(3):
        unit = [0.0, 0.0, 0.0]
        unit[axis] = 1.0
        matrix[:3, axis] = np.asarray(transform.TransformPoint(unit)) - origin
    matrix[:3, 3] = origin
    return matrix
