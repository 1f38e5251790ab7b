"""Every runtime that this machine has gives the same answer through the same interface."""

import hashlib
import logging
from typing import get_args

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from allward.config import values
from allward_engine import device
from allward_engine.device import choose_runtime
from allward_engine.sessions import ModelSpec, Precision
from allward_engine.sessions.bound import BoundRuns
from allward_engine.sessions.graph_checks import check_graph
from allward_engine.sessions.onnx_runtime import fault_of, gpu_works
from allward_sdk.errors import PluginFaultError, TemporaryError

HERE = ("openvino", "onnxruntime")
RNG = np.random.default_rng(3)


def convolution(window, *, batch="n", free=False):
    """A graph of two outputs: a 3-wide convolution of two channels, and its sigmoid."""
    axes = len(window)
    weights = np.random.default_rng(1).normal(size=(2, 1, *[3] * axes)).astype(np.float32)
    sizes = [f"s{axis}" for axis in range(axes)] if free else list(window)
    conv = helper.make_node("Conv", ["x", "w"], ["a"], pads=[1] * 2 * axes, kernel_shape=[3] * axes)
    graph = helper.make_graph(
        [conv, helper.make_node("Sigmoid", ["a"], ["b"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 1, *sizes])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, 2, *sizes]) for name in "ab"],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data = model.SerializeToString()
    return data, ModelSpec(hashlib.sha256(data).hexdigest(), "x", ("b", "a"), (1, *window))


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("window", [(6, 7), (5, 6, 7)], ids=["2D", "3D"])
@pytest.mark.parametrize(
    ("batch", "free"), [("n", False), ("n", True), (1, False)], ids=["batch", "all", "none"]
)
def test_every_runtime_takes_batches_of_any_size(name, window, batch, free):
    graph, spec = convolution(window, batch=batch, free=free)
    session = choose_runtime(name, threads=1).load(graph, spec)
    items = RNG.normal(size=(5, 1, *window)).astype(np.float32)
    alone = [session.run(items[i : i + 1]).tensors for i in range(5)]
    for count in (1, 3, 5, 2):
        sigmoid, raw = session.run(items[:count]).tensors
        assert raw.shape == sigmoid.shape == (count, 2, *window)
        assert raw.dtype == sigmoid.dtype == np.float32
        assert np.allclose(sigmoid, 1 / (1 + np.exp(-raw)), atol=1e-6)
        assert np.allclose(raw, np.concatenate([one[1] for one in alone[:count]]), atol=1e-5)
    session.release()
    assert np.array_equal(session.run(items[:1]).tensors[1], alone[0][1])


@pytest.mark.parametrize("name", HERE)
def test_what_is_not_a_number_comes_through_as_it_is(name):
    graph, spec = convolution((4, 4, 4))
    item = np.zeros((1, *spec.input_shape), np.float32)
    item[0, 0, 1, 1, 1] = np.nan
    _, raw = choose_runtime(name, threads=1).load(graph, spec).run(item).tensors
    assert np.isnan(raw).any()


@pytest.mark.parametrize("name", HERE)
def test_an_answer_belongs_to_its_caller(name):
    graph, spec = convolution((4, 4, 4))
    session = choose_runtime(name, threads=1).load(graph, spec)
    first = session.run(np.zeros((1, *spec.input_shape), np.float32)).tensors[1]
    session.run(np.ones((1, *spec.input_shape), np.float32))
    assert not first.any()


@pytest.mark.parametrize("captured", [False, True])
def test_bound_runs_reuse_their_buffers_and_give_the_same_answer(captured):
    graph, spec = convolution((5, 6, 7))
    runtime = choose_runtime("onnxruntime", threads=1).load(graph, spec)
    with_arena = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    bound = BoundRuns(with_arena, spec, device=("cpu", 0), captured=captured)
    for count in (1, 2, 1, *range(3, 13), 12):
        items = RNG.normal(size=(count, *spec.input_shape)).astype(np.float32)
        mine, theirs = bound.run(items).tensors, runtime.run(items).tensors
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert len(bound._by_batch) == 8
    bound.release()
    assert len(bound._by_batch) == (8 if captured else 0)
    assert np.array_equal(bound.run(items).tensors[0], theirs[0])


def test_a_missing_gpu_is_told_in_words(monkeypatch, caplog):
    monkeypatch.setattr(device, "_loads", lambda library: False)
    with caplog.at_level(logging.INFO):
        assert choose_runtime("auto", threads=1).name == "OpenVINO CPU"
    assert "no NVIDIA GPU works here" in caplog.text
    for name in ("cuda", "cuda:1", "tensorrt"):
        with pytest.raises(TemporaryError, match="asked for, but ONNX Runtime"):
            choose_runtime(name, threads=1)
    with pytest.raises(TemporaryError, match="There is no device 'tpu'"):
        choose_runtime("tpu", threads=1)


def test_a_driver_without_a_working_gpu_is_no_gpu(monkeypatch):
    monkeypatch.setattr(device, "_loads", lambda library: True)
    monkeypatch.setattr(device, "_gpu_works", lambda index, tensorrt: False)
    assert choose_runtime("auto", threads=1).name == "OpenVINO CPU"
    with pytest.raises(TemporaryError):
        choose_runtime("cuda:3", threads=1)


@pytest.mark.skipif(device.cuda_loads(), reason="a GPU is here")
def test_a_session_is_asked_what_it_runs_on(capfd):
    assert not gpu_works(0, tensorrt=False)
    capfd.readouterr()


def test_short_memory_is_nobodys_fault():
    assert isinstance(
        fault_of(RuntimeError("Failed to allocate memory for requested buffer"), "x"), TemporaryError
    )
    assert isinstance(fault_of(RuntimeError("CUDA out of memory"), "x"), TemporaryError)
    assert isinstance(fault_of(RuntimeError("Non-zero status code"), "The model failed"), PluginFaultError)


def test_the_facts_of_a_graph():
    graph, spec = convolution((5, 6, 7), batch=1)
    facts = check_graph(graph, spec)
    assert not facts.free_batch
    assert not facts.has_control_flow
    assert facts.outputs == (("b", (1, 2, 5, 6, 7)), ("a", (1, 2, 5, 6, 7)))
    free, spec = convolution((5, 6, 7), free=True)
    assert check_graph(free, spec).free_batch
    assert onnx.load_model_from_string(free).graph.name == "g"


def test_settings_take_the_devices_and_precisions_that_the_engine_takes():
    assert device.DEVICE.pattern == values.DEVICE
    assert get_args(Precision) == values.PRECISIONS
