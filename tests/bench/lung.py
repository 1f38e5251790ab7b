"""The detector of `plugins/lung_nodule_ct` on 200 nodules put into the lungs of a patient it never saw.

Ten copies of one chest CT, twenty nodules in each: 4 to 20 mm, four kinds. Beside it, in the same table, a
published net that is read for evaluation only. Marks on the patient's own tumours do not count, and those
that lie outside the reach of the lungs are dropped as the app drops them, of both.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

from allward_dicom.volume import SeriesVolume, read_volume
from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_engine.residency import Models
from allward_measure.evaluation.draws import drawn_interval
from allward_measure.evaluation.froc import LUNA16_RATES, Mark, Scan, Target, froc
from allward_measure.thorax.coarse import coarse_of
from allward_measure.thorax.lungs import find_lungs, reach_of
from allward_runner.series import find_series
from allward_sdk.manifest import Manifest
from lung_nodule.logic.chest import REACH_MM
from tests.bench.nodule_detectors import detectors
from tests.bench.table import Row, row
from tests.phantoms.inserted import KINDS, Inserted, insert_nodules
from tests.samples import sample, unpack

COPIES, NODULES_EACH = 10, 20
SEED = 31
REPEATS = 200
RATE = 4.0
"""False positives per scan at which the goals are read."""

_FROM_TUMOUR_MM, _ON_TUMOUR_MM = 20.0, 5.0

GOALS: dict[tuple[str, float], float] = {("solid", 6.0): 0.90, ("ground-glass", 8.0): 0.75}
"""Least sensitivity of a kind from a diameter on, at `RATE`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One copy: what was put in, and what a detector marked outside of the patient's own tumours."""

    inserted: tuple[Inserted, ...]
    marks: tuple[Mark, ...]

    def scan(self, wanted: Callable[[Inserted], bool] = lambda _: True) -> Scan:
        """Return the scan with those targets that are wanted; the others do not count."""
        targets = [Target(each.centre_lps_mm, each.diameter_mm, wanted(each)) for each in self.inserted]
        return Scan(self.marks, tuple(targets))


def measure() -> list[Row]:
    """Read every copy with every detector that is here."""
    with tempfile.TemporaryDirectory(prefix="allward-lung-") as folder:
        series, copies, tumour = _copies(Path(folder))
        rows = []
        for name, manifest, models in detectors(Path(folder)):
            opened = open_models(models, device="auto", threads=2)
            readings = [_read(series, copy, tumour, manifest, opened) for copy in copies]
            rows += _rows(name, readings)
    return rows


@dataclass(frozen=True, slots=True)
class _Copy:
    voxels: np.ndarray
    inserted: tuple[Inserted, ...]


def _copies(folder: Path) -> tuple[SeriesVolume, list[_Copy], npt.NDArray[np.bool_]]:
    unpacked = unpack("chest-ct/LUNG1-003_CT_RTSTRUCT_RTDOSE_RTPLAN.tar.xz", folder)
    series = read_volume(find_series(unpacked).series[0].paths, min_slices=10)
    coarse = coarse_of(series.voxels_kji, series.geometry)
    lung = coarse.to_volume(find_lungs(coarse).both)
    tumour = _tumour(series)
    away_mm = ndimage.distance_transform_edt(~tumour, sampling=series.geometry.spacing_kji_mm)
    near = away_mm < _FROM_TUMOUR_MM
    copies = []
    for number in range(COPIES):
        voxels, inserted = insert_nodules(
            series.voxels_kji.astype(np.float32), series.geometry, lung,
            keep_out=near, count=NODULES_EACH, seed=SEED + number,
        )  # fmt: skip
        copies.append(_Copy(voxels, inserted))
    return series, copies, away_mm < _ON_TUMOUR_MM


def _tumour(series: SeriesVolume) -> np.ndarray:
    """Return the voxels of the patient's own tumours, as experts drew them."""
    labels = SimpleITK.ReadImage(str(sample("chest-ct/LUNG1-003_labels.nii.gz")))
    told = json.loads(sample("chest-ct/LUNG1-003_rois.json").read_text())
    values = [each["label"] for name, each in told["rois"].items() if "gtv" in name.lower()]
    found = np.isin(SimpleITK.GetArrayFromImage(labels), values)
    if found.shape != series.geometry.shape_kji or not found.any():
        raise ValueError("the drawn tumours do not lie on the grid of the CT")
    return found


def _read(
    series: SeriesVolume, copy: _Copy, tumour: npt.NDArray[np.bool_], manifest: Manifest, opened: Models
) -> Reading:
    request = SegmentRequest(job_id="lung", tenant="bench", manifest=manifest, geometry=series.geometry)
    result = run_locally(request, copy.voxels, opened)
    coarse = coarse_of(copy.voxels, series.geometry)
    reach = coarse.to_volume(reach_of(find_lungs(coarse), coarse, REACH_MM))
    marks = tuple(
        Mark(candidate.centre_lps_mm, candidate.score)
        for record in result.found
        if record.kind == "detections"
        for candidate in record.candidates
        if not _lies_on(tumour, candidate.centre_lps_mm, series)
        if _lies_on(reach, candidate.centre_lps_mm, series)
    )
    return Reading(copy.inserted, marks)


def _lies_on(mask: npt.NDArray[np.bool_], point: tuple[float, float, float], series: SeriesVolume) -> bool:
    index = np.round(series.geometry.to_index_kji([point])[0]).astype(int)
    return bool(mask[tuple(np.clip(index, 0, np.asarray(mask.shape) - 1))])


def _rows(name: str, readings: Sequence[Reading]) -> list[Row]:
    curve = froc([reading.scan() for reading in readings])
    assert curve is not None
    rows = [
        row(
            f"{name}: sensitivity at {rate:g} false positives a scan",
            [curve.sensitivity_at(rate)],
            unit="",
            goal="-",
        )
        for rate in LUNA16_RATES
    ]
    rows.append(row(f"{name}: mean of the seven", [curve.competition_performance_metric], unit="", goal="-"))
    for kind in KINDS:
        for least in (4.0, 6.0, 8.0):
            rows += _of_kind(name, readings, kind, least)
    return rows


def _of_kind(name: str, readings: Sequence[Reading], kind: str, least_mm: float) -> list[Row]:
    """Return the sensitivity of a kind from a size on, with its 95 % interval over scans."""

    def wanted(each: Inserted) -> bool:
        return each.kind == kind and each.diameter_mm >= least_mm

    def sensitivity(some: Sequence[Reading]) -> float | None:
        whole = froc([reading.scan() for reading in some])
        if whole is None:
            return None
        allowed = np.flatnonzero(whole.false_positives_per_scan <= RATE)
        least_score = whole.scores[allowed[-1]]
        marked = [replace(r, marks=tuple(m for m in r.marks if m.score >= least_score)) for r in some]
        part = froc([reading.scan(wanted) for reading in marked])
        return None if part is None else part.found / part.targets

    value = sensitivity(readings)
    if value is None:
        return []
    draw = np.random.default_rng(SEED)
    copies = draw.integers(0, len(readings), (REPEATS, len(readings)))
    drawn = [sensitivity([readings[n] for n in numbers]) for numbers in copies]
    told = drawn_interval(value, np.asarray([each for each in drawn if each is not None]))
    goal = GOALS.get((kind, least_mm))
    count = sum(wanted(each) for reading in readings for each in reading.inserted)
    title = (
        f"{name}: {kind} from {least_mm:g} mm ({count}), at {RATE:g} false positives a scan, "
        f"95 % {told.low:.2f} to {told.high:.2f}"
    )
    return [row(title, [told.value], unit="", goal="-" if goal is None else f">= {goal}")]
