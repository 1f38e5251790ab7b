"""Outlines of a plug-in as findings: an organ as one, every connected lesion as one of its own."""

import numpy as np

from allward_measure.components import Component, bounding_box, box_slices, find_components
from allward_measure.diameter import largest_axial_diameter
from allward_measure.inside import inside_point_kji
from allward_measure.volume import volume_ml
from allward_runner.direct.sentences import numbered
from allward_runner.direct.subject import Subject
from allward_sdk.manifest import Label, Measurement
from allward_sdk.results import Finding, MeasuredValue

METHODS = {
    "volume": "voxels times the volume of one",
    "largest_axial_diameter": "longest line between outer corners of voxels in one slice",
}


def outline_findings(subject: Subject, label: Label) -> list[Finding]:
    """Return the findings of a label that a stage outlines; none if it has no voxel."""
    labels_kji = subject.output.labels_kji
    if labels_kji is None:
        return []
    mask = np.asarray(labels_kji == label.value, np.bool_)
    box = bounding_box(mask)
    if box is None:
        return []
    if label.kind == "organ":
        whole = Component(mask[box_slices(box)], int(np.count_nonzero(mask)), box)
        return [_finding(subject, label, whole, 0)]
    return [_finding(subject, label, part, number) for number, part in enumerate(find_components(mask), 1)]


def _finding(subject: Subject, label: Label, part: Component, number: int) -> Finding:
    """Return a finding; number 0 stands for the label as a whole."""
    geometry = subject.case.geometry
    low, high = part.box_kji
    cut_off = 0 in low or any(end == n for end, n in zip(high, geometry.shape_kji, strict=True))
    inside = inside_point_kji(part.mask, geometry)
    assert inside is not None
    x, y, z = (float(mm) for mm in geometry.to_lps_mm([np.asarray(inside) + np.asarray(low)])[0].round(3))
    name = label.name if number == 0 else f"{label.name}-outline-{number}"
    return Finding(
        id=name,
        kind="organ" if label.kind == "organ" else "lesion",
        label=label.type,
        title=label.title if number == 0 else numbered(label, number),
        segment_value=label.value,
        tracking_uid=subject.tracking_uid(name),
        centre_lps_mm=(x, y, z),
        box_kji=part.box_kji,
        cut_off=cut_off,
        measurements=tuple(
            _measured(declared, part, subject, cut_off=cut_off)
            for declared in subject.measurements(label, *METHODS)
        ),
    )


def _measured(declared: Measurement, part: Component, subject: Subject, *, cut_off: bool) -> MeasuredValue:
    geometry = subject.case.geometry
    value: float | None
    if declared.method == "volume":
        value = volume_ml(part.mask, geometry)
    else:
        found = largest_axial_diameter(part.mask, geometry, offset_kji=part.box_kji[0])
        value = None if found is None else found.length_mm
    return MeasuredValue(
        name=declared.name,
        title=declared.title,
        concept=declared.concept,
        unit=declared.unit,
        value=None if value is None else round(value, 3),
        method=METHODS[declared.method],
        bound="at_least" if cut_off else "exact",
    )
