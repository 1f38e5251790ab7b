"""Whether a series is a volume that may be measured; fails closed, and says why.

The verdict reads headers only, so it costs no pixel access and can be given from the index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allward_dicom.header import Header
from allward_dicom.reasons import Reason, reason
from allward_dicom.slices import (
    ORIENTATION_TOLERANCE_DEG,
    directions,
    grid,
    orientation_spread_deg,
    sort_along_normal,
    stacking_faults,
)
from allward_sdk.geometry import FloatArray, Geometry

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture Image Storage and its multi-frame kin begin with it. Source: PS3.4 B.5."""
_MULTI_FRAME = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.2.2",
        "1.2.840.10008.5.1.4.1.1.4.1",
        "1.2.840.10008.5.1.4.1.1.4.4",
        "1.2.840.10008.5.1.4.1.1.128.1",
    }
)
"""Enhanced and legacy converted CT, MR and PET. Source: PS3.4 B.5."""
_HU_TYPES = frozenset({None, "HU"})
_SPACING_TOLERANCE_MM = 1e-3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` found.

    Attributes
    ----------
    evaluable
        True if the slices form one regular, rectangular volume.
    reasons
        Why not; empty if evaluable.
    sorted_headers
        The slices by growing k, repeated instances and localizers left out; empty if not evaluable.
    geometry
        The grid of the slices; None if not evaluable.
    """

    evaluable: bool
    reasons: tuple[Reason, ...]
    sorted_headers: tuple[Header, ...] = ()
    geometry: Geometry | None = None


def judge(headers: Sequence[Header], *, min_slices: int, need_hu: bool = True) -> Verdict:
    """Judge whether the images of a series form a volume.

    Parameters
    ----------
    headers
        One for each received image of the series, in any order; the same SOP instance twice counts once.
    min_slices
        Fewer slices than this (and than 2) are too few.
    need_hu
        Whether the values must be Hounsfield units; False takes MR and others.
    """
    once = list({header.sop_instance_uid: header for header in headers}.values())
    images = [header for header in once if "LOCALIZER" not in header.image_type]
    faults = _kind_faults(once, images) or _value_faults(images, need_hu=need_hu) or _plane_faults(images)
    if faults:
        return Verdict(False, tuple(faults))
    axes = [found for header in images if (found := directions(header)) is not None]
    faults = _mixture_faults(images, axes)
    if len(images) < max(2, min_slices):
        faults.append(reason("too_few_slices", f"{len(images)} < {max(2, min_slices)}"))
    if faults:
        return Verdict(False, tuple(faults))
    ordered, positions = sort_along_normal(images, axes[0][2])
    faults = stacking_faults(positions, axes[0])
    if faults:
        return Verdict(False, tuple(faults))
    return Verdict(True, (), tuple(ordered), grid(ordered, positions, axes[0]))


def _kind_faults(once: Sequence[Header], images: Sequence[Header]) -> list[Reason]:
    """Say whether these are single-frame images at all."""
    if once and not images:
        return [reason("localizer")]
    if not images or any(header.rows is None or header.columns is None for header in images):
        return [reason("no_images")]
    if any(header.sop_class_uid.startswith(_SECONDARY_CAPTURE) for header in images):
        return [reason("secondary_capture")]
    if any(header.sop_class_uid in _MULTI_FRAME or header.number_of_frames > 1 for header in images):
        return [reason("multi_frame")]
    return []


def _different(images: Sequence[Header], of: Callable[[Header], str | None]) -> list[str]:
    return sorted({of(header) or "" for header in images})


def _value_faults(images: Sequence[Header], *, need_hu: bool) -> list[Reason]:
    """Say whether the images belong together and what their values mean."""
    series = _different(images, lambda header: header.series_instance_uid)
    if len(series) > 1:
        return [reason("mixed_series", str(len(series)))]
    modalities = _different(images, lambda header: header.modality)
    if len(modalities) > 1:
        return [reason("mixed_modality", ", ".join(modalities))]
    if not need_hu:
        return []
    if modalities != ["CT"]:
        return [reason("not_hu", f"Modality {modalities[0] or '?'}")]
    types = {header.rescale_type for header in images} - _HU_TYPES
    if types:
        return [reason("not_hu", f"Rescale Type {', '.join(sorted(t or '' for t in types))}")]
    if any(header.number("00281052") is None or not header.number("00281053") for header in images):
        return [reason("not_hu", "no Rescale Slope and Intercept")]
    return []


def _plane_faults(images: Sequence[Header]) -> list[Reason]:
    """Say whether every image knows its place."""
    placeless = sum(directions(h) is None or h.image_position_lps_mm is None for h in images)
    if placeless:
        return [reason("no_geometry", str(placeless))]
    spaceless = sum(header.pixel_spacing_mm is None for header in images)
    if spaceless:
        return [reason("no_pixel_spacing", str(spaceless))]
    return []


def _mixture_faults(images: Sequence[Header], axes: Sequence[FloatArray]) -> list[Reason]:
    """Say whether the images share one grid in their planes."""
    faults = []
    frames = _different(images, lambda header: header.frame_of_reference_uid)
    if len(frames) > 1:
        faults.append(reason("mixed_frames_of_reference", str(len(frames))))
    spread_deg = orientation_spread_deg(axes)
    if spread_deg > ORIENTATION_TOLERANCE_DEG:
        faults.append(reason("mixed_orientations", f"{spread_deg:.1f}"))
    sizes = _different(images, lambda header: f"{header.columns}x{header.rows}")
    if len(sizes) > 1:
        faults.append(reason("mixed_size", ", ".join(sizes)))
    spacings = [header.pixel_spacing_mm or (0.0, 0.0) for header in images]
    low, high = min(spacings), max(spacings)
    if max(abs(a - b) for a, b in zip(low, high, strict=True)) > _SPACING_TOLERANCE_MM:
        faults.append(reason("mixed_spacing", f"{low[0]:g}-{high[0]:g}"))
    return faults
