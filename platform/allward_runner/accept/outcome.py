"""One run of a plug-in on the images of a case, and all that came of it."""

import functools
import hashlib
import json
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_dicom.volume import SeriesVolume
from allward_engine.local import open_models, run_locally
from allward_runner.direct.app import DirectApp
from allward_runner.direct.pictures import find_pictures
from allward_runner.direct.run_pictures import run_pictures
from allward_runner.findings_json import findings_json
from allward_runner.plugins import PluginOnDisk
from allward_runner.run import AppRun, not_evaluable, run_app
from allward_runner.series import choose_series, find_series, read_series
from allward_sdk.errors import BadInputError
from allward_sdk.found import Found
from allward_sdk.references import tiles_of
from allward_sdk.results import CaseResult


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run computes on."""

    device: str = "cpu"
    threads: int | None = None

    @property
    def is_processor(self) -> bool:
        """Whether equal input has to give equal bits."""
        return self.device in ("cpu", "openvino", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave.

    Attributes
    ----------
    labels_kji
        Shape (k, j, i) of the series; None: no outlines, or not evaluable.
    arrays
        By the names that the records in `found` give; of pictures, the picture's name and "/" before them.
    """

    result: CaseResult
    runtime: str
    took_s: float
    peak_memory_mib: float
    labels_kji: npt.NDArray[np.uint8] | None = None
    found: tuple[Found, ...] = ()
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    run: AppRun | None = None
    series: SeriesVolume | None = None

    def digest(self) -> str:
        """Return the sha256 of all that was found, times left out: equal bits give equal digests."""
        said = {**findings_json(self.result), "timings_s": None}
        said["found"] = [record.model_dump(mode="json") for record in self.found]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
        labels = {} if self.labels_kji is None else {"": self.labels_kji}
        for name, values in sorted({**self.arrays, **labels}.items()):
            digest.update(f"{name} {values.dtype} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def run_once(plugin: PluginOnDisk, images: Path, machine: Machine, *, mpp: float | None = None) -> Outcome:
    """Run a plug-in on a folder of images, with models that are loaded for this run.

    Images that cannot be evaluated are an outcome too.

    Raises
    ------
    PluginFaultError, TemporaryError
        As the engine says.
    """
    if tiles_of(plugin.manifest.stages[0]) is not None:
        return _on_pictures(plugin, images, machine, mpp)
    return _on_series(plugin, images, machine)


def _on_series(plugin: PluginOnDisk, images: Path, machine: Machine) -> Outcome:
    begin_s = time.perf_counter()
    app = DirectApp(plugin.manifest)
    plugins = dict.fromkeys(app.slots, plugin)
    found = find_series(images)
    chosen, unmet = choose_series(found, plugin.manifest.wants)
    models = open_models(plugin.models, device=machine.device, threads=machine.threads)
    try:
        if unmet:
            raise BadInputError(" ".join(unmet))
        series = read_series(chosen, plugin.manifest.wants)
        run = run_app(app, series, plugins, functools.partial(run_locally, models=models))
    except BadInputError as error:
        result = not_evaluable(
            app,
            plugins,
            study_instance_uid=chosen.header.study_instance_uid,
            series_instance_uid=chosen.header.series_instance_uid,
            reasons=(str(error),),
        )
        return Outcome(result, models.runtime.name, time.perf_counter() - begin_s, _peak_mib())
    (output,) = run.outputs.values()
    return Outcome(
        result=run.result,
        runtime=models.runtime.name,
        took_s=time.perf_counter() - begin_s,
        peak_memory_mib=_peak_mib(),
        labels_kji=output.labels_kji,
        found=output.found,
        arrays=output.arrays,
        run=run,
        series=series,
    )


def _on_pictures(plugin: PluginOnDisk, images: Path, machine: Machine, mpp: float | None) -> Outcome:
    begin_s = time.perf_counter()
    models = open_models(plugin.models, device=machine.device, threads=machine.threads)
    run = functools.partial(run_locally, models=models)
    result, found = run_pictures(plugin, find_pictures(images), run, mpp=mpp)
    return Outcome(
        result=result,
        runtime=models.runtime.name,
        took_s=time.perf_counter() - begin_s,
        peak_memory_mib=_peak_mib(),
        found=tuple(record for each in found for record in each.result.found),
        arrays={
            f"{each.picture.name}/{name}": values
            for each in found
            for name, values in each.result.arrays.items()
        },
    )


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
