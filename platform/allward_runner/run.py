"""An app on one series: plug-ins through the engine, their outputs through the app's logic."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt

from allward_dicom.volume import SeriesVolume
from allward_engine.requests import SegmentRequest, SegmentResult
from allward_runner.case import AppDefinition, Case, Prior, SlotOutput
from allward_runner.plugins import PluginOnDisk
from allward_sdk.manifest import Manifest
from allward_sdk.results import CaseResult, PluginUse

Segment = Callable[[SegmentRequest, npt.NDArray[Any]], SegmentResult]
"""Runs a request on a volume: `run_locally` or `EngineClient.segment`, with its other arguments bound."""

CONTEXT_KEYWORDS = {
    "PatientAge": "00101010",
    "PatientBirthDate": "00100030",
    "PatientSex": "00100040",
    "StudyDate": "00080020",
    "SeriesDate": "00080021",
    "AcquisitionDate": "00080022",
    "StudyDescription": "00081030",
    "SeriesDescription": "0008103E",
    "RequestedProcedureDescription": "00321060",
    "ReasonForStudy": "00321030",
    "BodyPartExamined": "00180015",
    "Manufacturer": "00080070",
    "ManufacturerModelName": "00081090",
    "SliceThickness": "00180050",
    "ConvolutionKernel": "00181210",
    "ContrastBolusAgent": "00180010",
}
"""DICOM keyword -> tag, of what an app may know of the patient, the order and how the images were made."""


@dataclass(frozen=True, slots=True)
class AppRun:
    """What a run gave: the app's result, and the outputs that it rests on."""

    result: CaseResult
    outputs: Mapping[str, SlotOutput] = field(default_factory=dict)


def run_app(
    app: AppDefinition,
    series: SeriesVolume,
    plugins: Mapping[str, PluginOnDisk],
    segment: Segment,
    *,
    prior: SeriesVolume | None = None,
) -> AppRun:
    """Run an app on a series.

    Parameters
    ----------
    prior
        An earlier series of the same patient, on which the plug-ins run too.
    plugins
        One for each of the app's slots, and for those of its optional slots that are filled.

    Raises
    ------
    BadInputError, PluginFaultError, TemporaryError
        As the engine says.
    """
    case = case_of(series)
    if prior is not None:
        case = replace(case, prior=Prior(case_of(prior), _outputs(app, prior, plugins, segment)))
    outputs = _outputs(app, series, plugins, segment)
    return AppRun(result=app.assess(case, outputs), outputs=outputs)


def _outputs(
    app: AppDefinition, series: SeriesVolume, plugins: Mapping[str, PluginOnDisk], segment: Segment
) -> dict[str, SlotOutput]:
    """Run every plug-in on a series; return what each found, by slot."""
    outputs = {}
    for slot in filled_slots(app, plugins):
        plugin = plugins[slot]
        request = SegmentRequest(
            job_id=f"{series.series_instance_uid}/{slot}",
            tenant="local",
            manifest=plugin.manifest,
            geometry=series.geometry,
        )
        outputs[slot] = slot_output(plugin.manifest, plugin.digest, segment(request, series.voxels_kji))
    return outputs


def filled_slots(app: AppDefinition, plugins: Mapping[str, PluginOnDisk]) -> tuple[str, ...]:
    """Return the slots of an app that are to run: what it needs, then what else is filled."""
    return (*app.slots, *(slot for slot in app.optional_slots if slot in plugins))


def case_of(series: SeriesVolume) -> Case:
    """Return a series as an app's logic sees it."""
    header = series.headers[0]
    context = {keyword: header.text(tag) for keyword, tag in CONTEXT_KEYWORDS.items()}
    return Case(
        volume_hu=series.voxels_kji,
        geometry=series.geometry,
        study_instance_uid=series.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        clinical_context={keyword: text for keyword, text in context.items() if text},
    )


def slot_output(manifest: Manifest, digest: str, result: SegmentResult) -> SlotOutput:
    """Return what the engine found as an app's logic sees it."""
    return SlotOutput(
        manifest=manifest,
        digest=digest,
        labels_kji=result.labels_kji,
        stages_run=result.stages_run,
        timings_s=result.timings_s,
        found=result.found,
        arrays=result.arrays,
    )


def not_evaluable(
    app: AppDefinition,
    plugins: Mapping[str, PluginOnDisk],
    *,
    study_instance_uid: str,
    series_instance_uid: str,
    reasons: tuple[str, ...],
) -> CaseResult:
    """Return the result that says why nothing could be said: never a silent normal."""
    return CaseResult(
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        app=app.id,
        version=app.version,
        plugins=tuple(
            PluginUse(
                slot=slot,
                id=plugin.manifest.plugin.id,
                version=plugin.manifest.plugin.version,
                digest=plugin.digest,
            )
            for slot, plugin in plugins.items()
        ),
        evaluable=False,
        reasons=reasons,
    )
