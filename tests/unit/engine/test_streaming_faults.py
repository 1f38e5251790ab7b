"""What goes wrong while labels are streamed is told by whose fault it is, and a cancel is heard."""

import numpy as np
import pytest
from tests.unit.engine.graphs import folds, geometry, manifest, stage
from tests.unit.engine.test_streaming import NAMES, NNUNET, WINDOW, noise, run

from allward_engine.local import open_models
from allward_sdk.errors import BadInputError, CanceledError, PluginFaultError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def models(folder):
    return open_models(folder, device="onnxruntime", threads=1)


def test_folds_of_different_networks_are_the_plugins_fault(folder, models):
    grid = geometry((15, 22, 26), spacing=(1.0, 1.0, 1.0))
    digests = {n: folds(folder, WINDOW, features=f, classes=9) for n, f in (("s", 2), ("t", 3))}
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, also=["t"], finish_on="series")
    with pytest.raises(PluginFaultError, match="differ in size"):
        run(models, manifest([made], digests), noise(grid.shape_kji), grid)


def test_a_cancel_is_heard_at_every_window(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, finish_on="series")
    seen = []
    with pytest.raises(CanceledError):
        run(
            models,
            manifest([made], digest),
            noise(grid.shape_kji),
            grid,
            on_progress=seen.append,
            is_cancelled=lambda: any(p.unit == 3 for p in seen),
        )
    assert max(p.unit for p in seen) == 3
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)


def test_more_or_fewer_classes_than_labels_are_the_plugins_fault(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    for classes in (8, 10):
        digest = {"s": folds(folder, WINDOW, features=3, classes=classes)}
        made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, finish_on="series")
        with pytest.raises(PluginFaultError, match="the manifest says"):
            run(models, manifest([made], digest), noise(grid.shape_kji), grid)


def test_values_of_a_model_that_are_no_numbers_are_the_plugins_fault(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    made = stage(
        "s",
        window=WINDOW,
        labels=NAMES,
        **NNUNET,
        finish_on="series",
        prepare=[{"do": "scale", "factor": 1e36}],
    )
    with pytest.raises(PluginFaultError, match="NaN or infinite"):
        run(models, manifest([made], digest), noise(grid.shape_kji), grid)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_of_the_images_that_are_no_numbers_are_bad_input(folder, models, bad):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    volume = noise(grid.shape_kji)
    volume[3, 4, 5] = bad
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, finish_on="series")
    with pytest.raises(BadInputError, match="not numbers"):
        run(models, manifest([made], digest), volume, grid)


def test_a_plugin_that_needs_more_memory_than_it_declares_is_stopped(folder, models):
    grid = geometry((40, 200, 200), spacing=(1.0, 1.0, 1.0))
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, finish_on="series")
    resources = {"device_memory_mib": 0, "memory_mib": 1, "timeout_s": 60}
    with pytest.raises(PluginFaultError, match="it declares 1 MiB"):
        run(models, manifest([made], digest, resources=resources), np.zeros(grid.shape_kji, np.int16), grid)
