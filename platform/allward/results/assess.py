"""A job is over: a run that has all it needs lets its app speak; one that cannot have it says why."""

import gzip
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from allward.kernel.texts import Text
from allward.registry.parameters import manifest_with, parameters_json, values_in_force
from allward.results.actions import Shown, store_result
from allward.results.edit_states import segments_of
from allward.results.label_maps import keep_label_map
from allward.results.prior_case import prior_is_over, prior_of_run, with_remark
from allward.runs.actions import complete_run, fail_run
from allward.runs.events import JobCompleted, JobFailed
from allward.runs.models import AppRun, Job
from allward.runs.queries import jobs_of_run, waiting_runs_of_job
from allward.runs.states import Fault, JobState
from allward.storage.arrays import pack_arrays, unpack_arrays
from allward.storage.place import storage
from allward.studies.queries import input_digest, instances_in_order
from allward_dicom.volume import SeriesVolume, read_volume
from allward_runner.abilities import Correctable
from allward_runner.apps import load_app
from allward_runner.case import SlotOutput
from allward_runner.run import case_of
from allward_runner.speaking import speaker
from allward_sdk.errors import PluginFaultError
from allward_sdk.found import Found, array_names
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest
from allward_sdk.results import CaseResult
from allward_sdk.settings import Value

_OUTDATED = Text(
    "Images arrived after this run had begun; a newer run reads them all.",
    "本次运行开始后又收到图像；新的运行将读取全部图像。",
)
_FOUND: TypeAdapter[tuple[Found, ...]] = TypeAdapter(tuple[Found, ...])
_CANCELED = Text("A job of this run was canceled.", "该任务的一个作业已被取消。")


def assess_job(event: JobCompleted) -> None:
    """Let the apps of the runs that waited for this job speak, where it was the last one."""
    for run in waiting_runs_of_job(event.job_id):
        _assess_if_ready(run)


def fail_runs_of_job(event: JobFailed) -> None:
    """End the runs that cannot come to a result without this job."""
    job = Job.objects.get(pk=event.job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELED):
        return
    for run in waiting_runs_of_job(job.pk):
        if job.pk in {needed.pk for needed in jobs_of_run(run.pk).values()}:
            fail_run(run_id=run.pk, fault=job.fault, reasons=job.reasons or [_CANCELED.to_json()])
        else:  # only its prior could not be read
            _assess_if_ready(run)


def _assess_if_ready(run: AppRun) -> None:
    jobs = jobs_of_run(run.pk)
    if all(job.state == JobState.COMPLETED for job in jobs.values()) and prior_is_over(run):
        _assess(run, jobs)


def _assess(run: AppRun, jobs: dict[str, Job]) -> None:
    """Let the app speak on exactly the images that its jobs read; with others there is nothing to say."""
    instances = instances_in_order(run.series_id)
    if input_digest([instance.sha256 for instance in instances]) != run.input_digest:
        fail_run(run_id=run.pk, fault="", reasons=[_OUTDATED.to_json()])
        return
    outputs = {slot: _output(job) for slot, job in jobs.items()}
    app = speaker(load_app(run.app), {slot: output.manifest for slot, output in outputs.items()})
    series = read_volume([storage().path(instance.storage_key) for instance in instances])
    prior, remark = prior_of_run(run, _output)
    try:
        said = app.assess(replace(case_of(series), prior=prior), outputs)
        case_result = with_remark(_with_parameters(said, jobs), remark)
    except PluginFaultError as error:
        reason = Text(f"The plug-in failed: {error}", f"插件运行出错：{error}")
        fail_run(run_id=run.pk, fault=Fault.PLUGIN, reasons=[reason.to_json()])
        return
    reasons = _bilingual(case_result)
    shown = replace(_shown(series, jobs), arrays_key=_keep_arrays(run, case_result))
    shown = replace(shown, **_drawn(run, series, case_result, corrects=isinstance(app, Correctable)))
    store_result(run=run, case_result=case_result, reasons=reasons, shown=shown)
    complete_run(run_id=run.pk, reasons=[] if case_result.evaluable else reasons)


def _with_parameters(case_result: CaseResult, jobs: dict[str, Job]) -> CaseResult:
    """Name the value of each parameter with which the jobs ran; apps need not know of them."""
    uses = [
        use.model_copy(update={"parameters": _values_of(jobs[use.slot])}) if use.slot in jobs else use
        for use in case_result.plugins
    ]
    return case_result.model_copy(update={"plugins": tuple(uses)})


def _values_of(job: Job) -> dict[str, Value]:
    return values_in_force(Manifest.model_validate(job.plugin_version.manifest), job.parameters)


def _bilingual(case_result: CaseResult) -> list[dict[str, str]]:
    chinese = case_result.reasons_zh or case_result.reasons
    return [Text(en, zh).to_json() for en, zh in zip(case_result.reasons, chinese, strict=True)]


def _output(job: Job) -> SlotOutput:
    geometry = Geometry.from_json(job.geometry or {})
    return SlotOutput(
        manifest=manifest_with(job.plugin_version.manifest, job.parameters),
        digest=job.plugin_version.digest,
        labels_kji=read_label_map(job.labelmap_key, geometry) if job.labelmap_key else None,
        stages_run=tuple(job.stages_run),
        timings_s=job.timings_s,
        found=_FOUND.validate_python(job.found),
        arrays=unpack_arrays(storage().read(job.arrays_key)) if job.arrays_key else {},
    )


def _keep_arrays(run: AppRun, case_result: CaseResult) -> str:
    """Write the arrays that a result's records name, and return their key; empty if they name none.

    The key is the run's: a second delivery of the event writes the same bytes again.
    """
    named = {name for record in case_result.found for name in array_names(record)}
    if not named:
        return ""
    key = f"{run.tenant_id}/results/{run.pk}.npz"
    storage().write(key, pack_arrays({name: case_result.arrays[name] for name in named}))
    return key


def _drawn(run: AppRun, series: SeriesVolume, case_result: CaseResult, *, corrects: bool) -> dict[str, Any]:
    """Keep the label map that an app drew itself; return what of `Shown` speaks of it, or nothing.

    One whose findings a reader may correct always draws its own, if only an empty one.
    """
    if case_result.labels_kji is None and not corrects:
        return {}
    labels = [label.model_dump(mode="json") for label in case_result.labels]
    drawn = case_result.labels_kji
    return {
        "labelmap_key": "" if drawn is None else keep_label_map(run.tenant_id, run.pk, drawn),
        "geometry": series.geometry.to_json(),
        "segments": segments_of(labels),
        "labels": labels,
    }


def read_label_map(key: str, geometry: Geometry) -> npt.NDArray[np.uint8]:
    """Return a stored label map: shape (k, j, i) of `geometry`, uint8."""
    return np.frombuffer(gzip.decompress(storage().read(key)), dtype=np.uint8).reshape(geometry.shape_kji)


def _shown(series: SeriesVolume, jobs: dict[str, Job]) -> Shown:
    first = next(iter(jobs.values()))
    manifest = Manifest.model_validate(first.plugin_version.manifest)
    segments: list[dict[str, Any]] = [
        {
            "value": label.value,
            "name": label.name,
            "title": label.title.model_dump(),
            "colour": label.colour,
            "inside": label.inside,
        }
        for label in manifest.labels
    ]
    plugins = [
        {
            "slot": slot,
            "id": job.plugin_version.plugin_id,
            "version": job.plugin_version.version,
            "digest": job.plugin_version.digest,
            "title": job.plugin_version.manifest["plugin"]["title"],
            "status": job.plugin_version.manifest["intended_use"]["status"],
            "models": job.model_digests,
            "device": job.device,
            "parameters": parameters_json(job.plugin_version.manifest, job.parameters),
        }
        for slot, job in jobs.items()
    ]
    return Shown(
        labelmap_key=first.labelmap_key,
        geometry=first.geometry,
        segments=segments,
        plugins=plugins,
        image_uids=tuple(header.sop_instance_uid for header in series.headers),
    )
