"""An image that nobody was scanned for: grey values of all sizes, from one seed, on a grid for one stage."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_sdk.geometry import Geometry, axis_map
from allward_sdk.operators import Resample
from allward_sdk.stages import SegmentationStage

_SEED = 20260901
_FINER = (0.8, 1.1, 0.9)
"""Spacing of the image, in spacings of the model: nothing is spared the resampling."""
_LARGER = (1.3, 0.9, 1.0)
"""Size of the image in windows: one axis takes two of them, one is padded."""
_HEIGHTS = ((8, 500.0), (3, 400.0), (1, 300.0))
"""Sigma in voxels and standard deviation in grey values of what the image is the sum of."""


def made_up_image(stage: SegmentationStage) -> tuple[Geometry, npt.NDArray[np.int16]]:
    """Return an image for a stage, axes as DICOM's lie.

    Returns
    -------
    geometry, and grey values of shape (k, j, i) from -1000 to 2000; the first and the last slice of the
    model's first axis are 0, as where a scanner saw nothing
    """
    wanted = spacing_of(stage)
    spacing = [mm * factor for mm, factor in zip(wanted, _FINER, strict=True)]
    shape = [
        max(8, round(share * n * mm / own))
        for share, n, mm, own in zip(_LARGER, stage.input.window, wanted, spacing, strict=True)
    ]
    rng = np.random.default_rng(_SEED)
    image = np.full(shape, -300.0)
    for sigma, height in _HEIGHTS:
        noise = ndimage.gaussian_filter(rng.normal(size=shape), sigma)
        image += height * noise / max(float(noise.std()), 1e-6)
    image[0], image[-1] = 0, 0
    whole = np.clip(np.round(image), -1000, 2000).astype(np.int16)
    axes = axis_map(_axial((1, 1, 1), (1.0, 1.0, 1.0)), stage.input.orientation)
    volume = np.array(axes.to_volume(whole), np.int16, order="C")
    k, j, i = (spacing[int(axis)] for axis in np.argsort(axes.order))
    slices, rows, columns = volume.shape
    return _axial((slices, rows, columns), (k, j, i)), volume


def spacing_of(stage: SegmentationStage) -> tuple[float, float, float]:
    """Return the spacing that a stage works on, in the model's axes; 1 mm if it takes images as they are."""
    found = [operator.spacing_mm for operator in stage.input.prepare if isinstance(operator, Resample)]
    return found[-1] if found else (1.0, 1.0, 1.0)


def _axial(shape_kji: tuple[int, int, int], spacing_kji_mm: tuple[float, float, float]) -> Geometry:
    affine = np.zeros((4, 4))
    for axis, mm in enumerate(spacing_kji_mm):
        affine[2 - axis, axis] = mm
    affine[3, 3] = 1.0
    return Geometry(shape_kji=shape_kji, index_to_lps_mm=affine, frame_of_reference_uid="2.25.1")
