"""The gate that a model passes before it runs in reduced arithmetic: the whole plug-in, with and without."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.agreement import Agreement
from allward_engine.device import choose_runtime
from allward_engine.local import run_locally
from allward_engine.memory import usable_processors
from allward_engine.requests import SegmentRequest, SegmentResult
from allward_engine.residency import Models
from allward_engine.sessions import Precision, PrecisionOf, RuntimeOptions
from allward_engine.sessions.precision import Report
from allward_sdk.errors import UsageError

Volume = npt.NDArray[Any]

OpenModels = Callable[[PrecisionOf], Models]
"""Opens the models of the plug-in, each in the arithmetic that it is told."""

BUDGET_MIB = 1024.0
"""What loaded models may take together while a gate runs."""


def gate(
    inputs: Sequence[tuple[SegmentRequest, Volume]],
    precision: Precision,
    open_models: OpenModels,
    *,
    made_at: datetime,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Report]:
    """Run a plug-in in float32, and again for each of its models with that one in reduced arithmetic.

    Everything that the plug-in says is compared, not the model's numbers: what is lost on a border that later
    stages build on is lost for the patient too.

    Parameters
    ----------
    inputs
        Volumes with requests of one plug-in.
    open_models
        For example `on_device(folder, "openvino")`; the report counts for what that is here.
    tell
        Is told what is being run.

    Returns
    -------
    one report per model

    Raises
    ------
    UsageError
        If there are no inputs, or the device does not have the precision.
    """
    if not inputs:
        raise UsageError("A gate needs at least one volume.")
    manifest = inputs[0][0].manifest

    def run(precision_of: PrecisionOf) -> list[SegmentResult]:
        opened = open_models(precision_of)
        return [run_locally(request, volume, opened) for request, volume in inputs]

    runtime = open_models(_only(frozenset(), precision)).runtime
    if precision == "float32" or precision not in runtime.precisions:
        had = ", ".join(name for name in runtime.precisions if name != "float32")
        raise UsageError(f"{runtime.name} computes in {had or 'float32 alone'} here, not in {precision}.")
    tell(f"{runtime.name}, float32")
    exact = run(_only(frozenset(), precision))
    reports = []
    for name, model in manifest.models.items():
        tell(f"{runtime.name}, {name} in {precision}")
        agreement = Agreement({label.name: label.value for label in manifest.labels})
        for mine, theirs in zip(exact, run(_only(frozenset({model.sha256}), precision)), strict=True):
            agreement.add(mine, theirs)
        reports.append(
            Report(
                model_sha256=model.sha256,
                precision=precision,
                identity=runtime.identity,
                inputs=tuple(digest_of(volume) for _, volume in inputs),
                figures=agreement.figures(),
                made_at=made_at.isoformat(timespec="seconds"),
            )
        )
    return reports


def digest_of(volume: Volume) -> str:
    """Return the sha256 of a volume's shape, type and voxels."""
    digest = hashlib.sha256(f"{volume.shape} {volume.dtype.str}\n".encode())
    for plane in volume:
        digest.update(np.ascontiguousarray(plane).data)
    return digest.hexdigest()


def on_device(models: Path, device: str) -> OpenModels:
    """Return what opens the models below a folder (``<sha256>.onnx``) on a device, see `choose_runtime`."""

    def open_models(precision_of: PrecisionOf) -> Models:
        options = RuntimeOptions(precision_of=precision_of)
        runtime = choose_runtime(device, threads=usable_processors(), options=options)
        return Models(models, runtime, budget_mib=BUDGET_MIB)

    return open_models


def _only(reduced: frozenset[str], precision: Precision) -> PrecisionOf:
    def precision_of(sha256: str) -> Precision:
        return precision if sha256 in reduced else "float32"

    return precision_of
