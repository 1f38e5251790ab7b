"""A worker's models: joined runs, measured memory, and whose fault a failure is."""

import hashlib

import numpy as np
import pytest

from allward_engine.sessions import ModelSpec, Output, Runtime
from allward_engine.units import Infer
from allward_engine.worker.loaded import LoadedModels, key_of
from allward_engine.worker.meter import ProcessMeter
from allward_sdk.errors import PluginFaultError, TemporaryError

SHAPE = (1, 2, 2)


class Session:
    device = "test"

    def __init__(self):
        self.runs = []
        self.fails = None

    def run(self, tensor):
        self.runs.append(len(tensor))
        if self.fails is not None:
            raise self.fails
        return Output((tensor * 2, tensor.sum(axis=(1, 2, 3))))

    def release(self):
        self.runs.append("rest")


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def models(tmp_path, session):
    return LoadedModels(tmp_path, Runtime("test", lambda graph, spec: session), ProcessMeter())


@pytest.fixture
def spec(tmp_path):
    graph = b"graph"
    digest = hashlib.sha256(graph).hexdigest()
    (tmp_path / f"{digest}.onnx").write_bytes(graph)
    return ModelSpec(digest, "x", ("y", "z"), SHAPE)


def tensor(n, value):
    return np.full((n, *SHAPE), value, np.float32)


def test_several_tensors_are_run_as_one_and_each_gets_its_own_part(models, session, spec):
    models.load(spec)
    outputs, workspace = models.run(key_of(spec), [tensor(1, 1), tensor(3, 2), tensor(2, 3)])
    assert session.runs[-1] == 6
    assert workspace >= 0
    for output, (n, value) in zip(outputs, [(1, 1), (3, 2), (2, 3)], strict=True):
        assert np.array_equal(output.tensors[0], tensor(n, 2 * value))
        assert np.array_equal(output.tensors[1], np.full(n, 4 * value))


def test_what_a_run_wants_is_told_with_its_sizes(models, spec):
    wanted = models.wanted(Infer(spec, tensor(3, 1)))
    assert wanted == {
        "model": key_of(spec), "sha256": spec.sha256, "bytes": 5, "items": 3, "item_bytes": 16,
    }  # fmt: skip
    missing = ModelSpec("0" * 64, "x", ("y",), SHAPE)
    assert models.wanted(Infer(missing, tensor(1, 1)))["bytes"] == 0
    with pytest.raises(TemporaryError, match="not installed"):
        models.load(missing)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no"),
        PluginFaultError("The model failed: std::bad_alloc"),
        PluginFaultError("The model failed: CUDA out of memory"),
        PluginFaultError("Failed to allocate memory for requested buffer of size 1"),
    ],
)
def test_memory_that_runs_out_is_nobodys_fault(models, session, spec, error):
    models.load(spec)
    session.fails = error
    with pytest.raises(TemporaryError, match="no memory left"):
        models.run(key_of(spec), [tensor(1, 1)])


def test_a_model_that_fails_is_the_plug_ins_fault(models, session, spec):
    models.load(spec)
    session.fails = PluginFaultError("The model failed: shapes")
    with pytest.raises(PluginFaultError, match="shapes"):
        models.run(key_of(spec), [tensor(1, 1)])


def test_a_model_that_returns_another_number_of_items_than_it_was_given_is_at_fault(models, session, spec):
    models.load(spec)
    session.run = lambda joined: Output((joined[:1], joined[:1]))
    with pytest.raises(PluginFaultError, match="given 2 items"):
        models.run(key_of(spec), [tensor(1, 1), tensor(1, 1)])


def test_workspace_is_measured_once_for_each_size(models, session, spec):
    models.load(spec)
    for n in (1, 1, 2, 1):
        models.run(key_of(spec), [tensor(n, 1)])
    assert session.runs == ["rest", 1, 1, "rest", 2, 1]
    models.rest(key_of(spec))
    models.drop(key_of(spec))
    assert session.runs[-1] == "rest"
