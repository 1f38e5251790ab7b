"""Findings with voxels: organs and lesions, each with a place and its measurements."""

import numpy as np

from allward_measure.components import Component, bounding_box, box_slices, find_components
from allward_measure.diameter import largest_axial_diameter
from allward_measure.inside import inside_point_kji
from allward_measure.volume import volume_ml
from allward_sdk.manifest import Label, Measurement
from allward_sdk.results import Finding, MeasuredValue
from any_imaging.logic.field_of_view import touches_outside
from any_imaging.logic.sentences import numbered
from any_imaging.logic.structures import Structures

METHODS = {
    "volume": "voxels of the structure and of what lies inside it, times the volume of one",
    "largest_axial_diameter": "longest line between outer corners of voxels in one slice",
}
"""How each of the manifest's methods is computed here, in words."""


def find_organ(structures: Structures, label: Label) -> Finding | None:
    """Return the finding of an organ, all its parts together; None if it has no voxel."""
    mask = structures.mask(label)
    box = bounding_box(mask)
    if box is None:
        return None
    whole = Component(mask[box_slices(box)], int(np.count_nonzero(mask)), box)
    return _finding(structures, label, whole, ordinal=0)


def find_lesions(structures: Structures, label: Label) -> list[Finding]:
    """Return a finding for every connected lesion, the largest first."""
    components = find_components(structures.mask(label))
    return [
        _finding(structures, label, component, ordinal=number)
        for number, component in enumerate(components, 1)
    ]


def _finding(structures: Structures, label: Label, component: Component, *, ordinal: int) -> Finding:
    """Return a finding; ordinal 0 stands for the label as a whole."""
    geometry = structures.case.geometry
    cut_off = _is_cut_off(structures, component)
    inside = inside_point_kji(component.mask, geometry)
    assert inside is not None
    at_kji = np.asarray(inside) + np.asarray(component.box_kji[0])
    x, y, z = (round(float(mm), 3) for mm in geometry.to_lps_mm([at_kji])[0])
    return Finding(
        id=label.name if ordinal == 0 else f"{label.name}-{ordinal}",
        kind=label.kind,
        label=label.type,
        title=label.title if ordinal == 0 else numbered(label, ordinal),
        segment_value=label.value,
        tracking_uid=structures.tracking_uid(label, ordinal),
        centre_lps_mm=(x, y, z),
        box_kji=component.box_kji,
        cut_off=cut_off,
        measurements=tuple(
            _measure(declared, component, structures, cut_off=cut_off)
            for declared in structures.measurements(label)
        ),
    )


def _measure(
    declared: Measurement, component: Component, structures: Structures, *, cut_off: bool
) -> MeasuredValue:
    return MeasuredValue(
        name=declared.name,
        title=declared.title,
        concept=declared.concept,
        unit=declared.unit,
        value=_value(declared, component, structures),
        method=METHODS[declared.method],
        bound="at_least" if cut_off else "exact",
    )


def _value(declared: Measurement, component: Component, structures: Structures) -> float | None:
    geometry = structures.case.geometry
    if declared.method == "volume":
        return round(volume_ml(component.mask, geometry), 3)
    found = largest_axial_diameter(component.mask, geometry, offset_kji=component.box_kji[0])
    return None if found is None else round(found.length_mm, 2)


def _is_cut_off(structures: Structures, component: Component) -> bool:
    """Tell whether a structure reaches the first or last slice, the image's border or the scan's circle."""
    low, high = component.box_kji
    if 0 in low or any(end == n for end, n in zip(high, structures.case.geometry.shape_kji, strict=True)):
        return True
    outside = structures.outside_scan
    if outside is None:
        return False
    # One pixel more on each side, so that a neighbour outside the circle is seen.
    rows, columns = (slice(low[axis] - 1, high[axis] + 1) for axis in (1, 2))
    return touches_outside(np.pad(component.mask, ((0, 0), (1, 1), (1, 1))), outside[rows, columns])
