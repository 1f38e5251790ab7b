"""Tries a plug-in on one case: it runs, gives the same bits twice, becomes DICOM, finds what is expected."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pydicom

from allward_dicom.seg import read_segmentation
from allward_runner.accept.comparing import Check, compare
from allward_runner.accept.outcome import Machine, Outcome, run_once
from allward_runner.plugins import PluginOnDisk
from allward_runner.write import write_result
from allward_sdk.cases import Expected
from allward_sdk.dicom_places import dicom_place
from allward_sdk.errors import BadInputError, PluginFaultError
from allward_sdk.manifest import Manifest
from allward_sdk.parts import Localised


@dataclass(frozen=True, slots=True)
class Trial:
    """A case that a plug-in is tried on.

    Attributes
    ----------
    images
        File or folder that is run on.
    folder
        Of the case, where files of expected outputs lie.
    expected
        None of a phantom: it only has to run.
    """

    name: str
    kind: Literal["case", "phantom"]
    title: Localised
    images: Path
    folder: Path
    expected: Expected | None = None
    mpp: float | None = None
    holds: str = ""
    """What is in a phantom, in numbers."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a trial."""

    trial: Trial
    checks: tuple[Check, ...]
    told: tuple[str, ...] = ()
    """What was found, for people."""
    outcome: Outcome | None = None
    """None if it did not run."""

    @property
    def agreed(self) -> bool:
        """Whether everything is as it has to be."""
        return all(check.agreed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the form in the report."""
        outcome = self.outcome
        return {
            "name": self.trial.name,
            "kind": self.trial.kind,
            "title": self.trial.title.model_dump(),
            "agreed": self.agreed,
            "checks": [
                {"what": check.what, "agreed": check.agreed, "detail": check.detail} for check in self.checks
            ],
            "told": list(self.told),
            "result_sha256": None if outcome is None else outcome.digest(),
            "took_s": None if outcome is None else round(outcome.took_s, 3),
            "peak_memory_mib": None if outcome is None else round(outcome.peak_memory_mib),
        }


def attempt(plugin: PluginOnDisk, trial: Trial, machine: Machine) -> Report:
    """Run a plug-in on a case, twice where bits have to be equal, and look at everything."""
    try:
        first = run_once(plugin, trial.images, machine, mpp=trial.mpp)
        checks = [_in_time(first, plugin.manifest)]
        if machine.is_processor:
            second = run_once(plugin, trial.images, machine, mpp=trial.mpp)
            checks.append(_same_bits(first, second))
        checks += _dicom(first, plugin.manifest)
        if trial.expected is not None:
            checks += compare(first, trial.expected, plugin.manifest, trial.folder)
    except (BadInputError, PluginFaultError) as error:
        return Report(trial, (Check("runs", agreed=False, detail=str(error)),))
    known = (f"in it: {trial.holds}",) if trial.holds else ()
    return Report(trial, tuple(checks), (*known, *_told(first)), first)


def _in_time(outcome: Outcome, manifest: Manifest) -> Check:
    limit_s = manifest.resources.timeout_s
    detail = f"{outcome.took_s:.1f} s of {limit_s} s, {outcome.peak_memory_mib:.0f} MiB, {outcome.runtime}"
    return Check("runs", outcome.took_s <= limit_s, detail)


def _same_bits(first: Outcome, second: Outcome) -> Check:
    one, other = first.digest(), second.digest()
    detail = f"sha256 {one[:12]}" if one == other else f"sha256 {one[:12]}, then {other[:12]}"
    return Check("gives the same bits twice", one == other, detail)


def _dicom(outcome: Outcome, manifest: Manifest) -> Iterator[Check]:
    """Write the result as DICOM and read the outlines back."""
    if outcome.run is None or outcome.series is None:
        return
    with tempfile.TemporaryDirectory(prefix="allward-") as scratch:
        folder = Path(scratch)
        written = write_result(folder, outcome.run, outcome.series, language="en")
        objects = sorted(path.name for path in written if path.suffix == ".dcm")
        if any(dicom_place(stage) is not None for stage in manifest.stages):
            yield Check("becomes DICOM objects", bool(objects), ", ".join(objects) or "none")
        if "seg.dcm" in objects and outcome.labels_kji is not None:
            read = read_segmentation(pydicom.dcmread(folder / "seg.dcm"), outcome.series.geometry)
            differing = int(np.count_nonzero(_values(read, manifest) != outcome.labels_kji))
            yield Check("the SEG holds the outlines", differing == 0, f"{differing} voxels differ")


def _values(segments_kji: npt.NDArray[np.uint8], manifest: Manifest) -> npt.NDArray[np.uint8]:
    """Return a map of segment numbers, which count the labels from 1, as one of label values."""
    table = np.zeros(256, np.uint8)
    table[1 : len(manifest.labels) + 1] = [label.value for label in manifest.labels]
    return table[segments_kji]


def _told(outcome: Outcome) -> Iterator[str]:
    if not outcome.result.evaluable:
        yield f"not evaluable: {' '.join(outcome.result.reasons)}"
    for finding in outcome.result.findings:
        numbers = ", ".join(
            f"{each.name} {'not measurable' if each.value is None else f'{each.value:g} {each.unit.value}'}"
            for each in finding.measurements
        )
        yield f"{finding.id}{': ' if numbers else ''}{numbers}"
