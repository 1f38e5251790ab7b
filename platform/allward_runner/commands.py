"""`allward app run` and `allward plugin run`: the commands of a vendor's laptop."""

import argparse
import functools
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from allward_dicom.volume import SeriesVolume
from allward_engine.local import open_models, run_locally
from allward_engine.requests import Progress, SegmentRequest, SegmentResult
from allward_runner.apps import app_names, load_app
from allward_runner.case import AppDefinition
from allward_runner.direct.pictures import find_pictures
from allward_runner.direct.run_pictures import run_pictures, write_pictures
from allward_runner.plugins import PluginNotFoundError, PluginOnDisk, find_plugin, open_plugin
from allward_runner.prior import find_prior
from allward_runner.run import not_evaluable, run_app
from allward_runner.series import FoundSeries, choose_series, find_series, read_series
from allward_runner.speaking import app_of, speaker
from allward_runner.write import write_findings, write_result
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Manifest, Wants
from allward_sdk.references import tiles_of
from allward_sdk.settings import read_values, with_values

PLUGIN_FOLDERS = (Path(), Path("dist"), Path("var/plugins"))
"""Where packages are looked for by id, below the current folder."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `allward app`."""
    parser = commands.add_parser("app", help="run a clinical app on files, without the platform")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="run an app on a series and write its results")
    run.add_argument("app", help="id of the app, for example any_imaging")
    run.add_argument("--plugin", default="", help="package file, plug-in folder or plug-in id")
    run.add_argument("--also", action="append", default=[], metavar="PLUGIN", help="for an optional slot")
    run.add_argument("--prior", type=Path, help="an earlier study of the same patient")
    run.add_argument(
        "--same-patient", action="store_true", help="I made sure that the prior is the same patient's"
    )
    _add_common(run)
    run.set_defaults(run=_run_app)
    listing = actions.add_parser("list", help="list the installed apps")
    listing.set_defaults(run=_list_apps)


def register_plugin_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `allward plugin run`."""
    parser = commands.add_parser("run", help="run a plug-in on a series and write its results")
    parser.add_argument("plugin", help="package file, plug-in folder or plug-in id")
    parser.add_argument("--mpp", type=float, help="of pictures: micrometres of tissue per pixel")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter; may be given often"
    )
    _add_common(parser)
    parser.set_defaults(run=_run_plugin, prior=None, same_patient=False)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=Path, required=True, help="DICOM file or folder; pictures for a plug-in of tiles"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder for the results")
    parser.add_argument("--device", default="auto", help="auto, cpu, openvino, onnxruntime, cuda or cuda:N")
    parser.add_argument("--threads", type=int, help="processor threads; default: all")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of SEG and SR")


def _list_apps(arguments: argparse.Namespace) -> int:
    for name in app_names():
        app = load_app(name)
        sys.stdout.write(f"{app.id} {app.version}  {app.title.en} / {app.title.zh}  {' '.join(app.slots)}\n")
    return 0


def _run_plugin(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="allward-") as scratch:
        plugin = open_plugin(Path(arguments.plugin), Path(scratch))
        if arguments.set:
            plugin = replace(plugin, manifest=_with_values(plugin.manifest, arguments.set))
        if tiles_of(plugin.manifest.stages[0]) is not None:
            return _run_on_pictures(plugin, arguments)
        app = app_of(plugin.manifest)
        return _run(app, {slot: plugin for slot in app.slots if slot in plugin.manifest.fills}, arguments)


def _with_values(manifest: Manifest, words: Sequence[str]) -> Manifest:
    """Return the manifest with the values that were typed, and tell of them."""
    values = read_values(manifest, words)
    for name, value in values.items():
        _tell(f"parameter {name} = {value}")
    return with_values(manifest, values)


def _run_on_pictures(plugin: PluginOnDisk, arguments: argparse.Namespace) -> int:
    """Run a plug-in of tiles on PNG, JPEG or TIFF files."""
    pictures = find_pictures(arguments.input)
    models = open_models(plugin.models, device=arguments.device, threads=arguments.threads)
    run = functools.partial(run_locally, models=models)
    result, found = run_pictures(plugin, pictures, run, mpp=arguments.mpp, tell=_tell)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for line in result.reasons:
        _tell(line)
    for path in [write_findings(arguments.output, result), *write_pictures(arguments.output, found)]:
        _tell(f"wrote {path}")
    return 0


def _run_app(arguments: argparse.Namespace) -> int:
    app = load_app(arguments.app)
    if arguments.prior is not None and not app.uses_prior:
        raise BadInputError(f"The app {app.id} compares with no prior study.")
    with tempfile.TemporaryDirectory(prefix="allward-") as scratch:
        plugins = {}
        for slot in app.slots:
            path = find_plugin(arguments.plugin, slot=slot, folders=PLUGIN_FOLDERS)
            plugins[slot] = open_plugin(path, Path(scratch))
            if slot not in plugins[slot].manifest.fills:
                raise BadInputError(f"The plug-in does not fill {slot}, which {app.id} needs.")
        plugins |= _optional_plugins(app, arguments.also, Path(scratch))
        speaking = speaker(app, {slot: plugin.manifest for slot, plugin in plugins.items()})
        return _run(speaking, plugins, arguments)


def _optional_plugins(app: AppDefinition, names: Sequence[str], scratch: Path) -> dict[str, PluginOnDisk]:
    """Return by slot the plug-ins that were named for optional slots."""
    filled: dict[str, PluginOnDisk] = {}
    for name in names:
        free = [slot for slot in app.optional_slots if slot not in filled]
        plugin = open_plugin(_optional_path(name, free), scratch)
        slot = next((slot for slot in free if slot in plugin.manifest.fills), None)
        if slot is None:
            raise BadInputError(f"The plug-in {name} fills no optional slot of {app.id} that is free.")
        filled[slot] = plugin
    return filled


def _optional_path(name: str, slots: Sequence[str]) -> Path:
    """Return the package that a name means, whichever of some slots it fills."""
    for slot in slots[:-1]:
        try:
            return find_plugin(name, slot=slot, folders=PLUGIN_FOLDERS)
        except PluginNotFoundError:
            continue
    return find_plugin(name, slot=slots[-1] if slots else "", folders=PLUGIN_FOLDERS)


def _run(app: AppDefinition, plugins: Mapping[str, PluginOnDisk], arguments: argparse.Namespace) -> int:
    """Run and write; a series that cannot be evaluated is a result too, and says so."""
    arguments.output.mkdir(parents=True, exist_ok=True)
    plugin = next(iter(plugins.values()))
    found = find_series(arguments.input)
    chosen, unmet = choose_series(found, plugin.manifest.wants)
    prior = None
    if arguments.prior is not None:
        prior = find_prior(
            arguments.prior, chosen.header, plugin.manifest.wants, confirmed=arguments.same_patient
        )
    try:
        if unmet:
            raise BadInputError(" ".join(unmet))
        _evaluate(app, plugins, _Chosen(chosen, prior), found.broken, arguments)
    except BadInputError as error:
        result = not_evaluable(
            app,
            plugins,
            study_instance_uid=chosen.header.study_instance_uid,
            series_instance_uid=chosen.header.series_instance_uid,
            reasons=(str(error), *found.broken),
        )
        written = write_findings(arguments.output, result)
        _tell(f"Not evaluable: {' '.join(result.reasons)}")
        _tell(f"wrote {written}")
    return 0


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The series to run on, and the earlier one to compare it with."""

    series: FoundSeries
    prior: FoundSeries | None


def _prior_volume(prior: FoundSeries | None, wants: Wants) -> tuple[SeriesVolume | None, list[str]]:
    """Read the prior; one that is no volume holds nothing up, and why it is not compared with is said."""
    if prior is None:
        return None, []
    try:
        return read_series(prior, wants), []
    except BadInputError as error:
        return None, [f"Not compared with the prior: {error}"]


def _evaluate(
    app: AppDefinition,
    plugins: Mapping[str, PluginOnDisk],
    chosen: _Chosen,
    broken: Sequence[str],
    arguments: argparse.Namespace,
) -> None:
    wants = next(iter(plugins.values())).manifest.wants
    series = read_series(chosen.series, wants)
    prior, remarks = _prior_volume(chosen.prior, wants)
    models = {
        plugin.manifest.plugin.id: open_models(
            plugin.models, device=arguments.device, threads=arguments.threads
        )
        for plugin in plugins.values()
    }
    runtime = next(iter(models.values())).runtime.name
    _tell(f"{app.id} {app.version} on {series.series_instance_uid}, {runtime}")

    def segment(request: SegmentRequest, voxels_kji: npt.NDArray[Any]) -> SegmentResult:
        opened = models[request.manifest.plugin.id]
        return run_locally(request, voxels_kji, models=opened, on_progress=_tell_progress)

    run = run_app(app, series, plugins, segment, prior=prior)
    result = run.result.model_copy(update={"reasons": (*run.result.reasons, *remarks, *broken)})
    run = replace(run, result=result)
    for reason in result.reasons:
        _tell(reason)
    for path in write_result(arguments.output, run, series, language=arguments.language):
        _tell(f"wrote {path}")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in run.result.timings_s.items())
    _tell(f"{spent}; peak memory {peak_mib:.0f} MiB")


def _tell_progress(progress: Progress) -> None:
    if progress.units:
        _tell(f"{progress.fraction:4.0%} {progress.stage} {progress.unit}/{progress.units}")


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
