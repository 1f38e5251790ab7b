"""One outline, measured: from voxels to the measurements and properties of a finding."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allward_measure.components import Component, Mask, box_slices
from allward_measure.nodules.measure import Nodule, Size, measure_nodule
from allward_measure.nodules.near_lung import CLOSINGS_MM, near_lung
from allward_measure.nodules.place import Place
from allward_measure.nodules.region import cut_out, shifted
from allward_measure.nodules.rounding import lung_rads_mean_mm
from allward_runner.case import Case
from allward_sdk.parts import Localised
from allward_sdk.results import MeasuredValue, Property
from lung_nodule.logic.words import KINDS, LOBES, MEASURED, SIDES, property_of

_AROUND_MM = 12.0
"""So much lung around a nodule is enough to take its level from."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one nodule.

    Attributes
    ----------
    nodule
        None: it has no outline, or nothing of it can be measured.
    place
        None: not looked for.
    """

    nodule: Nodule | None
    place: Place | None = None
    by_reader: bool = False


def nodule_of(case: Case, part: Component, lung: Mask | None = None) -> Nodule | None:
    """Measure an outline in its surroundings; None if it has no voxel.

    Parameters
    ----------
    lung : shape (k, j, i) of the case
        Both lungs, if they are known; else they are looked for near the outline.
    """
    if lung is not None:
        return measure_nodule(cut_out(case.volume_hu, part, case.geometry, lung=lung))
    first, last = np.asarray(part.box_kji)
    middle = (first + last - 1) / 2.0
    half_mm = float(((last - first) * case.geometry.spacing_kji_mm).max()) / 2.0
    near = near_lung(
        case.volume_hu, case.geometry, middle, reach_mm=half_mm + _AROUND_MM, closing_mm=CLOSINGS_MM[0]
    )
    if near is None:
        return measure_nodule(cut_out(case.volume_hu, part, case.geometry))
    start = near.box_kji[0]
    k0, j0, i0 = (int(a) - n for a, n in zip(first, start, strict=True))
    k1, j1, i1 = (int(b) - n for b, n in zip(last, start, strict=True))
    inner = Component(part.mask, part.voxels, ((k0, j0, i0), (k1, j1, i1)))
    shape = near.mask.shape
    grid = shifted(case.geometry, start, (shape[0], shape[1], shape[2]))
    return measure_nodule(cut_out(case.volume_hu[box_slices(near.box_kji)], inner, grid, lung=near.mask))


def measurements_of(measured: Measured, told: tuple[MeasuredValue, ...] = ()) -> tuple[MeasuredValue, ...]:
    """Return every measurement by its name; what could not be measured is None."""
    values = dict(_values(measured))
    cut_off = measured.nodule is not None and measured.nodule.at_edge
    found = [
        MeasuredValue(
            name=name,
            title=each.title,
            concept=each.concept,
            unit=each.unit,
            value=values.get(name),
            method=each.method,
            bound="at_least" if cut_off and each.unit.value in ("mm", "mm3", "mg") else "exact",
        )
        for name, each in MEASURED.items()
    ]
    return (*found, *told)


def _values(measured: Measured) -> Iterator[tuple[str, float | None]]:
    place, nodule = measured.place, measured.nodule
    if place is not None and place.pleura_mm is not None:
        yield "distance_to_pleura_mm", round(place.pleura_mm, 1)
    if nodule is None:
        return
    yield from _sizes(nodule.size)
    if nodule.solid_part is not None:
        solid = nodule.solid_part
        yield "solid_long_axis_mm", round(solid.axes.long_mm, 2)
        yield "solid_mean_diameter_mm", float(lung_rads_mean_mm(solid.axes.long_mm, solid.axes.short_mm))
        yield "solid_volume_mm3", round(_volume_mm3(solid), 1)
    yield "mean_hu", round(nodule.density.mean_hu, 1)
    yield "sd_hu", round(nodule.density.sd_hu, 1)
    yield "min_hu", round(nodule.density.min_hu, 1)
    yield "max_hu", round(nodule.density.max_hu, 1)
    yield "mass_mg", round(nodule.mass_mg, 1)


def _sizes(size: Size) -> Iterator[tuple[str, float | None]]:
    yield "long_axis_mm", round(size.axes.long_mm, 2)
    yield "short_axis_mm", round(size.axes.short_mm, 2)
    yield "mean_diameter_mm", float(size.lung_rads_mean_mm)
    yield "largest_3d_mm", round(size.largest_mm, 2)
    yield "volume_mm3", round(_volume_mm3(size), 1)
    yield "equivalent_diameter_mm", round(size.equivalent_diameter_mm, 2)
    axial_mm = size.longest_axial_mm
    yield "longest_axial_mm", None if axial_mm is None else round(axial_mm, 2)


def _volume_mm3(size: Size) -> float:
    return size.voxels_mm3 if size.volume_mm3 is None else size.volume_mm3


def properties_of(measured: Measured) -> tuple[Property, ...]:
    """Return what a nodule is like; what is not known is said so."""
    nodule, place = measured.nodule, measured.place
    found = []
    if nodule is not None:
        said, code = KINDS[nodule.composition.kind]
        found.append(property_of("kind", said, code))
    else:
        found.append(property_of("kind", Localised(en="not determined", zh="无法判断")))
    if place is not None:
        found += _properties_of_place(place)
    found.append(
        property_of(
            "measured",
            Localised(en="reader", zh="医师") if measured.by_reader else Localised(en="model", zh="模型"),
        )
    )
    if nodule is not None and nodule.slices_too_thick:
        found.append(
            property_of("coarse", Localised(en="slices too thick for its size", zh="层厚相对其大小过厚"))
        )
    return tuple(found)


def _properties_of_place(place: Place) -> Iterator[Property]:
    if place.lobe is not None:
        yield property_of("lobe", *LOBES[place.lobe])
    else:
        yield property_of("lobe", Localised(en="not determined", zh="未确定"))
    if place.side is not None:
        yield property_of("side", *SIDES[place.side])
    juxtapleural = place.is_juxtapleural
    if juxtapleural is not None:
        said = (
            Localised(en="juxtapleural", zh="紧贴胸膜")
            if juxtapleural
            else Localised(en="apart from the pleura", zh="未接触胸膜")
        )
        yield property_of("pleura", said)
