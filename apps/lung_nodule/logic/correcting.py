"""What a reader outlines, adds and measures: a click, a drawn outline, two lines of a caliper."""

import math

import numpy as np

from allward_measure.components import Component, Mask, bounding_box, box_slices
from allward_measure.nodules.near_lung import CLOSINGS_MM, near_lung
from allward_measure.nodules.outline import outline_nodule
from allward_measure.nodules.place import Place, locate
from allward_measure.nodules.region import shifted
from allward_measure.nodules.rounding import lung_rads_mean_mm
from allward_measure.thorax.sides import Side
from allward_runner.abilities import Calipers, Outline
from allward_runner.case import Case
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Label
from allward_sdk.results import Finding, MeasuredValue, PointLps, Property
from lung_nodule.logic.candidates import spot_of
from lung_nodule.logic.chest import look_at
from lung_nodule.logic.compared_again import compared_again
from lung_nodule.logic.finding_words import said_of
from lung_nodule.logic.findings import Followed, finding_of_part, label_of
from lung_nodule.logic.followup.words import NAMES
from lung_nodule.logic.measuring import Measured, nodule_of
from lung_nodule.logic.words import CALIPERS, SIDES

_PLEURA_MM = 40.0
_KEPT = ("lobe",)
"""Properties that another outline of the same nodule does not touch."""
_OF_THE_OUTLINE = (
    "short_axis_mm", "mean_diameter_mm", "largest_3d_mm", "volume_mm3", "equivalent_diameter_mm",
    "longest_axial_mm", "mass_mg",
)  # fmt: skip
_OF_THE_SOLID_PART = ("solid_long_axis_mm", "solid_mean_diameter_mm", "solid_volume_mm3")


def outline_at(case: Case, point_lps_mm: PointLps) -> Outline | None:
    """Return the nodule at a point; see `Correctable.outline_at`."""
    if case.modality != "CT" or not all(math.isfinite(mm) for mm in point_lps_mm):
        return None
    k, j, i = (float(n) for n in case.geometry.to_index_kji([point_lps_mm])[0])
    found = outline_nodule(case.volume_hu, case.geometry, (k, j, i))
    if found is None or not found.ends:
        return None
    return Outline(found.nodule.mask, found.nodule.box_kji[0])


def finding_of(
    case: Case,
    outline: Outline,
    *,
    value: int,
    like: Finding | None,
    calipers: Calipers | None = None,
) -> tuple[Finding, Label]:
    """Measure an outline that a person drew or accepted; see `Correctable.finding_of`."""
    part = _part(case, outline)
    measured = Measured(nodule_of(case, part), _place(case, part, like), by_reader=True)
    spot = spot_of(part, case.geometry)
    found = finding_of_part(case, Followed(spot, part), measured, value=value)
    if calipers is not None:
        found = found.model_copy(
            update={
                "measurements": with_calipers(found.measurements, calipers, case.geometry.spacing_kji_mm[0])
            }
        )
    return (found if like is None else _in_place_of(like, found)), label_of(value)


def _part(case: Case, outline: Outline) -> Component:
    """Return an outline as a part of the case, without empty margins.

    Raises
    ------
    BadInputError
        If it has no voxel, or lies outside of the images.
    """
    mask: Mask = np.asarray(outline.mask, np.bool_)
    box = bounding_box(mask) if mask.ndim == 3 else None
    if box is None:
        raise BadInputError("The outline has no voxel.")
    k0, j0, i0 = (a + n for a, n in zip(box[0], outline.first_kji, strict=True))
    k1, j1, i1 = (b + n for b, n in zip(box[1], outline.first_kji, strict=True))
    ends = zip((k1, j1, i1), case.geometry.shape_kji, strict=True)
    if min(k0, j0, i0) < 0 or any(end > size for end, size in ends):
        raise BadInputError("The outline reaches beyond the images.")
    part = mask[box_slices(box)]
    return Component(part, int(np.count_nonzero(part)), ((k0, j0, i0), (k1, j1, i1)))


def _place(case: Case, part: Component, like: Finding | None) -> Place:
    """Return where an outline lies, from the lung near it; lobes take a map of the whole lungs."""
    middle = (np.asarray(part.box_kji[0]) + part.box_kji[1] - 1) / 2.0
    half = (np.asarray(part.box_kji[1]) - part.box_kji[0]) * case.geometry.spacing_kji_mm / 2.0
    reach_mm = _PLEURA_MM + float(half.max())
    near = near_lung(case.volume_hu, case.geometry, middle, reach_mm=reach_mm, closing_mm=CLOSINGS_MM[0])
    side = _side(case, part, like)
    if near is None:
        return Place(side, None, None)
    start, shape = near.box_kji[0], near.mask.shape
    k0, j0, i0 = (a - n for a, n in zip(part.box_kji[0], start, strict=True))
    k1, j1, i1 = (b - n for b, n in zip(part.box_kji[1], start, strict=True))
    inner = Component(part.mask, part.voxels, ((k0, j0, i0), (k1, j1, i1)))
    grid = shifted(case.geometry, start, (shape[0], shape[1], shape[2]))
    found = locate(inner, grid, lung=near.mask)
    return Place(side, None, found.pleura_mm, found.pleura_beyond_mm)


def _side(case: Case, part: Component, like: Finding | None) -> Side | None:
    """Return the lung that holds an outline, which another outline of the same nodule does not change."""
    known = None if like is None else said_of(like, "side")
    if known in SIDES:
        return "right" if known == "right" else "left"
    return look_at(case).side_of(part)


def with_calipers(
    measurements: tuple[MeasuredValue, ...], calipers: Calipers, slices_mm: float
) -> tuple[MeasuredValue, ...]:
    """Return the measurements with the diameters that a person drew, and without those of another outline.

    Who draws a diameter does not trust the outline: its volume, its mass and its other diameters are None, so
    that no rule and no comparison takes them before what was drawn.

    Parameters
    ----------
    slices_mm
        Distance of the slices: a line that stays within one lies in the axial plane.

    Raises
    ------
    BadInputError
        If a line has no length.
    """
    long_mm = math.dist(*calipers.long_lps_mm)
    short_mm = None if calipers.short_lps_mm is None else math.dist(*calipers.short_lps_mm)
    if not long_mm > 0.0 or not math.isfinite(long_mm) or not math.isfinite(short_mm or 0.0):
        raise BadInputError("A diameter needs two points that lie apart.")
    drawn: dict[str, float | None] = dict.fromkeys(_OF_THE_OUTLINE)
    largest_mm = drawn["long_axis_mm"] = round(max(long_mm, short_mm or 0.0), 2)
    if short_mm is not None:
        drawn["short_axis_mm"] = round(min(long_mm, short_mm), 2)
        drawn["mean_diameter_mm"] = float(lung_rads_mean_mm(long_mm, short_mm))
    first, last = calipers.long_lps_mm
    if abs(first[2] - last[2]) < slices_mm:
        drawn["longest_axial_mm"] = largest_mm
    solid_mm = next((each.value for each in measurements if each.name == "solid_long_axis_mm"), None)
    if solid_mm is not None and solid_mm > largest_mm:
        drawn |= dict.fromkeys(_OF_THE_SOLID_PART)
    return tuple(_drawn(each, drawn[each.name]) if each.name in drawn else each for each in measurements)


def _drawn(measured: MeasuredValue, value: float | None) -> MeasuredValue:
    method = measured.method if value is None else CALIPERS
    return measured.model_copy(update={"value": value, "method": method, "bound": "exact"})


def _in_place_of(like: Finding, found: Finding) -> Finding:
    """Return a finding that takes the place of another: what a correction does not touch stays."""
    numbers, change = compared_again(like, found)
    own = {each.name for each in (*found.measurements, *numbers)} | NAMES
    kept = {each.name: each for each in like.properties if each.name in _KEPT}
    properties: list[Property] = [kept.pop(each.name, each) for each in found.properties]
    others = (each for each in like.measurements if each.name not in own)
    return found.model_copy(
        update={
            "id": like.id,
            "title": like.title,
            "tracking_uid": like.tracking_uid,
            "score": like.score,
            "box_lps_mm": like.box_lps_mm,
            "prior": like.prior,
            "measurements": (*found.measurements, *others, *numbers),
            "properties": (*properties, *kept.values(), *change),
        }
    )
