"""The engine without its process: the same operation in the caller's own, for files on a vendor's laptop."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from allward_engine.device import choose_runtime
from allward_engine.execution import Execution
from allward_engine.requests import Progress, SegmentRequest, SegmentResult
from allward_engine.residency import Models
from allward_sdk.errors import CanceledError

MODEL_BUDGET_MIB = 1024.0
"""What loaded models may take together, by default."""


def open_models(folder: Path, *, device: str = "auto", threads: int | None = None) -> Models:
    """Return the models below `folder` (``<sha256>.onnx``) on a device of this machine."""
    runtime = choose_runtime(device, threads=threads or usable_processors())
    return Models(folder, runtime, budget_mib=MODEL_BUDGET_MIB)


def run_locally(
    request: SegmentRequest,
    volume_kji: npt.NDArray[Any],
    models: Models,
    *,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> SegmentResult:
    """Run a request in this process.

    Raises
    ------
    BadInputError, PluginFaultError, TemporaryError
        As `allward_engine.operations.segmentation.segment`.
    CanceledError
        If `is_cancelled` said so between two units.
    """
    execution = Execution(request=request, volume_kji=volume_kji, models=models)
    try:
        while (progress := execution.step()) is not None:
            on_progress(progress)
            if is_cancelled():
                raise CanceledError("Canceled.")
    finally:
        execution.close()
    assert execution.result is not None
    return execution.result


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))
