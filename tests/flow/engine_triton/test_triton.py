"""The engine's backend for a Triton fleet, against a real tritonserver."""

import json
import threading

import numpy as np
import pytest
from tests.peers.triton import need_triton, triton_server
from tests.unit.engine.processes import Engine, request, volume
from tests.unit.engine.test_sessions import convolution

from allward_engine.device import choose_runtime
from allward_engine.sessions import RuntimeOptions
from allward_engine.sessions.triton_server import TritonServer
from allward_sdk.errors import PluginFaultError, TemporaryError

WINDOW = (6, 7, 8)
RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    need_triton()
    folder = tmp_path_factory.mktemp("fleet")
    with triton_server(folder, "--model-control-mode", "explicit") as url:
        yield folder, url


@pytest.fixture
def runtime(fleet):
    return choose_runtime("triton", threads=1, options=RuntimeOptions(triton_url=fleet[1]))


def put(folder, spec, graph, **config):
    """Put a model into the fleet's repository under its digest, not yet loaded."""
    model = folder / "repository" / spec.sha256
    (model / "1").mkdir(parents=True)
    (model / "1" / "model.onnx").write_bytes(graph)
    shape = [-1, *spec.input_shape]
    said = {
        "backend": "onnxruntime",
        "max_batch_size": 0,
        "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": shape}],
        "output": [
            {"name": name, "data_type": "TYPE_FP32", "dims": [-1, 2, *spec.input_shape[1:]]} for name in "ab"
        ],
        **config,
    }
    (model / "config.pbtxt").write_text(_text(said), encoding="utf-8")


def _text(config):
    """Write a model's configuration as protobuf's text."""
    lines = []
    for key, value in config.items():
        for item in value if isinstance(value, list) else [value]:
            lines.append(f"{key}: {_value(item)}")
    return "\n".join(lines)


def _value(item):
    if isinstance(item, dict):
        return "{ " + " ".join(f"{key}: {_value(value)}" for key, value in item.items()) + " }"
    return item if str(item).startswith("TYPE_") else json.dumps(item)


def expected(graph, spec, items):
    return choose_runtime("onnxruntime", threads=1).load(graph, spec).run(items).tensors


def test_a_model_of_the_fleets_own_is_found_by_its_digest(fleet, runtime):
    folder, url = fleet
    graph, spec = convolution(WINDOW)
    put(folder, spec, graph)
    session = runtime.load(graph, spec)
    assert session.device == f"Triton at {url}"
    for count in (1, 4):
        items = RNG.normal(size=(count, *spec.input_shape)).astype(np.float32)
        found = session.run(items).tensors
        for mine, theirs in zip(found, expected(graph, spec, items), strict=True):
            assert mine.dtype == np.float32
            assert np.array_equal(mine, theirs)
    session.release()
    assert len(session.run(items).tensors) == 2


def test_a_model_that_the_fleet_lacks_is_handed_over(runtime):
    graph, spec = convolution((5, 6))
    session = runtime.load(graph, spec)
    items = RNG.normal(size=(3, *spec.input_shape)).astype(np.float32)
    assert np.array_equal(session.run(items).tensors[0], expected(graph, spec, items)[0])
    assert runtime.load(graph, spec).run(items).tensors[0].shape == (3, 2, 5, 6)


def test_a_graph_for_one_item_gets_one_at_a_time(runtime):
    graph, spec = convolution((4, 5), batch=1)
    items = RNG.normal(size=(3, *spec.input_shape)).astype(np.float32)
    assert np.array_equal(runtime.load(graph, spec).run(items).tensors[0], expected(graph, spec, items)[0])


def test_a_fleet_that_batches_gets_no_more_than_it_takes(fleet, runtime):
    graph, spec = convolution((4, 4, 4))
    shape = list(spec.input_shape)
    put(
        fleet[0],
        spec,
        graph,
        max_batch_size=2,
        input=[{"name": "x", "data_type": "TYPE_FP32", "dims": shape}],
        output=[{"name": name, "data_type": "TYPE_FP32", "dims": [2, *shape[1:]]} for name in "ab"],
    )
    items = RNG.normal(size=(5, *spec.input_shape)).astype(np.float32)
    assert np.array_equal(runtime.load(graph, spec).run(items).tensors[1], expected(graph, spec, items)[1])


def test_what_is_not_a_number_crosses_the_wire(runtime):
    graph, spec = convolution((5, 6))
    item = np.full((1, *spec.input_shape), np.nan, np.float32)
    assert np.isnan(runtime.load(graph, spec).run(item).tensors[1]).all()


def test_a_bad_graph_never_reaches_the_fleet(runtime):
    graph, spec = convolution((5, 6))
    with pytest.raises(PluginFaultError, match="no ONNX|not an ONNX"):
        runtime.load(b"junk", spec)
    with pytest.raises(PluginFaultError, match="manifest says"):
        runtime.load(graph, type(spec)(spec.sha256, "z", spec.outputs, spec.input_shape))


def test_a_model_of_the_right_name_that_takes_something_else_is_a_fault(fleet, runtime):
    other, _ = convolution((3, 3))
    graph, spec = convolution((3, 4))
    renamed = other.replace(b"\x01x", b"\x01q")
    put(
        fleet[0],
        spec,
        renamed,
        input=[{"name": "q", "data_type": "TYPE_FP32", "dims": [-1, 1, 3, 3]}],
        output=[{"name": name, "data_type": "TYPE_FP32", "dims": [-1, 2, 3, 3]} for name in "ab"],
    )
    with pytest.raises(PluginFaultError, match=r"takes \['q'\]"):
        runtime.load(graph, spec)


def test_a_model_that_fails_there_is_a_fault_of_the_plug_in(fleet):
    graph, spec = convolution((5, 6))
    server = TritonServer(fleet[1], timeout_s=10)
    server.load(spec.sha256, graph=graph, config=None)
    with pytest.raises(PluginFaultError, match="failed on the Triton"):
        server.infer(spec.sha256, "1", b'{"inputs":[]}', memoryview(b""))


def test_a_model_that_was_unloaded_is_nobodys_fault(fleet, runtime):
    graph, spec = convolution((2, 5))
    session = runtime.load(graph, spec)
    server = TritonServer(fleet[1], timeout_s=10)
    server._ask("POST", f"/v2/repository/models/{spec.sha256}/unload", body=[b"{}"])
    item = np.zeros((1, *spec.input_shape), np.float32)
    with pytest.raises(TemporaryError, match="cannot run the model now"):
        session.run(item)
    runtime.load(graph, spec)
    assert not session.run(item).tensors[1].any()


def test_an_answer_that_does_not_come_is_nobodys_fault(fleet):
    graph, spec = convolution((2, 6))
    put(fleet[0], spec, graph, parameters={"key": "pause_s", "value": {"string_value": "3"}})
    options = RuntimeOptions(triton_url=fleet[1], triton_timeout_s=1.0)
    session = choose_runtime("triton", threads=1, options=options).load(graph, spec)
    with pytest.raises(TemporaryError, match="does not answer"):
        session.run(np.zeros((1, *spec.input_shape), np.float32))


def test_two_threads_each_with_a_session_get_their_own_answers(runtime):
    graph, spec = convolution((5, 6))
    wrong = []

    def ask(seed):
        session = runtime.load(graph, spec)
        for _ in range(20):
            items = np.random.default_rng(seed).normal(size=(2, *spec.input_shape)).astype(np.float32)
            if not np.array_equal(session.run(items).tensors[1], expected(graph, spec, items)[1]):
                wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_a_fleet_that_is_away_is_told_in_words(tmp_path):
    need_triton()
    graph, spec = convolution((5, 6))
    item = np.zeros((1, *spec.input_shape), np.float32)
    with triton_server(tmp_path, "--model-control-mode", "explicit") as url:
        session = choose_runtime("triton", threads=1, options=RuntimeOptions(triton_url=url)).load(
            graph, spec
        )
        assert session.run(item).tensors
    with pytest.raises(TemporaryError, match="does not answer"):
        session.run(item)
    with pytest.raises(TemporaryError, match="does not answer"):
        choose_runtime("triton", threads=1, options=RuntimeOptions(triton_url=url))
    with pytest.raises(TemporaryError, match="ALLWARD_ENGINE_TRITON_URL"):
        choose_runtime("triton", threads=1)
    with pytest.raises(TemporaryError, match="is not the address"):
        choose_runtime("triton", threads=1, options=RuntimeOptions(triton_url="triton:8000"))


def test_an_engine_process_runs_a_job_on_the_fleet(fleet, tmp_path):
    engine = Engine(tmp_path, "--device", "triton", "--triton-url", fleet[1]).wait_until_ready()
    try:
        found = engine.client.segment(request(engine), volume())
        assert found.device == f"Triton at {fleet[1]}"
        assert np.array_equal(found.labels_kji > 0, volume() > 50)
        status = engine.client.status()
        assert status["device"] == f"Triton at {fleet[1]}"
        assert status["counters"]["jobs_finished_total"] == 1
    finally:
        engine.stop()
