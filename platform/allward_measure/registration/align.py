"""The search for the transform: first where the lungs lie, then rigid, then affine.

The earlier scan is held fixed, so that what is found maps its points to the later one. The whole search is
on coarse grids.
"""

from typing import Any

import numpy as np

from allward_measure.registration.chest import Chest
from allward_measure.registration.images import SimpleITK, mask_image, matrix_of, scan_image, thinned
from allward_measure.thorax.balls import dilated
from allward_sdk.geometry import FloatArray

_AROUND_MM = 12.0
"""So far beyond the lungs the scans are looked at: ribs and spine hold them in place."""
_SHIFTS_MM = tuple(range(-150, 151, 15))
"""Along the patient, tried at first: one scan may begin lower or end higher than the other."""
_VOXELS_MM = (10.0, 5.0)
"""Size of voxels, from rough to fine."""
_STEPS = 200
_LEAST_SHARE = 0.4
"""Of the smaller lungs that both scans have to show under a shift, so that it is tried."""


def align(prior: Chest, current: Chest) -> tuple[FloatArray, FloatArray]:
    """Return the rigid and the affine transform of LPS points, (4, 4) each, from the prior to the current.

    Both chests have lungs.
    """
    near = dilated(prior.lungs.both, prior.coarse.spacing_mm, _AROUND_MM)
    levels = [
        (
            thinned(scan_image(prior), mm),
            thinned(scan_image(current), mm),
            thinned(mask_image(near, prior), mm, is_mask=True),
        )
        for mm in _VOXELS_MM
    ]
    rigid = SimpleITK.Euler3DTransform()
    rigid.SetCenter([float(mm) for mm in prior.middle_lps_mm])
    rigid.SetTranslation([float(mm) for mm in _first_shift_mm(prior, current)])
    for level in levels:
        _search(level, rigid)
    affine = SimpleITK.AffineTransform(3)
    affine.SetCenter(rigid.GetCenter())
    affine.SetMatrix(rigid.GetMatrix())
    affine.SetTranslation(rigid.GetTranslation())
    for level in levels:
        _search(level, affine)
    return matrix_of(rigid), matrix_of(affine)


def first_cover(prior: Chest, current: Chest) -> float:
    """Return how well the lungs of two chests cover one another after the best shift alone, 0 to 1."""
    return _cover(prior, current, _first_shift_mm(prior, current))


def _first_shift_mm(prior: Chest, current: Chest) -> FloatArray:
    """Return the shift in LPS mm under which the lungs that both scans show cover one another best."""
    middle_mm = current.middle_lps_mm - prior.middle_lps_mm
    shifts = [middle_mm + np.array([0.0, 0.0, mm]) for mm in _SHIFTS_MM]
    return max(shifts, key=lambda shift: (_cover(prior, current, shift), -float(np.abs(shift).sum())))


def _cover(prior: Chest, current: Chest, shift_mm: FloatArray) -> float:
    """Return the Dice coefficient of both lungs where both scans look; 0 if that is too little of them."""
    there, seen = _moved(prior, current, shift_mm)
    back, seen_back = _moved(current, prior, -shift_mm)
    if min(seen.mean(), seen_back.mean()) < _LEAST_SHARE and max(seen.mean(), seen_back.mean()) < 0.9:
        return 0.0
    inside = there.sum() * prior.coarse.voxel_ml + back.sum() * current.coarse.voxel_ml
    whole = seen.sum() * prior.coarse.voxel_ml + seen_back.sum() * current.coarse.voxel_ml
    return float(inside / whole)


def _moved(one: Chest, other: Chest, shift_mm: FloatArray) -> tuple[Any, Any]:
    """Tell of some points of one's lungs whether they are lung in the other, and whether it shows them."""
    points = one.to_lps_mm(np.argwhere(one.lungs.both)[::101]) + shift_mm
    inverse = np.linalg.inv(other.index_to_lps_mm)
    index = np.rint(points @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    lung = other.lungs.both
    seen = np.all((index >= 0) & (index < lung.shape), axis=1)
    there = np.zeros(len(index), dtype=bool)
    there[seen] = lung[tuple(index[seen].T)]
    return there, seen


def _search(level: tuple[Any, Any, Any], transform: Any) -> None:
    """Move a transform, in place, to where both scans are most alike."""
    fixed, moving, near = level
    method = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetMetricFixedMask(near)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=4.0,
        minStep=0.01,
        numberOfIterations=_STEPS,
        relaxationFactor=0.8,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, True)
    method.Execute(fixed, moving)
