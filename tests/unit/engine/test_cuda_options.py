"""What ONNX Runtime is told of a GPU; that it obeys is measured where there is one."""

import ctypes

import numpy as np
import pytest
from tests.unit.engine.test_sessions import convolution

from allward_engine.sessions import Output, RuntimeOptions, cuda_options, nvml, onnx_runtime
from allward_engine.sessions.cuda_options import (
    CPU,
    CUDA,
    LARGEST_BATCH,
    TENSORRT,
    Gpu,
    cache_folder,
    is_captured,
    precisions_of,
    providers,
    urgent_stream,
)
from allward_engine.sessions.graph_checks import GraphFacts, check_graph
from allward_sdk.errors import PluginFaultError, TemporaryError

GRAPH, SPEC = convolution((5, 6, 7))
FREE = check_graph(GRAPH, SPEC)
ONE = GraphFacts(free_batch=False, has_control_flow=False, outputs=FREE.outputs)
BRANCHED = GraphFacts(free_batch=True, has_control_flow=True, outputs=FREE.outputs)


def told(gpu, facts=FREE, **options):
    return dict(providers(gpu, SPEC, facts, RuntimeOptions(**options)))


def test_cuda_is_exact_searched_and_bounded():
    said = told(Gpu(1), memory_limit_bytes=lambda spec: 7 * 2**30)
    assert list(said) == [CUDA, CPU]
    assert said[CUDA] == {
        "device_id": "1",
        "cudnn_conv_algo_search": "EXHAUSTIVE",
        "cudnn_conv_use_max_workspace": "1",
        "arena_extend_strategy": "kSameAsRequested",
        "gpu_mem_limit": str(7 * 2**30),
        "use_tf32": "0",
        "enable_cuda_graph": "1",
    }


def test_tensor_float_needs_to_be_proven():
    assert told(Gpu(0, precision="tf32"))[CUDA]["use_tf32"] == "1"
    assert precisions_of(Gpu(0)) == ("float32", "tf32")
    assert precisions_of(Gpu(0, tensorrt=True)) == ("float32", "float16", "bfloat16")
    assert precisions_of(None) == ("float32",)


def test_a_graph_with_branches_is_not_captured():
    assert told(Gpu(0), BRANCHED)[CUDA]["enable_cuda_graph"] == "0"
    assert not is_captured(Gpu(0, tensorrt=True), FREE)
    assert is_captured(Gpu(0, tensorrt=True), ONE)


def test_a_stream_of_our_own_is_handed_over():
    said = told(Gpu(0, tensorrt=True, stream=4711))
    assert said[CUDA]["user_compute_stream"] == said[TENSORRT]["user_compute_stream"] == "4711"
    assert "user_compute_stream" not in told(Gpu(0))[CUDA]


def test_tensorrt_keeps_its_engines_and_takes_every_batch(tmp_path):
    said = told(Gpu(0, tensorrt=True), cache=tmp_path)
    assert list(said) == [TENSORRT, CUDA, CPU]
    assert said[CUDA]["enable_cuda_graph"] == "0"
    assert said[TENSORRT]["trt_engine_cache_path"] == str(tmp_path)
    assert said[TENSORRT]["trt_fp16_enable"] == said[TENSORRT]["trt_bf16_enable"] == "0"
    assert said[TENSORRT]["trt_profile_min_shapes"] == "x:1x1x5x6x7"
    assert said[TENSORRT]["trt_profile_max_shapes"] == f"x:{LARGEST_BATCH}x1x5x6x7"
    alone = told(Gpu(0, tensorrt=True, precision="float16"), ONE)[TENSORRT]
    assert alone["trt_fp16_enable"] == "1"
    assert not any(name.startswith(("trt_profile", "trt_engine_cache")) for name in alone)


def test_engines_are_kept_by_model_driver_and_version(tmp_path, monkeypatch):
    monkeypatch.setattr(cuda_options, "tensorrt_version", lambda: "101303")
    assert (
        cache_folder(tmp_path, SPEC, driver="580.65") == tmp_path / "tensorrt" / "101303-580.65" / SPEC.sha256
    )
    assert cache_folder(None, SPEC, driver="580.65") is None
    assert cache_folder(tmp_path, SPEC, driver=None) is None
    monkeypatch.setattr(cuda_options, "tensorrt_version", lambda: None)
    assert cache_folder(tmp_path, SPEC, driver="580.65") is None


def library(name):
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


@pytest.mark.skipif(library("libnvidia-ml.so.1") is not None, reason="NVIDIA's driver is here")
def test_without_a_driver_nothing_is_measured():
    assert nvml.device_memory(0) is None
    assert nvml.process_bytes(0, 1) is None
    assert nvml.device_name(0) is None
    assert nvml.driver_version() is None


@pytest.mark.skipif(library("libnvidia-ml.so.1") is None, reason="NVIDIA's driver is not here")
def test_the_driver_tells_the_memory_of_its_first_gpu():
    memory = nvml.device_memory(0)
    assert 0 < memory.used_bytes + memory.free_bytes <= memory.total_bytes
    assert nvml.device_name(0)
    assert nvml.driver_version()


@pytest.mark.skipif(library("libcuda.so.1") is not None, reason="NVIDIA's driver is here")
def test_without_a_driver_there_is_no_urgent_stream():
    assert urgent_stream(0) is None


class Session:
    """What ONNX Runtime returns, as far as opening one goes."""

    def __init__(self, *providers):
        self._providers = list(providers)

    def get_providers(self):
        return self._providers

    def run(self, names, given):
        return [np.zeros((len(given["x"]), 2, *SPEC.input_shape[1:]), np.float32) for _ in names]


class Runs:
    """Runs without a device."""

    captured: bool | None = None

    def __init__(self, session, spec, *, device, captured):
        self._run = session.run
        Runs.captured = captured

    def run(self, tensor):
        return Output(tuple(self._run(SPEC.outputs, {"x": tensor})))


@pytest.fixture
def opened(monkeypatch):
    """Let sessions be opened on what a test says; returns what was asked for."""
    asked = []

    def let(*answers):
        left = list(answers)

        def open_session(graph, options, wanted):
            asked.append(dict(wanted))
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(onnx_runtime, "_open", open_session)
        monkeypatch.setattr(onnx_runtime, "BoundRuns", Runs)
        return asked

    return let


def load(gpu, **options):
    return onnx_runtime.onnx_runtime(RuntimeOptions(**options), gpu=gpu).load(GRAPH, SPEC)


def test_a_session_says_what_it_really_runs_on(opened):
    opened(Session(CUDA, CPU))
    session = load(Gpu(0))
    assert session.device == "ONNX Runtime CUDA"
    assert session.run(np.zeros((3, *SPEC.input_shape), np.float32)).device == "ONNX Runtime CUDA"
    assert Runs.captured is True


def test_a_gpu_that_went_away_is_nobodys_fault(opened):
    opened(Session(CPU), Session(CUDA, CPU))
    with pytest.raises(TemporaryError, match="CUDA was there .* would run on ONNX Runtime CPU"):
        load(Gpu(0))
    with pytest.raises(TemporaryError, match="TensorRT was there .* would run on ONNX Runtime CUDA"):
        load(Gpu(0, tensorrt=True))


def test_a_graph_that_cannot_be_captured_runs_without(opened):
    refused = PluginFaultError("This session cannot use the CUDA Graph feature as requested by the user")
    asked = opened(refused, Session(CUDA, CPU))
    load(Gpu(0))
    assert [said[CUDA]["enable_cuda_graph"] for said in asked] == ["1", "0"]
    assert Runs.captured is False


def test_what_is_wrong_with_a_graph_is_told_once_it_is_clear(opened):
    opened(PluginFaultError("first"), PluginFaultError("second"))
    with pytest.raises(PluginFaultError, match="second"):
        load(Gpu(0))


def test_proven_arithmetic_reaches_the_gpu_and_the_result(opened):
    asked = opened(Session(CUDA, CPU))
    session = load(Gpu(0), precision_of=lambda sha256: "tf32")
    assert asked[0][CUDA]["use_tf32"] == "1"
    assert session.device == "ONNX Runtime CUDA tf32"
