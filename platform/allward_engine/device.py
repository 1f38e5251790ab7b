"""Chooses what models run on: a GPU where it really works, else OpenVINO, else ONNX Runtime's processor."""

import ctypes
import logging
import re
from dataclasses import replace

from allward_engine.operations.heads import with_heads
from allward_engine.sessions import Runtime, RuntimeOptions
from allward_sdk.errors import TemporaryError

log = logging.getLogger(__name__)

DEVICE = re.compile(r"auto|cpu|openvino|onnxruntime|triton|(cuda|tensorrt)(:\d{1,2})?")
"""Names of devices: "auto" takes the best that is here, "cpu" the best on the processor; the rest insist."""

DEVICES_IN_WORDS = "auto, cpu, openvino, onnxruntime, cuda, cuda:N, tensorrt, tensorrt:N or triton"

_DRIVER = "libcuda.so.1"
_TENSORRT = "libnvinfer.so.10"


def choose_runtime(device: str, *, threads: int, options: RuntimeOptions | None = None) -> Runtime:
    """Return the runtime for a device.

    Parameters
    ----------
    device
        A name that `DEVICE` matches; "cuda:1" is the second GPU.
    threads
        Processor threads of one model run.
    options
        The rest of what the engine decides; `threads` goes before theirs.

    Raises
    ------
    TemporaryError
        If the device that was asked for is unknown, or cannot be used here.
    """
    options = replace(options or RuntimeOptions(), threads=threads)
    if DEVICE.fullmatch(device) is None:
        raise TemporaryError(f"There is no device {device!r}: {DEVICES_IN_WORDS}.")
    kind, _, number = device.partition(":")
    if kind == "triton":
        return _triton(options)
    return with_heads(_here(kind, int(number or 0), options))


def _here(kind: str, number: int, options: RuntimeOptions) -> Runtime:
    """Return a runtime of this machine."""
    if kind in ("cuda", "tensorrt"):
        return _insisted_gpu(kind, number, options)
    if kind == "auto" and cuda_loads():
        return _onnx_runtime(options, gpu_index=0)
    if kind == "auto":
        log.info(
            "no NVIDIA GPU works here (driver, CUDA 13 and cuDNN 9 are needed): models run on the processor"
        )
    runtime = None if kind == "onnxruntime" else _openvino(options)
    if runtime is None and kind == "openvino":
        raise TemporaryError("OpenVINO was asked for, but it does not load here.")
    return runtime or _onnx_runtime(options, gpu_index=None)


def cuda_loads(index: int = 0) -> bool:
    """Tell whether ONNX Runtime really gets a GPU in this process.

    ``onnxruntime.get_available_providers()`` tells only what the wheel was built with. The driver is looked
    for first: where it is absent, nothing else need be loaded.
    """
    return _loads(_DRIVER) and _gpu_works(index, tensorrt=False)


def tensorrt_loads(index: int = 0) -> bool:
    """Tell whether ONNX Runtime really gets TensorRT on a GPU in this process."""
    return _loads(_DRIVER) and _loads(_TENSORRT) and _gpu_works(index, tensorrt=True)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _insisted_gpu(kind: str, index: int, options: RuntimeOptions) -> Runtime:
    if kind == "cuda" and not cuda_loads(index):
        raise TemporaryError(
            "CUDA was asked for, but ONNX Runtime gets no GPU here: "
            "NVIDIA's driver, CUDA 13 and cuDNN 9 are needed."
        )
    if kind == "tensorrt" and not tensorrt_loads(index):
        raise TemporaryError(
            "TensorRT was asked for, but ONNX Runtime does not get it here: "
            "NVIDIA's driver, CUDA 13 and TensorRT 10 are needed."
        )
    return _onnx_runtime(options, gpu_index=index, tensorrt=kind == "tensorrt")


# A runtime is imported when it is chosen: each takes a moment to import, and memory for good.


def _gpu_works(index: int, *, tensorrt: bool) -> bool:
    from allward_engine.sessions.onnx_runtime import gpu_works

    return gpu_works(index, tensorrt=tensorrt)


def _onnx_runtime(options: RuntimeOptions, *, gpu_index: int | None, tensorrt: bool = False) -> Runtime:
    from allward_engine.sessions.cuda_options import Gpu
    from allward_engine.sessions.onnx_runtime import onnx_runtime

    gpu = None if gpu_index is None else Gpu(gpu_index, tensorrt=tensorrt)
    return onnx_runtime(options, gpu=gpu)


def _openvino(options: RuntimeOptions) -> Runtime | None:
    try:
        from allward_engine.sessions.openvino_cpu import openvino_runtime
    except ImportError:
        return None
    return openvino_runtime(options)


def _triton(options: RuntimeOptions) -> Runtime:
    from allward_engine.sessions.triton import triton_runtime

    return triton_runtime(options)
