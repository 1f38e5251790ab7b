"""The files of a result: findings.json always; SEG, SR and NIfTI where there is something to put in."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import SimpleITK

from allward_dicom.provenance import AlgorithmIdentity, Language, NewSeries, derived_uid
from allward_dicom.seg import LabelMap, write_segmentation
from allward_dicom.sr import ReportContent, write_measurement_report
from allward_dicom.volume import SeriesVolume
from allward_runner.case import SlotOutput
from allward_runner.findings_json import findings_json
from allward_runner.run import AppRun
from allward_sdk.geometry import Geometry
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
        written += _write_slot(paths, run.result, output, series, language)
    return written


def write_label_map(path: Path, output: SlotOutput, geometry: Geometry) -> None:
    """Write a label map as NIfTI; SimpleITK turns LPS into the format's RAS.

    Source
    ------
    ITK Software Guide 4.1.4: direction columns are the axes (i, j, k), points are LPS mm.
    """
    image: Any = SimpleITK.GetImageFromArray(output.labels_kji)
    affine = geometry.index_to_lps_mm
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


def _write_slot(
    paths: _Paths,
    result: CaseResult,
    output: SlotOutput,
    series: SeriesVolume,
    language: Language,
) -> list[Path]:
    manifest = output.manifest
    algorithm = AlgorithmIdentity(
        name=manifest.plugin.id,
        version=manifest.plugin.version,
        digest=output.digest,
        vendor=manifest.plugin.vendor,
    )
    write_label_map(paths.labels, output, series.geometry)
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
    report = write_measurement_report(
        content,
        sources=series.datasets,
        segmentation=segmentation,
        algorithm=algorithm,
        series=_new_series(series, output, "SR", SR_SERIES_NUMBER),
    )
    report.save_as(paths.sr, enforce_file_format=True)
    if segmentation is None:
        return [paths.labels, paths.sr]
    segmentation.save_as(paths.seg, enforce_file_format=True)
    return list(paths)


def _new_series(series: SeriesVolume, output: SlotOutput, kind: str, number: int) -> NewSeries:
    return NewSeries(
        series_instance_uid=derived_uid(series.series_instance_uid, output.digest, kind, "series"),
        sop_instance_uid=derived_uid(series.series_instance_uid, output.digest, kind, "instance"),
        series_number=number,
        description=f"{output.manifest.plugin.title.en} {kind}",
    )


def _is_research(manifest: Manifest) -> bool:
    return manifest.intended_use.status == "research"
