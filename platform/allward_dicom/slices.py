"""Where the slices of a series lie: their order, the grid they form, and what keeps them from forming one.

k grows towards the positive normal, `row direction x column direction`; so (i, j, k) is right-handed in
LPS whatever the order of Instance Numbers, and for a plain axial series k grows to the Superior.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from allward_dicom.header import Header
from allward_dicom.reasons import Reason, reason
from allward_sdk.geometry import FloatArray, Geometry

ORIENTATION_TOLERANCE_DEG = 0.3
"""Slices whose normals or rows differ by more do not share a grid."""
TILT_TOLERANCE_DEG = 0.5
"""Angle between stacking direction and normal above which the grid counts as sheared."""
SPACING_TOLERANCE = 0.05
"""Share of the slice distance by which one gap may differ (positions are often rounded)."""
SPACING_TOLERANCE_MM = 0.1
"""The same as a length: a rounded position is never more than this off."""
SHIFT_TOLERANCE_MM = 1.0
"""How far a slice may lie beside the straight line through the others."""
_DUPLICATE_SHARE = 0.1
_MISSING_SHARE = 0.25
"""Where more than this share of gaps is doubled, the spacing is irregular rather than incomplete."""


def directions(header: Header) -> FloatArray | None:
    """Return unit vectors of a row, a column and the normal, shape (3, 3), LPS; None if invalid."""
    orientation = header.image_orientation
    if orientation is None:
        return None
    row, column = np.asarray(orientation[:3]), np.asarray(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if not all(np.isfinite(lengths)) or min(lengths) < 0.9 or max(lengths) > 1.1:
        return None
    row, column = row / lengths[0], column / lengths[1]
    if abs(row @ column) > 0.02:
        return None
    normal = np.cross(row, column)
    axes: FloatArray = np.stack([row, column, normal / np.linalg.norm(normal)])
    return axes


def orientation_spread_deg(axes: Sequence[FloatArray]) -> float:
    """Return the largest angle between an axis of the first slice and that of another, in degrees."""
    cosine = min(float(np.einsum("ab,ab->a", axes[0], other).min()) for other in axes)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def sort_along_normal(headers: Sequence[Header], normal: FloatArray) -> tuple[list[Header], FloatArray]:
    """Return the headers by growing position along the normal, and their positions, shape (n, 3), LPS mm."""
    positions = np.asarray([header.image_position_lps_mm for header in headers], dtype=np.float64)
    order = np.argsort(positions @ normal, kind="stable")
    return [headers[index] for index in order], positions[order]


def stacking_faults(positions: FloatArray, axes: FloatArray) -> list[Reason]:
    """Say what keeps sorted slice positions from being a regular, rectangular stack."""
    gaps = np.diff(positions @ axes[2])
    base = float(np.median(gaps))
    duplicates = np.flatnonzero(gaps <= max(0.01, _DUPLICATE_SHARE * base))
    if base <= 0.01 or duplicates.size:
        places = ", ".join(_place(positions[index], axes[2]) for index in duplicates[:3])
        return [reason("duplicate_positions", places)]
    return [*_gap_faults(positions, axes[2], gaps, base), *_shear_faults(positions, axes)]


def _place(position: FloatArray, normal: FloatArray) -> str:
    """Return where a slice lies along the axis that the stack follows most, as people look for it."""
    axis = int(np.argmax(np.abs(normal)))
    return f"{'xyz'[axis]} {position[axis]:.1f} mm"


def _gap_faults(positions: FloatArray, normal: FloatArray, gaps: FloatArray, base: float) -> list[Reason]:
    tolerance = max(SPACING_TOLERANCE_MM, SPACING_TOLERANCE * base)
    odd = np.flatnonzero(np.abs(gaps - base) > tolerance)
    if not odd.size:
        return []
    multiples = np.rint(gaps[odd] / base)
    whole = np.abs(gaps[odd] - multiples * base) <= tolerance * multiples
    if bool(whole.all()) and bool((multiples >= 2).all()) and odd.size <= _MISSING_SHARE * gaps.size:
        missing = int((multiples - 1).sum())
        where = "; ".join(_place(positions[index], normal) for index in odd[:3])
        return [reason("missing_slices", f"{missing} ({where})")]
    return [reason("irregular_spacing", f"{gaps.min():.2f}-{gaps.max():.2f}")]


def _shear_faults(positions: FloatArray, axes: FloatArray) -> list[Reason]:
    whole = positions[-1] - positions[0]
    tilt = float(np.degrees(np.arccos(np.clip(whole @ axes[2] / np.linalg.norm(whole), -1.0, 1.0))))
    if tilt > TILT_TOLERANCE_DEG and np.linalg.norm(whole - (whole @ axes[2]) * axes[2]) > SHIFT_TOLERANCE_MM:
        return [reason("gantry_tilt", f"{tilt:.1f}")]
    along = (positions - positions[0]) @ axes[2] / float(whole @ axes[2])
    beside = np.linalg.norm((positions - positions[0] - np.outer(along, whole)) @ axes[:2].T, axis=1)
    if beside.max() > SHIFT_TOLERANCE_MM:
        return [reason("shifted_slices", f"{beside.max():.1f}")]
    return []


def grid(headers: Sequence[Header], positions: FloatArray, axes: FloatArray) -> Geometry:
    """Return the grid of sorted slices that `stacking_faults` found nothing wrong with.

    Source
    ------
    PS3.3 C.7.6.2.1.1: column index moves along the row direction by the column spacing.
    """
    first = headers[0]
    spacing = first.pixel_spacing_mm
    if spacing is None or first.rows is None or first.columns is None:
        raise ValueError("a grid needs Pixel Spacing, Rows and Columns")
    affine = np.eye(4)
    affine[:3, 0] = (positions[-1] - positions[0]) / (len(headers) - 1)
    affine[:3, 1] = axes[1] * spacing[0]
    affine[:3, 2] = axes[0] * spacing[1]
    affine[:3, 3] = positions[0]
    return Geometry(
        shape_kji=(len(headers), first.rows, first.columns),
        index_to_lps_mm=affine,
        frame_of_reference_uid=first.frame_of_reference_uid or "",
    )


def gaps_mm(positions: FloatArray, normal: FloatArray) -> list[float]:
    """Return the distances between neighbouring slices along the normal, in mm."""
    along = positions @ normal
    return [float(b - a) for a, b in pairwise(along)]
