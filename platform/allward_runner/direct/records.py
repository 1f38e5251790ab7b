"""Maps, surfaces, marks, tables and texts as findings, so that a person can find and judge each of them."""

from collections.abc import Iterable

import numpy as np

from allward_runner.direct.probabilities import NO_UNIT
from allward_runner.direct.sentences import highest_of_map, map_of
from allward_runner.direct.subject import Subject
from allward_sdk.dicom_places import object_of
from allward_sdk.found import Found, VolumeMap, channel_id, record_id
from allward_sdk.manifest import Label
from allward_sdk.results import Finding, MeasuredValue
from allward_sdk.shapes import BulkAnnotations, Mesh
from allward_sdk.writings import Table, Text

HIGHEST = "largest value of the map"


def kept_records(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return the records that become objects of their own; the others are findings, or nothing for people."""
    return tuple(record for record in found if object_of(record) not in (None, "SR"))


def map_findings(subject: Subject, label: Label) -> list[Finding]:
    """Return a finding for each map of a label: where its largest value lies, and how large that is."""
    return [
        _map_finding(subject, label, record)
        for record in subject.output.found
        if isinstance(record, VolumeMap) and label.name in record.labels
    ]


def _map_finding(subject: Subject, label: Label, record: VolumeMap) -> Finding:
    values_kji = subject.output.arrays[record.values][record.labels.index(label.name)]
    highest, place = None, None
    if np.isfinite(values_kji).any():
        index_kji = np.unravel_index(int(np.nanargmax(values_kji)), values_kji.shape)
        highest = round(float(values_kji[index_kji]), 6)
        x, y, z, _ = np.asarray(record.index_to_lps_mm) @ [*index_kji, 1.0]
        place = (round(float(x), 3), round(float(y), 3), round(float(z), 3))
    name = f"{record.stage}-map-{label.name}"
    return Finding(
        id=name,
        kind="map",
        label=label.type,
        title=map_of(label, record.meaning),
        tracking_uid=subject.tracking_uid(name),
        centre_lps_mm=place,
        record=channel_id(record, label.name),
        measurements=(
            MeasuredValue(
                name=f"{record.stage}_{label.name}_highest",
                title=highest_of_map(record.meaning),
                concept=label.type,
                unit=NO_UNIT,
                value=highest,
                method=HIGHEST,
            ),
        ),
    )


def record_findings(subject: Subject) -> list[Finding]:
    """Return a finding for each surface, set of marks, table and text."""
    return [
        finding
        for record in subject.output.found
        if (finding := record_finding(record, tracking_uid=subject.tracking_uid(record_id(record))))
    ]


def record_finding(record: Found, *, tracking_uid: str) -> Finding | None:
    """Return the finding that stands for a record; None for records that are told otherwise."""
    match record:
        case Mesh():
            kind, label = "surface", record.label
        case BulkAnnotations():
            kind, label = "annotations", record.groups[0].label
        case Table() | Text():
            kind, label = record.kind, record.concept
        case _:
            return None
    return Finding.model_validate(
        {
            "id": f"{record.stage}-{kind}",
            "kind": kind,
            "label": label,
            "title": record.title,
            "tracking_uid": tracking_uid,
            "record": record_id(record),
        }
    )
