"""A plug-in of tiles on pictures: each picture's classes as findings, its rows and maps as files."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from allward_engine.requests import SegmentResult
from allward_engine.tile_requests import TileRequest
from allward_engine.tile_stream import RunStack, run_slide
from allward_runner.direct.app import DirectApp
from allward_runner.direct.classes import CHOSEN, NOT_CHOSEN
from allward_runner.direct.pictures import stacks_of
from allward_runner.direct.probabilities import probability
from allward_runner.plugins import PluginOnDisk
from allward_sdk.errors import BadInputError
from allward_sdk.found import TileClasses
from allward_sdk.manifest import Manifest
from allward_sdk.references import tiles_of
from allward_sdk.results import CaseResult, Finding, PluginUse, SummaryValue


@dataclass(frozen=True, slots=True)
class PictureResult:
    """What a plug-in found in one picture."""

    picture: Path
    result: SegmentResult


def run_pictures(
    plugin: PluginOnDisk,
    pictures: list[Path],
    run: RunStack,
    *,
    mpp: float | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[CaseResult, list[PictureResult]]:
    """Run a plug-in of tiles on each picture.

    Parameters
    ----------
    mpp
        Micrometres of tissue per pixel; None if nobody knows, and the plug-in's own is assumed and said.

    Raises
    ------
    PluginFaultError, TemporaryError
        As the engine says.
    """
    read = tiles_of(plugin.manifest.stages[0])
    assert read is not None
    results, reasons = [], []
    for picture in pictures:
        request = TileRequest(
            job_id=picture.name, tenant="local", manifest=plugin.manifest, mpp=mpp or read.mpp, corners_px=()
        )
        try:
            results.append(PictureResult(picture, run_slide(request, stacks_of(picture, read.tile), run)))
            tell(f"{picture.name}: done")
        except BadInputError as error:
            reasons.append(str(error))
    if mpp is None:
        reasons.append(f"The resolution is not known; {read.mpp:g} micrometres per pixel is assumed.")
    return _case(plugin, results, reasons), results


def write_pictures(folder: Path, results: list[PictureResult]) -> list[Path]:
    """Write records as JSON and arrays as .npy, each file named after its picture; returns the paths."""
    written = []
    for each in results:
        # Two pictures of one name lie in different folders: the digest of the path tells them apart.
        mark = hashlib.sha256(str(each.picture).encode()).hexdigest()[:6]
        stem = f"{each.picture.stem}-{mark}"
        written.append(folder / f"{stem}.found.json")
        records = [record.model_dump(mode="json") for record in each.result.found]
        written[-1].write_text(json.dumps(records, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        for name, values in each.result.arrays.items():
            written.append(folder / f"{stem}.{name}.npy")
            np.save(written[-1], values, allow_pickle=False)
    return written


def _case(plugin: PluginOnDisk, results: list[PictureResult], reasons: list[str]) -> CaseResult:
    app, identity = DirectApp(plugin.manifest), plugin.manifest.plugin
    findings = [finding for each in results for finding in _findings(plugin.manifest, each)]
    tiles = sum(_tiles_read(each.result.arrays) for each in results)
    return CaseResult(
        study_instance_uid="",
        series_instance_uid="",
        app=app.id,
        version=app.version,
        plugins=(
            PluginUse(slot=app.slots[0], id=identity.id, version=identity.version, digest=plugin.digest),
        ),
        evaluable=bool(results) and tiles > 0,
        reasons=(*reasons, *(() if tiles else ("No tile shows anything that the plug-in reads.",))),
        findings=tuple(findings),
        summary={
            "pictures": SummaryValue(value=len(results), unit="1"),
            "tiles_read": SummaryValue(value=tiles, unit="1"),
        },
        timings_s=_timings(results),
    )


def _findings(manifest: Manifest, each: PictureResult) -> list[Finding]:
    """Return a finding for each class of each stage: the mean of its probability over the tiles read."""
    labels = {label.name: label for label in manifest.labels}
    findings = []
    for record in each.result.found:
        told = (
            each.result.arrays[record.probabilities] if isinstance(record, TileClasses) else np.zeros((0, 0))
        )
        if not isinstance(record, TileClasses) or not len(told):
            continue
        means = told.mean(axis=0, dtype=np.float64)
        for name, mean in zip(record.labels, means, strict=True):
            findings.append(
                Finding(
                    id=f"{each.picture.name}/{record.stage}/{name}",
                    kind="class",
                    label=labels[name].type,
                    title=labels[name].title,
                    tracking_uid="",
                    score=round(float(mean), 6),
                    chosen=bool(mean == means.max()),
                    category=CHOSEN if mean == means.max() else NOT_CHOSEN,
                    measurements=(probability(record.stage, labels[name], float(mean)),),
                )
            )
    return findings


def _tiles_read(arrays: Mapping[str, Any]) -> int:
    return max((len(values) for name, values in arrays.items() if name.endswith(".index")), default=0)


def _timings(results: list[PictureResult]) -> dict[str, float]:
    timings: dict[str, float] = {}
    for each in results:
        for stage, took_s in each.result.timings_s.items():
            timings[stage] = round(timings.get(stage, 0.0) + took_s, 3)
    return timings
