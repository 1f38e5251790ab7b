"""Keeps what a plug-in finds on a phantom as an acceptance case: what it has to find from now on."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from allward_runner.accept.comparing import probability_of
from allward_runner.accept.outcome import Outcome
from allward_runner.accept.trials import CASE_FILE
from allward_runner.accept.trying import Report
from allward_runner.write import write_nifti
from allward_sdk.found import Classified, Detections, TileClasses, Vectors, VolumeMap
from allward_sdk.parts import Localised

NUMBER_TOLERANCE = 0.01
"""Share of a measurement by which another machine may differ; float32 sums differ in their last digits."""
PLACE_TOLERANCE_MM = 2.0
PROBABILITY_TOLERANCE = 0.01
ARRAY_TOLERANCE = 0.001


def record_case(report: Report, cases: Path) -> Path:
    """Write what was found on a phantom as a case of the same name and return its `case.toml`.

    Nothing is overwritten: what a person has expected stays.

    Raises
    ------
    FileExistsError
        If there is such a case.
    """
    folder = cases / report.trial.name
    folder.mkdir(parents=True)
    assert report.outcome is not None  # what does not run is not recorded
    lines = [
        f"title = {_localised(report.trial.title)}",
        "",
        "[input]",
        f'phantom = "{report.trial.name}"',
        "",
        "[expect]",
        f"evaluable = {str(report.outcome.result.evaluable).lower()}",
        *_expected(report.outcome, folder),
    ]
    path = folder / CASE_FILE
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _localised(title: Localised) -> str:
    return f"{{ en = {json.dumps(title.en)}, zh = {json.dumps(title.zh, ensure_ascii=False)} }}"


def _expected(outcome: Outcome, folder: Path) -> Iterator[str]:
    if outcome.labels_kji is not None and outcome.series is not None:
        write_nifti(folder / "labels.nii.gz", outcome.labels_kji, outcome.series.geometry.index_to_lps_mm)
        yield 'labels = { file = "labels.nii.gz", min_dice = 0.99 }'
    candidates = [c for record in outcome.found if isinstance(record, Detections) for c in record.candidates]
    if any(isinstance(record, Detections) for record in outcome.found):
        yield "most_other_candidates = 0"
    for finding in outcome.result.findings:
        for measured in finding.measurements:
            if measured.value is not None and finding.kind in ("organ", "lesion"):
                yield "\n[[expect.measurements]]"
                yield f"finding = {json.dumps(finding.id)}\nname = {json.dumps(measured.name)}"
                yield f"value = {measured.value}\nwithin = {abs(measured.value) * NUMBER_TOLERANCE:g}"
    for candidate in candidates:
        yield "\n[[expect.candidates]]"
        yield f"label = {json.dumps(candidate.label)}"
        yield f"centre_lps_mm = {list(candidate.centre_lps_mm)}\nwithin_mm = {PLACE_TOLERANCE_MM}"
    yield from _classes(outcome)
    yield from _arrays(outcome, folder)


def _classes(outcome: Outcome) -> Iterator[str]:
    told: dict[tuple[str, str], None] = {}
    for record in outcome.found:
        if isinstance(record, Classified):
            told |= dict.fromkeys((record.stage, label) for label in record.probabilities)
        elif isinstance(record, TileClasses):
            told |= dict.fromkeys((record.stage, label) for label in record.labels)
    for stage, label in told:
        probability = probability_of(outcome, stage, label)
        if probability is not None:
            yield "\n[[expect.classes]]"
            yield f"stage = {json.dumps(stage)}\nlabel = {json.dumps(label)}"
            yield f"probability = {round(probability, 6)}\nwithin = {PROBABILITY_TOLERANCE}"


def _arrays(outcome: Outcome, folder: Path) -> Iterator[str]:
    """Keep vectors and maps; probabilities of tiles are kept as their means."""
    kept = {record.vectors for record in outcome.found if isinstance(record, Vectors)}
    kept |= {record.values for record in outcome.found if isinstance(record, VolumeMap)}
    for number, (name, values) in enumerate(sorted(outcome.arrays.items()), 1):
        if name.rpartition("/")[2] in kept:
            np.save(folder / f"array-{number}.npy", values, allow_pickle=False)
            yield "\n[[expect.arrays]]"
            yield f'name = {json.dumps(name)}\nfile = "array-{number}.npy"\nwithin = {ARRAY_TOLERANCE}'
