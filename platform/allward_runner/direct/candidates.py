"""Candidates of a detection as findings: place, score, declared measurements, probabilities of judges."""

import numpy as np

from allward_runner.direct.probabilities import probability
from allward_runner.direct.sentences import numbered
from allward_runner.direct.subject import Subject
from allward_sdk.found import Candidate, Detections
from allward_sdk.manifest import Label, Measurement
from allward_sdk.results import Box, Finding, MeasuredValue

BOX_DIAMETER = "geometric mean of the edges of the box that the model gives"
PREDICTED = "as the model tells"

BoxKji = tuple[tuple[int, int, int], tuple[int, int, int]]


def candidate_findings(subject: Subject, label: Label) -> list[Finding]:
    """Return a finding for each candidate of a label, numbered by falling score."""
    candidates = [
        candidate
        for found in subject.output.found
        if isinstance(found, Detections)
        for candidate in found.candidates
        if candidate.label == label.name
    ]
    candidates.sort(key=lambda candidate: -candidate.score)
    return [_finding(subject, label, each, number) for number, each in enumerate(candidates, 1)]


def _finding(subject: Subject, label: Label, candidate: Candidate, number: int) -> Finding:
    name = f"{label.name}-{number}"
    box, cut_off = box_of(candidate, subject)
    edges = exact_box_of(candidate, subject)
    x, y, z = (round(mm, 3) for mm in candidate.centre_lps_mm)
    declared = subject.measurements(label, "box_diameter", "predicted")
    return Finding(
        id=name,
        kind="organ" if label.kind == "organ" else "lesion",
        label=label.type,
        title=numbered(label, number),
        tracking_uid=subject.tracking_uid(name),
        centre_lps_mm=(x, y, z),
        box_kji=box,
        box_lps_mm=edges,
        cut_off=cut_off,
        score=round(candidate.score, 6),
        measurements=(
            *(_measured(each, candidate, cut_off=cut_off) for each in declared),
            *_judged(subject, candidate),
        ),
    )


def box_of(candidate: Candidate, subject: Subject) -> tuple[BoxKji | None, bool]:
    """Return the voxels of a candidate's box that are in the scan, and whether it reaches beyond them.

    A point has no box.
    """
    if candidate.size_kji_mm is None:
        return None, False
    geometry = subject.case.geometry
    centre = geometry.to_index_kji([candidate.centre_lps_mm])[0]
    half = np.asarray(candidate.size_kji_mm) / np.asarray(geometry.spacing_kji_mm) / 2
    low, high = np.floor(centre - half + 0.5), np.ceil(centre + half + 0.5)
    shape = np.asarray(geometry.shape_kji)
    beyond = bool((low < 0).any() or (high > shape).any())
    low = np.clip(low, 0, shape - 1)
    high = np.clip(np.maximum(high, low + 1), 1, shape)
    k0, j0, i0 = (int(n) for n in low)
    k1, j1, i1 = (int(n) for n in high)
    return ((k0, j0, i0), (k1, j1, i1)), beyond


def exact_box_of(candidate: Candidate, subject: Subject) -> Box | None:
    """Return a candidate's box in the patient, not cut at the edge of the scan; None for a point."""
    if candidate.size_kji_mm is None:
        return None
    geometry = subject.case.geometry
    axes = geometry.index_to_lps_mm[:3, :3] / np.asarray(geometry.spacing_kji_mm)
    edges = (axes * np.asarray(candidate.size_kji_mm)).T
    corner = np.asarray(candidate.centre_lps_mm) - edges.sum(axis=0) / 2
    rounded = [tuple(float(mm) for mm in point.round(6)) for point in (corner, *edges)]
    return Box.model_validate({"corner_lps_mm": rounded[0], "edges_lps_mm": rounded[1:]})


def _measured(declared: Measurement, candidate: Candidate, *, cut_off: bool) -> MeasuredValue:
    box = declared.method == "box_diameter"
    value = candidate.diameter_mm if box else candidate.attributes.get(declared.attribute or "")
    return MeasuredValue(
        name=declared.name,
        title=declared.title,
        concept=declared.concept,
        unit=declared.unit,
        value=None if value is None else round(value, 4),
        method=BOX_DIAMETER if box else PREDICTED,
        bound="at_least" if box and cut_off else "exact",
    )


def _judged(subject: Subject, candidate: Candidate) -> list[MeasuredValue]:
    """Return the probability of each label that a later stage gave a candidate."""
    labels = {label.name: label for label in subject.manifest.labels}
    return [
        probability(stage, labels[label], value)
        for stage, told in candidate.classes.items()
        for label, value in told.items()
    ]
