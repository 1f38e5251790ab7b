"""Chooses what models run on: CUDA where it really loads, else OpenVINO, else ONNX Runtime's processor."""

import ctypes
from typing import Literal

from allward_engine.sessions import Runtime
from allward_sdk.errors import TemporaryError

DeviceName = Literal["auto", "openvino", "cpu", "cuda"]
DEVICE_NAMES: tuple[DeviceName, ...] = ("auto", "openvino", "cpu", "cuda")

_CUDA_LIBRARIES = (
    ("libcuda.so.1",),
    ("libcudart.so.13", "libcudart.so.12"),
    ("libcudnn.so.9",),
)
"""One of each group must load: the driver, the CUDA runtime, cuDNN."""


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
        return _onnx_runtime(threads, cuda=False)
    if device in ("auto", "cuda") and cuda_loads():
        return _onnx_runtime(threads, cuda=True)
    if device == "cuda":
        raise TemporaryError("CUDA was asked for, but its driver, runtime or cuDNN does not load here.")
    runtime = _openvino(threads)
    if runtime is not None:
        return runtime
    if device == "openvino":
        raise TemporaryError("OpenVINO was asked for, but it does not load here.")
    return _onnx_runtime(threads, cuda=False)


def cuda_loads() -> bool:
    """Tell whether the driver, the CUDA runtime and cuDNN can really be loaded by this process.

    ``onnxruntime.get_available_providers()`` tells only what the wheel was built with.
    """
    return all(any(_loads(name) for name in group) for group in _CUDA_LIBRARIES)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


# A runtime is imported when it is chosen: each takes a moment to import, and memory for good.


def _onnx_runtime(threads: int, *, cuda: bool) -> Runtime:
    from allward_engine.sessions.onnx_runtime import onnx_runtime

    return onnx_runtime(threads, cuda=cuda)


def _openvino(threads: int) -> Runtime | None:
    try:
        from allward_engine.sessions.openvino_cpu import openvino_runtime
    except ImportError:
        return None
    return openvino_runtime(threads)
