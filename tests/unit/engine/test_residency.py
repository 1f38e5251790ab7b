"""Which models and which activations stay in memory."""

import hashlib

import pytest

from allward_engine.residency import Models
from allward_engine.sessions import ModelSpec, Runtime
from allward_sdk.errors import PluginFaultError, TemporaryError


class FakeSession:
    device = "fake"

    def __init__(self, log, name):
        self.log, self.name = log, name

    def release(self):
        self.log.append(f"release {self.name}")


@pytest.fixture
def log():
    return []


@pytest.fixture
def models(tmp_path, log):
    def load(graph, spec):
        log.append(f"load {graph.decode()}")
        return FakeSession(log, graph.decode())

    return Models(tmp_path, Runtime(name="fake", load=load), budget_mib=1000)


def spec(folder, text):
    digest = hashlib.sha256(text.encode()).hexdigest()
    (folder / f"{digest}.onnx").write_text(text)
    return ModelSpec(sha256=digest, input_name="x", outputs=("y",), input_shape=(1, 1, 1, 1))


def test_a_model_is_loaded_once(models, tmp_path, log):
    a = spec(tmp_path, "a")
    assert models.get(a) is models.get(a)
    assert log == ["load a"]


def test_the_model_used_before_gives_its_activations_back_first(models, tmp_path, log):
    a, b = spec(tmp_path, "a"), spec(tmp_path, "b")
    models.get(a)
    models.get(b)
    models.get(a)
    models.rest()
    models.rest()
    assert log == ["load a", "release a", "load b", "release b", "release a"]


def test_over_the_budget_the_least_recently_used_goes_first(models, tmp_path, log):
    a, b, c = (spec(tmp_path, name * 300_000) for name in "abc")
    models.get(a), models.get(b), models.get(a)
    models.budget_mib = sum(loaded["mib"] for loaded in models.describe()) + 0.1
    models.get(c)
    assert [loaded["sha256"] for loaded in models.describe()] == [a.sha256, c.sha256]


def test_a_digest_is_checked_at_every_load(models, tmp_path):
    a = spec(tmp_path, "a")
    (tmp_path / f"{a.sha256}.onnx").write_text("b")
    with pytest.raises(PluginFaultError, match="altered"):
        models.get(a)
    (tmp_path / f"{a.sha256}.onnx").unlink()
    with pytest.raises(TemporaryError, match="not installed"):
        models.get(a)
