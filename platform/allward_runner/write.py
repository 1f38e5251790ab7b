"""The files of a result: findings.json always; DICOM objects and NIfTI where there is something to put in."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import SimpleITK

from allward_dicom.found_objects import (
    SERIES_NUMBERS,
    FoundContent,
    has_something,
    objects_of_found,
    write_found_object,
)
from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries, Tracked, derived_uid
from allward_dicom.seg import LabelMap, write_segmentation
from allward_dicom.sr import ReportContent, says_something, write_measurement_report
from allward_dicom.volume import SeriesVolume
from allward_runner.case import SlotOutput
from allward_runner.findings_json import findings_json
from allward_runner.run import AppRun
from allward_sdk.found import VolumeMap
from allward_sdk.geometry import FloatArray, Geometry
from allward_sdk.manifest import Manifest
from allward_sdk.results import CaseResult, Finding

SEG_SERIES_NUMBER, SR_SERIES_NUMBER = 9001, 9002
"""Series numbers of what the runner writes; far above those of scanners."""


class _Paths(NamedTuple):
    """The files of one slot."""

    labels: Path
    seg: Path
    sr: Path


def write_findings(folder: Path, result: CaseResult) -> Path:
    """Write `findings.json` and return its path."""
    path = folder / "findings.json"
    path.write_text(json.dumps(findings_json(result), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def write_result(folder: Path, run: AppRun, series: SeriesVolume, *, language: Language) -> list[Path]:
    """Write every file of a result into a folder.

    Of an app with several slots, the files of the second and later ones bear the slot's name.
    """
    written = [write_findings(folder, run.result)]
    for number, (slot, output) in enumerate(run.outputs.items()):
        prefix = "" if number == 0 else f"{slot}."
        names = (f"{prefix}{name}" for name in ("labels.nii.gz", "seg.dcm", "sr.dcm"))
        paths = _Paths(*(folder / name for name in names))
        if run.result.labels_kji is None:
            written += _write_slot(paths, run.result, output, series, language)
        elif output.labels_kji is not None and number:
            written.append(write_label_map(paths.labels, output.labels_kji, series.geometry))
        written += write_found(folder, output, prefix=prefix)
    return (
        written + _write_drawn(folder, run, series, language) + _write_objects(folder, run, series, language)
    )


def write_label_map(path: Path, labels_kji: npt.NDArray[np.uint8], geometry: Geometry) -> Path:
    """Write a label map as NIfTI and return its path; SimpleITK turns LPS into the format's RAS.

    Source
    ------
    ITK Software Guide 4.1.4: direction columns are the axes (i, j, k), points are LPS mm.
    """
    write_nifti(path, labels_kji, geometry.index_to_lps_mm)
    return path


def write_nifti(path: Path, values_kji: npt.NDArray[Any], affine: FloatArray) -> None:
    """Write an array (k, j, i) as NIfTI; `affine` is its (4, 4) index to LPS mm."""
    image: Any = SimpleITK.GetImageFromArray(values_kji)
    columns = affine[:3, [2, 1, 0]]
    spacing = np.linalg.norm(columns, axis=0)
    image.SetSpacing([float(mm) for mm in spacing])
    image.SetOrigin([float(mm) for mm in affine[:3, 3]])
    image.SetDirection([float(part) for part in (columns / spacing).ravel()])
    SimpleITK.WriteImage(image, str(path), useCompression=True)


def reported(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that an SR lists.

    Statements are left out: the report itself says of every label without a finding that it is
    absent, in code, and of a case that is not evaluable why.
    """
    return tuple(finding for finding in findings if finding.kind != "statement")


def _write_objects(folder: Path, run: AppRun, series: SeriesVolume, language: Language) -> list[Path]:
    """Write the maps, surfaces, marks, tables and texts of a result as DICOM objects, if there are any."""
    result, output = run.result, next(iter(run.outputs.values()))
    found = [record for record in result.found if has_something(record, result.arrays)]
    content = FoundContent(
        result.arrays, output.manifest.labels, language=language, research=_is_research(output.manifest)
    )
    written = []
    for each in objects_of_found(found) if result.evaluable else []:
        kind = f"{each.kind} {each.name}"
        made = write_found_object(
            each,
            content,
            sources=series.datasets,
            algorithm=_algorithm(output),
            series=_new_series(series, output, kind, SERIES_NUMBERS[each.kind]),
        )
        written.append(folder / f"{each.name}.dcm")
        made.save_as(written[-1], enforce_file_format=True)
    return written


def _algorithm(output: SlotOutput) -> AlgorithmIdentity:
    plugin = output.manifest.plugin
    return AlgorithmIdentity(
        name=plugin.id, version=plugin.version, digest=output.digest, vendor=plugin.vendor
    )


def _write_slot(
    paths: _Paths,
    result: CaseResult,
    output: SlotOutput,
    series: SeriesVolume,
    language: Language,
) -> list[Path]:
    manifest = output.manifest
    algorithm = _algorithm(output)
    segmentation = None
    if output.labels_kji is not None:
        write_label_map(paths.labels, output.labels_kji, series.geometry)
        segmentation = write_segmentation(
            LabelMap(output.labels_kji, series.geometry, manifest.labels),
            sources=series.datasets,
            algorithm=algorithm,
            series=_new_series(series, output, "SEG", SEG_SERIES_NUMBER),
            language=language,
        )
    content = ReportContent(
        findings=reported(result.findings),
        labels=manifest.labels,
        evaluable=result.evaluable,
        reasons=result.reasons,
        language=language,
        research=_is_research(manifest),
    )
    if says_something(content):
        report = write_measurement_report(
            content,
            sources=series.datasets,
            segmentation=segmentation,
            algorithm=algorithm,
            series=_new_series(series, output, "SR", SR_SERIES_NUMBER),
        )
        report.save_as(paths.sr, enforce_file_format=True)
    if segmentation is not None:
        segmentation.save_as(paths.seg, enforce_file_format=True)
    made = (output.labels_kji is not None, segmentation is not None, says_something(content))
    return [path for path, is_made in zip(paths, made, strict=True) if is_made]


def _write_drawn(folder: Path, run: AppRun, series: SeriesVolume, language: Language) -> list[Path]:
    """Write the label map that an app drew itself: a segment and a group of the report for each finding."""
    result, labels_kji = run.result, run.result.labels_kji
    if labels_kji is None:
        return []
    output = next(iter(run.outputs.values()))
    algorithm = replace(_algorithm(output), parameters={"app": f"{result.app} {result.version}"})
    tracked = {
        each.segment_value: Tracked(each.id, each.tracking_uid)
        for each in result.findings
        if each.segment_value is not None
    }
    written = [write_label_map(folder / "labels.nii.gz", labels_kji, series.geometry)]
    segmentation = write_segmentation(
        LabelMap(labels_kji, series.geometry, result.labels, tracked),
        sources=series.datasets,
        algorithm=algorithm,
        series=_new_series(series, output, "SEG", SEG_SERIES_NUMBER),
        language=language,
    )
    content = ReportContent(
        findings=reported(result.findings),
        labels=output.manifest.labels,
        evaluable=result.evaluable,
        reasons=result.reasons,
        language=language,
        research=_is_research(output.manifest),
        segments=result.labels,
    )
    made = {"seg.dcm": segmentation}
    if says_something(content):
        made["sr.dcm"] = write_measurement_report(
            content,
            sources=series.datasets,
            segmentation=segmentation,
            algorithm=algorithm,
            series=_new_series(series, output, "SR", SR_SERIES_NUMBER),
        )
    for name, dataset in made.items():
        if dataset is not None:
            dataset.save_as(folder / name, enforce_file_format=True)
            written.append(folder / name)
    return written


def write_found(folder: Path, output: SlotOutput, *, prefix: str = "") -> list[Path]:
    """Write what stages found that draw no outlines: records as JSON, arrays as .npy, maps as NIfTI too."""
    if not output.found:
        return []
    written = [folder / f"{prefix}found.json"]
    records = [record.model_dump(mode="json") for record in output.found]
    text = json.dumps(records, ensure_ascii=False, indent=2) + "\n"
    written[0].write_text(text, encoding="utf-8")
    for name, values in output.arrays.items():
        written.append(folder / f"{prefix}{name}.npy")
        np.save(written[-1], values, allow_pickle=False)
    for record in output.found:
        if isinstance(record, VolumeMap):
            affine = np.asarray(record.index_to_lps_mm)
            for label, values in zip(record.labels, output.arrays[record.values], strict=True):
                written.append(folder / f"{prefix}{record.stage}.{label}.nii.gz")
                write_nifti(written[-1], values, affine)
    return written


def _new_series(series: SeriesVolume, output: SlotOutput, kind: str, number: int) -> NewSeries:
    return NewSeries(
        series_instance_uid=derived_uid(series.series_instance_uid, output.digest, kind, "series"),
        sop_instance_uid=derived_uid(series.series_instance_uid, output.digest, kind, "instance"),
        series_number=number,
        description=f"{output.manifest.plugin.title.en} {kind}",
    )


def _is_research(manifest: Manifest) -> bool:
    return manifest.intended_use.status == "research"
