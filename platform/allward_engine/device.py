"""Chooses what models run on: CUDA where it really loads, else OpenVINO, else ONNX Runtime's processor."""

from typing import Literal

from allward_engine.sessions import Runtime
from allward_engine.sessions.onnx_runtime import cuda_loads, onnx_runtime
from allward_sdk.errors import TemporaryError

DeviceName = Literal["auto", "openvino", "cpu", "cuda"]
DEVICE_NAMES: tuple[DeviceName, ...] = ("auto", "openvino", "cpu", "cuda")


def choose_runtime(device: DeviceName, *, threads: int) -> Runtime:
    """Return the runtime for a device.

    Parameters
    ----------
    device
        "auto" takes the best that is here; the others insist.
    threads
        Processor threads of one model run.

    Raises
    ------
    TemporaryError
        If the device that was asked for cannot be used here.
    """
    if device == "cpu":
        return onnx_runtime(threads, cuda=False)
    if device in ("auto", "cuda") and cuda_loads():
        return onnx_runtime(threads, cuda=True)
    if device == "cuda":
        raise TemporaryError("CUDA was asked for, but its driver, runtime or cuDNN does not load here.")
    runtime = _openvino(threads)
    if runtime is not None:
        return runtime
    if device == "openvino":
        raise TemporaryError("OpenVINO was asked for, but it does not load here.")
    return onnx_runtime(threads, cuda=False)


def _openvino(threads: int) -> Runtime | None:
    try:
        from allward_engine.sessions.openvino_cpu import openvino_runtime
    except ImportError:
        return None
    return openvino_runtime(threads)
