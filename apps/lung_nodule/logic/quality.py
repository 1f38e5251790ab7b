"""How good a series is for nodules, said aloud: slices, kernel, noise, motion, contrast, what is in view."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from allward_measure.nodules.measure import size_limits
from allward_measure.thorax.balls import eroded
from allward_measure.thorax.motion import Step, find_steps
from allward_sdk.parts import Localised
from lung_nodule.logic import sentences
from lung_nodule.logic.chest import Chest
from lung_nodule.logic.contrast import contrast_said

Kernel = Literal["sharp", "soft"]

THIN_MM = 1.5
"""Slices of nodule CT are no thicker. Source: MacMahon 2017, Radiology 284:228."""

LEAST_HEIGHT_MM = 120.0
"""Lungs of which less is in view, cut off, are the bases on a CT of the abdomen or the tops on one of the
neck. The whole lungs of a child may be shorter."""

NOISY_HU = 60.0
"""Noise of a quarter of the contrast of ground glass in lung."""

_BLOOD_HU = (70.0, 95.0)
"""Blood is about 40 HU; below the first it has no contrast medium, above the second it has."""
_SHARP = re.compile(
    r"LUNG|BONE|EDGE|SHARP|ULTRA|HRCT|\bHR\b|^Y[A-D]?$|^[DEL]$|^FC(3\d|5\d|8\d)", re.IGNORECASE
)
_SOFT = re.compile(r"SOFT|STAND|STD|CHEST|DETAIL|^[ABC]$|^FC(0\d|1\d)", re.IGNORECASE)
_SIEMENS = re.compile(r"^[A-Z][A-Z]?(\d\d)", re.IGNORECASE)
_SHARP_FROM = 50
"""Siemens numbers kernels by sharpness: B30f is soft, B70f and Bl57 are sharp."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a series is like.

    Attributes
    ----------
    faults
        Why it cannot be evaluated; empty if it can.
    limits
        What limits it.
    kernel
        None: not named, or by a name that is not known.
    noise_hu
        None: too little soft tissue is in view.
    contrast
        None: cannot be told.
    steps
        Where the patient breathed or moved, as far as the outline of the lungs shows it.
    """

    faults: tuple[Localised, ...]
    limits: tuple[Localised, ...] = ()
    kernel: Kernel | None = None
    noise_hu: float | None = None
    contrast: bool | None = None
    steps: tuple[Step, ...] = ()


def quality_of(chest: Chest) -> Quality:
    """Judge a series by its header and its voxels."""
    lungs, context = chest.lungs, chest.case.clinical_context
    if not lungs.sides:
        return Quality((sentences.NO_LUNGS,))
    if (lungs.cut_above or lungs.cut_below) and chest.height_mm < LEAST_HEIGHT_MM:
        return Quality((sentences.part_of_lungs(chest.height_mm),))
    kernel, noise_hu, contrast = kernel_of(context), noise_of(chest), contrast_of(chest)
    limits = [*_of_slices(chest), *_of_kernel(context, kernel)]
    if noise_hu is not None and noise_hu > NOISY_HU:
        limits.append(sentences.noisy(noise_hu))
    steps = find_steps(lungs.both, chest.coarse)
    if steps:
        limits.append(sentences.moved(len(steps), max(step.shift_mm for step in steps)))
    if len(lungs.sides) == 1:
        limits.append(sentences.only_lung(lungs.sides[0]))
    limits += [sentences.CUT_ABOVE] * lungs.cut_above + [sentences.CUT_BELOW] * lungs.cut_below
    if contrast is None:
        limits.append(sentences.CONTRAST_UNSURE)
    elif contrast:
        limits.append(sentences.CONTRAST)
    return Quality((), tuple(limits), kernel, noise_hu, contrast, steps)


def thickness_mm(chest: Chest) -> float | None:
    """Return the thickness that the header tells; None if it tells none that can be."""
    try:
        told = float(chest.case.clinical_context.get("SliceThickness", ""))
    except ValueError:
        return None
    return told if 0.0 < told < 100.0 else None


def kernel_of(context: Mapping[str, str]) -> Kernel | None:
    """Read how sharp a kernel is from its name; None if it has none, or one that is not known."""
    name = context.get("ConvolutionKernel", "").strip()
    if not name:
        return None
    if _SHARP.search(name):
        return "sharp"
    if _SOFT.search(name):
        return "soft"
    numbered = _SIEMENS.match(name)
    if numbered is None:
        return None
    return "sharp" if int(numbered.group(1)) >= _SHARP_FROM else "soft"


def noise_of(chest: Chest) -> float | None:
    """Return the noise in soft tissue, in HU; None where too little of it is in view.

    What is smooth is taken away first, so that organs and vessels do not count as noise.
    """
    volume_hu = chest.case.volume_hu
    picked = np.linspace(0, volume_hu.shape[0] - 1, 7).round().astype(int)[1:-1]
    found = []
    for index in np.unique(picked):
        section = np.asarray(volume_hu[index], np.float32)
        smooth = ndimage.gaussian_filter(section, 2.0)
        soft = ndimage.binary_erosion((smooth > 0.0) & (smooth < 90.0), iterations=3)
        if np.count_nonzero(soft) >= 500:
            rest = (section - smooth)[soft]
            found.append(1.4826 * float(np.median(np.abs(rest - np.median(rest)))))
    return float(np.median(found)) if found else None


def contrast_of(chest: Chest) -> bool | None:
    """Tell whether contrast medium was given, by the header, else by the density of heart and vessels."""
    said = contrast_said(chest.case.clinical_context)
    if said is not None:
        return said
    blood_hu = _blood_hu(chest)
    if blood_hu is None or _BLOOD_HU[0] <= blood_hu <= _BLOOD_HU[1]:
        return None
    return blood_hu > _BLOOD_HU[1]


def _blood_hu(chest: Chest) -> float | None:
    """Return the median density of heart and large vessels: soft tissue between the lungs, spine left out."""
    lungs = chest.lungs
    if lungs.right is None or lungs.left is None:
        return None
    slices = np.flatnonzero(lungs.right.any(axis=(1, 2)) & lungs.left.any(axis=(1, 2)))
    between = np.zeros_like(lungs.body)
    for z in slices[len(slices) // 4 : len(slices) * 3 // 4 + 1]:
        rows = np.flatnonzero(lungs.both[z].any(axis=1))
        right, left = (np.flatnonzero(lung[z].any(axis=0)) for lung in (lungs.right, lungs.left))
        middle_row = rows[0] + (rows[-1] - rows[0]) * 6 // 10
        first, last = int(np.median(right)), int(np.median(left))
        between[z, rows[0] : middle_row, first:last] = True
    soft = between & lungs.body & (chest.coarse.hu > 0.0) & (chest.coarse.hu < 600.0)
    inner = eroded(soft, chest.coarse.spacing_mm, 4.0)
    if chest.coarse.volume_ml(inner) < 20.0:
        return None
    return float(np.median(chest.coarse.hu[inner]))


def _of_slices(chest: Chest) -> list[Localised]:
    told_mm, geometry = thickness_mm(chest), chest.case.geometry
    spacing_mm = geometry.spacing_kji_mm[0]
    limits = size_limits(geometry, slice_thickness_mm=told_mm)
    thickest_mm = max(spacing_mm, told_mm or 0.0)
    said = []
    if thickest_mm > THIN_MM + 0.01:
        shown_mm, measured_mm = round(limits.shown_mm, 2), round(limits.measured_mm, 1)
        said.append(sentences.thick_slices(round(thickest_mm, 2), shown_mm, measured_mm))
    if told_mm is not None and spacing_mm > 1.1 * told_mm:
        said.append(sentences.gaps(round(spacing_mm, 2), told_mm))
    return said


def _of_kernel(context: Mapping[str, str], kernel: Kernel | None) -> list[Localised]:
    name = context.get("ConvolutionKernel", "").strip()
    if not name:
        return [sentences.UNKNOWN_KERNEL]
    return [sentences.sharp_kernel(name)] if kernel == "sharp" else []
