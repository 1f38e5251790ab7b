"""The engine without its process: the same operation in the caller's own, for files on a vendor's laptop."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from allward_engine.device import choose_runtime
from allward_engine.execution import Execution
from allward_engine.memory import usable_processors
from allward_engine.requests import Progress, SegmentResult, too_long
from allward_engine.residency import Models
from allward_engine.sessions import Output
from allward_engine.tile_requests import AnyRequest
from allward_engine.units import Infer
from allward_sdk.errors import CanceledError, PluginFaultError

MODEL_BUDGET_MIB = 1024.0
"""What loaded models may take together, by default."""


def open_models(folder: Path, *, device: str = "auto", threads: int | None = None) -> Models:
    """Return the models below `folder` (``<sha256>.onnx``) on a device of this machine."""
    runtime = choose_runtime(device, threads=threads or usable_processors())
    return Models(folder, runtime, budget_mib=MODEL_BUDGET_MIB)


def run_locally(
    request: AnyRequest,
    images: npt.NDArray[Any],
    models: Models,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> SegmentResult:
    """Run a request on a volume or a stack of tiles in this process; see `EngineClient.segment`.

    Raises
    ------
    BadInputError, PluginFaultError, TemporaryError
        As `allward_engine.operations.chain.operate`.
    CanceledError
        If `is_cancelled` said so between two units.
    """
    execution = Execution(request=request, volume_kji=images, device=models.runtime.name)
    spent_s = 0.0
    limit_s = request.manifest.resources.timeout_s
    answer: Output | None = None
    try:
        while True:
            start_s = time.perf_counter()
            said = execution.advance(answer)
            answer = models.get(said.model).run(said.tensor) if isinstance(said, Infer) else None
            took_s = time.perf_counter() - start_s
            spent_s += took_s
            execution.charge(took_s, said)
            if said is None:
                break
            if spent_s > limit_s:
                raise PluginFaultError(too_long(limit_s))
            if isinstance(said, Progress):
                _progressed(said, models, on_progress)
            if is_cancelled():
                raise CanceledError("Canceled.")
    finally:
        execution.close()
        models.rest()
    assert execution.result is not None
    return execution.result


def _progressed(progress: Progress, models: Models, on_progress: Callable[[Progress], None]) -> None:
    if progress.ends_stage:
        models.rest()  # its activations are not needed while labels are made
    on_progress(progress)
