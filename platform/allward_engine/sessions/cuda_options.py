"""How ONNX Runtime is told to use a GPU: what is set, and why it is not left to the defaults."""

import ctypes
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from allward_engine.sessions import ModelSpec, Precision, RuntimeOptions
from allward_engine.sessions.graph_checks import GraphFacts

CUDA, TENSORRT, CPU = "CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"

LARGEST_BATCH = 64
"""Items that an engine of TensorRT is built for at most, where the model takes several."""

_CUDART = ("libcudart.so.13", "libcudart.so.12")
_NON_BLOCKING = 1
"""cudaStreamNonBlocking: the stream does not wait for the default one."""

Provider = tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as a runtime is to use it for one model."""

    index: int
    tensorrt: bool = False
    stream: int | None = None
    """Address of the CUDA stream that all work goes to; None lets ONNX Runtime make one."""
    precision: Precision = "float32"


def providers(gpu: Gpu, spec: ModelSpec, facts: GraphFacts, options: RuntimeOptions) -> list[Provider]:
    """Return the execution providers for one model, the wanted one first, the processor last.

    What the first cannot run goes to the next, node by node; whether the first runs at all is to be read
    from the session.
    """
    found = [(CUDA, cuda_options(gpu, spec, facts, options)), (CPU, {})]
    return [(TENSORRT, tensorrt_options(gpu, spec, facts, options)), *found] if gpu.tensorrt else found


def cuda_options(gpu: Gpu, spec: ModelSpec, facts: GraphFacts, options: RuntimeOptions) -> dict[str, str]:
    """Return the options of the CUDA provider.

    Convolutions are searched exhaustively with all the workspace they like, since a model is loaded once and
    run on thousands of windows. TensorFloat-32 is off unless it was proven harmless: it keeps 10 bits of the
    mantissa. A graph without branches is captured once per batch size and replayed.

    Source
    ------
    ONNX Runtime, "CUDA Execution Provider", configuration options.
    """
    found = {
        "device_id": str(gpu.index),
        "cudnn_conv_algo_search": "EXHAUSTIVE",
        "cudnn_conv_use_max_workspace": "1",
        "arena_extend_strategy": "kSameAsRequested",
        "use_tf32": _flag(gpu.precision == "tf32"),
        "enable_cuda_graph": _flag(not gpu.tensorrt and is_captured(gpu, facts)),
    }
    limit = options.memory_limit_bytes(spec)
    if limit is not None:
        found["gpu_mem_limit"] = str(limit)
    if gpu.stream is not None:
        found["user_compute_stream"] = str(gpu.stream)
    return found


def precisions_of(gpu: Gpu | None) -> tuple[Precision, ...]:
    """Return the arithmetic that ONNX Runtime has on a device without changing the model."""
    if gpu is None:
        return ("float32",)
    return ("float32", "float16", "bfloat16") if gpu.tensorrt else ("float32", "tf32")


def is_captured(gpu: Gpu, facts: GraphFacts) -> bool:
    """Tell whether a graph becomes a CUDA graph: the same kernels on the same shapes each time.

    CUDA's provider keeps one per batch size; TensorRT's is used for models of one batch size only.
    """
    return not facts.has_control_flow and not (gpu.tensorrt and facts.free_batch)


def tensorrt_options(gpu: Gpu, spec: ModelSpec, facts: GraphFacts, options: RuntimeOptions) -> dict[str, str]:
    """Return the options of the TensorRT provider.

    An engine takes minutes to build, so it is kept where `cache_folder` says. One that may run several items
    is built for every batch size up to `LARGEST_BATCH`, tuned for 1.

    Source
    ------
    ONNX Runtime, "TensorRT Execution Provider", configurations.
    """
    found = {
        "device_id": str(gpu.index),
        "trt_fp16_enable": _flag(gpu.precision == "float16"),
        "trt_bf16_enable": _flag(gpu.precision == "bfloat16"),
        "trt_cuda_graph_enable": _flag(is_captured(gpu, facts)),
        "trt_context_memory_sharing_enable": "1",
    }
    limit = options.memory_limit_bytes(spec)
    if limit is not None:
        found["trt_max_workspace_size"] = str(limit)
    if gpu.stream is not None:
        found["user_compute_stream"] = str(gpu.stream)
    if options.cache is not None:
        folder = str(options.cache)
        found |= {
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": folder,
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": folder,
        }
    if facts.free_batch:
        item = "x".join(map(str, spec.input_shape))
        for name, batch in (("min", 1), ("opt", 1), ("max", LARGEST_BATCH)):
            found[f"trt_profile_{name}_shapes"] = f"{spec.input_name}:{batch}x{item}"
    return found


def forbid_tf32() -> None:
    """Keep CUDA's libraries from TensorFloat-32 in this process; TensorRT has no option of its own for it.

    To be called before CUDA is loaded. Source: CUDA C++ programming guide, NVIDIA_TF32_OVERRIDE.
    """
    os.putenv("NVIDIA_TF32_OVERRIDE", "0")


@lru_cache(maxsize=8)
def urgent_stream(device: int) -> int | None:
    """Make the CUDA stream of this process that goes before others, and return its address.

    ONNX Runtime has no priority of its own (its issue 12760), but works on a stream that it is given. The
    stream lives as long as the process. None where CUDA's runtime cannot be loaded or refuses.
    """
    cudart = next(filter(None, map(_library, _CUDART)), None)
    if cudart is None or cudart.cudaSetDevice(device) != 0:
        return None
    least, greatest, stream = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
    if cudart.cudaDeviceGetStreamPriorityRange(ctypes.byref(least), ctypes.byref(greatest)) != 0:
        return None
    made = cudart.cudaStreamCreateWithPriority(ctypes.byref(stream), _NON_BLOCKING, greatest)
    return stream.value if made == 0 else None


def tensorrt_version() -> str | None:
    """Return the version of the TensorRT library that this process would load, None if there is none."""
    library = _library("libnvinfer.so.10")
    if library is None:
        return None
    return str(library.getInferLibVersion())


def cache_folder(cache: Path | None, spec: ModelSpec, *, driver: str | None) -> Path | None:
    """Return the folder of a model's compiled engines: they fit one model, driver and TensorRT only."""
    version = tensorrt_version()
    if cache is None or driver is None or version is None:
        return None
    return cache / "tensorrt" / f"{version}-{driver}" / spec.sha256


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def _flag(value: bool) -> str:
    return "1" if value else "0"
