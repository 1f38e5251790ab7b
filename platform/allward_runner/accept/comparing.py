"""Compares what was found with what is expected: one check for each expectation, with both numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK

from allward_runner.accept.outcome import Outcome
from allward_sdk.cases import (
    Expected,
    ExpectedArray,
    ExpectedCandidate,
    ExpectedClass,
    ExpectedLabels,
    ExpectedMeasurement,
)
from allward_sdk.errors import BadInputError
from allward_sdk.found import Candidate, Classified, Detections, TileClasses
from allward_sdk.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    agreed: bool
    detail: str
    """Both numbers, or where the difference lies."""


def compare(outcome: Outcome, expected: Expected, manifest: Manifest, folder: Path) -> list[Check]:
    """Return a check for each expectation of a case.

    Parameters
    ----------
    folder
        Of the case, where files of expected outputs lie.

    Raises
    ------
    BadInputError
        If such a file cannot be read.
    """
    said = "evaluable" if outcome.result.evaluable else f"not evaluable: {' '.join(outcome.result.reasons)}"
    checks = [Check("evaluable", outcome.result.evaluable == expected.evaluable, said)]
    if expected.labels is not None:
        checks += _labels(outcome, expected.labels, manifest, folder)
    checks += [_measurement(outcome, each) for each in expected.measurements]
    checks += _candidates(outcome, expected)
    checks += [_class(outcome, each) for each in expected.classes]
    checks += [_array(outcome, each, folder) for each in expected.arrays]
    return checks


def _labels(outcome: Outcome, expected: ExpectedLabels, manifest: Manifest, folder: Path) -> Iterator[Check]:
    wanted = _read_labels(folder / expected.file)
    found = outcome.labels_kji
    if found is None or found.shape != wanted.shape:
        shape = "no outlines" if found is None else f"shape {found.shape}"
        yield Check("labels", agreed=False, detail=f"{shape}, expected shape {wanted.shape}")
        return
    for label in manifest.labels:
        ours, theirs = found == label.value, wanted == label.value
        if ours.any() or theirs.any():
            overlap = dice(ours, theirs)
            detail = f"Dice {overlap:.4f}, at least {expected.min_dice:g}"
            yield Check(f"label {label.name}", overlap >= expected.min_dice, detail)


def dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Return twice the common voxels as a part of all; 1 where both are empty.

    Source
    ------
    L. R. Dice, Ecology 26 (1945) 297, doi:10.2307/1932409.
    """
    total = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    return 2 * int(np.count_nonzero(one & other)) / total if total else 1.0


def _read_labels(path: Path) -> npt.NDArray[Any]:
    try:
        return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    except RuntimeError as error:
        raise BadInputError(f"{path.name} cannot be read as NIfTI.") from error


def _measurement(outcome: Outcome, expected: ExpectedMeasurement) -> Check:
    what = f"{expected.name} of {expected.finding}"
    for finding in outcome.result.findings:
        for measured in finding.measurements:
            if (finding.id, measured.name) == (expected.finding, expected.name):
                value, unit = measured.value, measured.unit.value
                agreed = value is not None and abs(value - expected.value) <= expected.within
                said = "not measurable" if value is None else f"{value:g} {unit}"
                return Check(
                    what, agreed, f"{said}, expected {expected.value:g} +- {expected.within:g} {unit}"
                )
    known = ", ".join(finding.id for finding in outcome.result.findings) or "nothing"
    return Check(what, agreed=False, detail=f"not among the findings: {known}")


def _candidates(outcome: Outcome, expected: Expected) -> Iterator[Check]:
    records = [record for record in outcome.found if isinstance(record, Detections)]
    left = [candidate for record in records for candidate in record.candidates]
    for wanted in expected.candidates:
        near = [each for each in left if each.label == wanted.label]
        best = min(near, key=lambda each: _distance_mm(each, wanted), default=None)
        what = f"{wanted.label} at {wanted.centre_lps_mm}"
        if best is None:
            yield Check(what, agreed=False, detail="not found")
            continue
        distance_mm = _distance_mm(best, wanted)
        agreed = distance_mm <= wanted.within_mm
        if agreed:
            left.remove(best)
        yield Check(what, agreed, f"the nearest is {distance_mm:.1f} mm off, at most {wanted.within_mm:g} mm")
    if expected.most_other_candidates is not None:
        agreed = len(left) <= expected.most_other_candidates
        yield Check("other candidates", agreed, f"{len(left)}, at most {expected.most_other_candidates}")


def _distance_mm(candidate: Candidate, wanted: ExpectedCandidate) -> float:
    return float(np.linalg.norm(np.subtract(candidate.centre_lps_mm, wanted.centre_lps_mm)))


def _class(outcome: Outcome, expected: ExpectedClass) -> Check:
    what = f"{expected.label} by {expected.stage}"
    told = probability_of(outcome, expected.stage, expected.label)
    if told is None:
        return Check(what, agreed=False, detail="the stage told nothing of it")
    agreed = abs(told - expected.probability) <= expected.within
    return Check(what, agreed, f"{told:.4f}, expected {expected.probability:g} +- {expected.within:g}")


def probability_of(outcome: Outcome, stage: str, label: str) -> float | None:
    """Return what a stage says of the image, or the mean over all tiles; None if it says nothing."""
    tiles = []
    for record in outcome.found:
        if isinstance(record, Classified) and record.stage == stage:
            return record.probabilities.get(label)
        if isinstance(record, TileClasses) and record.stage == stage and label in record.labels:
            column = record.labels.index(label)
            names = [name for name in outcome.arrays if name.endswith(f"/{record.probabilities}")]
            tiles = [outcome.arrays[name][:, column] for name in names]
    return float(np.concatenate(tiles).mean(dtype=np.float64)) if tiles else None


def _array(outcome: Outcome, expected: ExpectedArray, folder: Path) -> Check:
    try:
        wanted = np.load(folder / expected.file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BadInputError(f"{expected.file} cannot be read as NumPy: {error}") from error
    found = outcome.arrays.get(expected.name)
    if found is None or found.shape != wanted.shape:
        shape = "there is none" if found is None else f"shape {found.shape}"
        return Check(expected.name, agreed=False, detail=f"{shape}, expected shape {wanted.shape}")
    blank = np.isnan(found)
    same_blank = bool((blank == np.isnan(wanted)).all())
    largest = float(np.abs(found - wanted)[~blank].max(initial=0.0)) if same_blank else float("nan")
    detail = f"largest difference {largest:g}, at most {expected.within:g}"
    return Check(expected.name, same_blank and largest <= expected.within, detail)
