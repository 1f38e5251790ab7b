"""Chooses what models run on: CUDA where it really loads, else OpenVINO, else ONNX Runtime's processor."""

import ctypes
import re

from allward_engine.sessions import Runtime
from allward_sdk.errors import TemporaryError

DEVICE = re.compile(r"auto|cpu|openvino|onnxruntime|cuda(:\d{1,2})?")
"""Names of devices: "auto" takes the best that is here, "cpu" the best on the processor; the rest insist."""

_CUDA_LIBRARIES = (
    ("libcuda.so.1",),
    ("libcudart.so.13", "libcudart.so.12"),
    ("libcudnn.so.9",),
)
"""One of each group must load: the driver, the CUDA runtime, cuDNN."""


def choose_runtime(device: str, *, threads: int) -> Runtime:
    """Return the runtime for a device.

    Parameters
    ----------
    device
        A name that `DEVICE` matches; "cuda:1" is the second GPU.
    threads
        Processor threads of one model run.

    Raises
    ------
    TemporaryError
        If the device that was asked for is unknown, or cannot be used here.
    """
    if DEVICE.fullmatch(device) is None:
        raise TemporaryError(
            f"There is no device {device!r}: auto, cpu, openvino, onnxruntime, cuda or cuda:N."
        )
    if device.startswith("cuda") and not cuda_loads():
        raise TemporaryError("CUDA was asked for, but its driver, runtime or cuDNN does not load here.")
    if device.startswith("cuda") or (device == "auto" and cuda_loads()):
        return _onnx_runtime(threads, cuda_device=int(device.partition(":")[2] or 0))
    runtime = None if device == "onnxruntime" else _openvino(threads)
    if runtime is None and device == "openvino":
        raise TemporaryError("OpenVINO was asked for, but it does not load here.")
    return runtime or _onnx_runtime(threads, cuda_device=None)


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


def _onnx_runtime(threads: int, *, cuda_device: int | None) -> Runtime:
    from allward_engine.sessions.onnx_runtime import onnx_runtime

    return onnx_runtime(threads, cuda_device=cuda_device)


def _openvino(threads: int) -> Runtime | None:
    try:
        from allward_engine.sessions.openvino_cpu import openvino_runtime
    except ImportError:
        return None
    return openvino_runtime(threads)
