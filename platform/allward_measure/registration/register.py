"""Whether two chest CTs show the same chest, and which point of the earlier one is which of the later one.

Whose scans they are is for others to know; here is only seen whether one can be laid on the other. One that
cannot is refused, since nodules that are matched by a wrong place would be told to have grown or vanished.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_measure.registration.align import align, first_cover
from allward_measure.registration.chest import Chest
from allward_measure.registration.images import HU_RANGE, SimpleITK, affine_of, mask_image, scan_image
from allward_measure.thorax.balls import eroded
from allward_measure.thorax.coarse import FloatVolume, Mask
from allward_sdk.geometry import FloatArray
from allward_sdk.parts import Localised

LEAST_COVER = 0.45
"""Of both lungs after a shift alone; with less there is nothing to search from."""

LEAST_DICE = 0.75
"""Of the lungs in what both scans show. Those of two persons came to 0.78 and 0.82: alone it tells little."""

LEAST_LIKENESS = 0.42
"""Of vessels and bronchi inside the lungs, as a correlation. Two persons came to 0.27 and 0.28, a chest and
its mirror image to 0.32; a chest that was bent by 3 mm to 0.76, by 5 mm to 0.50, by 8 mm to 0.44. Measured on
the two chest CTs of the test data: two persons are few."""

SCALES = (0.75, 1.33)
"""How far a chest may be stretched; the breath changes it along the patient most."""

_INSIDE_MM = 8.0
"""So far inside the lungs vessels are looked at: the shape of the chest itself shall not count."""
_FINE_MM, _ROUGH_MM = 2.0, 10.0
"""Blurs, in mm; what lies between them is vessels and bronchi."""
_FLAT_HU = 3.0
"""Standard deviation below which there are no vessels to be seen."""

_NO_LUNGS = Localised(
    en="The scans could not be laid on one another: lungs were not found in both.",
    zh="两次扫描无法配准：未能在两次检查中都找到肺。",
)
_OTHER_CHEST = Localised(
    en="The earlier scan does not look like the same chest; nodules are not matched by their place.",
    zh="既往扫描与本次不像同一胸部，未按位置匹配结节。",
)


@dataclass(frozen=True, slots=True)
class Registration:
    """How an earlier chest lies on a later one.

    Attributes
    ----------
    prior_to_current
        (4, 4), of points in mm, LPS; None: not found.
    dice
        Of the lungs in what both scans show; None: not measured.
    likeness
        Correlation of vessels and bronchi, -1 to 1; None: there are none to be seen.
    residual_mm
        Mean distance of the lungs' surfaces; None: not measured.
    refusal
        Why places may not be compared; None: they may.
    """

    prior_to_current: FloatArray | None
    dice: float | None = None
    likeness: float | None = None
    residual_mm: float | None = None
    refusal: Localised | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether places may be compared."""
        return self.refusal is None and self.prior_to_current is not None

    def to_current(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return where points of the prior lie in the current scan: shape (n, 3), mm, LPS.

        Raises
        ------
        ValueError
            If there is no transform.
        """
        return _moved(self._matrix(), points_lps_mm)

    def to_prior(self, points_lps_mm: npt.ArrayLike) -> FloatArray:
        """Return where points of the current scan lie in the prior; the inverse of `to_current`."""
        return _moved(_inverse(self._matrix()), points_lps_mm)

    def _matrix(self) -> FloatArray:
        if self.prior_to_current is None:
            raise ValueError("These scans were not laid on one another.")
        return self.prior_to_current


def register_chests(prior: Chest, current: Chest) -> Registration:
    """Lay an earlier chest on a later one, rigidly and then by an affine transform, and judge the result."""
    if not (prior.lungs.both.any() and current.lungs.both.any()):
        return Registration(None, refusal=_NO_LUNGS)
    if first_cover(prior, current) < LEAST_COVER:
        return Registration(None, refusal=_OTHER_CHEST)
    try:
        found = [_judged(prior, current, matrix) for matrix in align(prior, current)]
    except RuntimeError:  # how SimpleITK says that the scans left one another during the search
        return Registration(None, refusal=_OTHER_CHEST)
    # an affine transform that ran away is less like than the rigid one that it began from
    return max(found, key=lambda each: (each.likeness or 0.0, each.dice or 0.0))


def _inverse(matrix: FloatArray) -> FloatArray:
    inverse: FloatArray = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    return inverse


def _moved(matrix: FloatArray, points_lps_mm: npt.ArrayLike) -> FloatArray:
    points: FloatArray = np.asarray(points_lps_mm, dtype=np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return points


def _judged(prior: Chest, current: Chest, matrix: FloatArray) -> Registration:
    transform, grid = affine_of(matrix), scan_image(prior)
    nowhere = 2.0 * HU_RANGE[0]
    hu = _array(SimpleITK.Resample(scan_image(current), grid, transform, SimpleITK.sitkLinear, nowhere))
    lungs = _array(
        SimpleITK.Resample(
            mask_image(current.lungs.both, current), grid, transform, SimpleITK.sitkNearestNeighbor, 0
        )
    ).astype(bool)
    seen = hu >= HU_RANGE[0]
    before, now = prior.lungs.both & seen, lungs & seen
    both = int(np.count_nonzero(before)) + int(np.count_nonzero(now))
    dice = 2.0 * int(np.count_nonzero(before & now)) / max(1, both)
    likeness = _likeness(np.clip(prior.coarse.hu, *HU_RANGE), np.clip(hu, *HU_RANGE), before & now, prior)
    stretch = np.linalg.svd(matrix[:3, :3], compute_uv=False)
    good = (
        dice >= LEAST_DICE
        and (likeness is None or likeness >= LEAST_LIKENESS)
        and bool(SCALES[0] <= stretch.min() and stretch.max() <= SCALES[1])
    )
    return Registration(
        prior_to_current=matrix,
        dice=dice,
        likeness=likeness,
        residual_mm=_residual_mm(before, now, prior),
        refusal=None if good else _OTHER_CHEST,
    )


def _likeness(one: FloatVolume, other: FloatVolume, lungs: Mask, grid: Chest) -> float | None:
    """Return the correlation of what is as fine as vessels, well inside the lungs."""
    inside = eroded(lungs, grid.coarse.spacing_mm, _INSIDE_MM)
    if not inside.any():
        return None
    first, second = (_vessels(each, grid)[inside] for each in (one, other))
    if min(first.std(), second.std()) < _FLAT_HU:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _vessels(hu: FloatVolume, grid: Chest) -> FloatVolume:
    fine, rough = (
        ndimage.gaussian_filter(hu, [blur_mm / mm for mm in grid.coarse.spacing_mm])
        for blur_mm in (_FINE_MM, _ROUGH_MM)
    )
    between: FloatVolume = fine - rough
    return between


def _residual_mm(before: Mask, now: Mask, grid: Chest) -> float | None:
    """Return the mean distance of the surfaces of two masks on one grid; None if one is empty."""
    if not (before.any() and now.any()):
        return None
    rims = [mask & ~ndimage.binary_erosion(mask, border_value=1) for mask in (before, now)]
    if not all(rim.any() for rim in rims):
        return None
    spacing = grid.coarse.spacing_mm
    apart = [
        ndimage.distance_transform_edt(~other, sampling=spacing)[rim] for rim, other in (rims, rims[::-1])
    ]
    return float(np.concatenate(apart).mean())


def _array(image: Any) -> FloatVolume:
    values: FloatVolume = SimpleITK.GetArrayFromImage(image)
    return values
