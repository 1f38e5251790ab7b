"""Outputs averaged over windows are those of the whole image, so windows leave no trace."""

import numpy as np
import pytest
from tests.unit.engine import nets
from tests.unit.engine.graphs import geometry
from tests.unit.engine.test_detection import detector, found, run

from allward_engine.local import open_models
from allward_sdk.errors import PluginFaultError

GRID = geometry((32, 32, 32), spacing=(2.0, 1.0, 0.5), flips=(1, -1, 1))
DECODE = {
    "kind": "grid", "scores": "score", "size": "size", "size_unit": "voxel", "stride": [4, 4, 4],
    "origin": [1.5, 1.5, 1.5], "offset": "shift",
}  # fmt: skip
ANCHORS = {
    "kind": "anchors", "score_channels": 2, "channels": [1],
    "levels": [{"scores": "score", "boxes": "box", "stride": [4, 4, 4], "anchors": [[4, 8, 8], [2, 2, 2]]}],
}  # fmt: skip
DELTAS = [[0.5, 0, -0.5, np.log(2), 0, np.log(0.5)], [0] * 6]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def models(folder):
    return open_models(folder, device="openvino", threads=1)


def volume():
    rng = np.random.default_rng(5)
    coarse = rng.random((8, 8, 8)).astype(np.float32) ** 3
    return np.kron(coarse, np.ones((4, 4, 4), np.float32))


def searched(folder, models, window, decode, digest, **more):
    stage = detector(
        folder,
        window,
        decode=decode,
        suppress={"by": "distance", "within_mm": 0.5},
        threshold=0.3,
        output=more.pop("output", {}),
        **more,
    )
    return found(run(models, nets.manifest([stage], {"nodules": digest}, ["nodule"]), volume(), GRID))


def same(one, other):
    assert len(one) == len(other) > 5
    for a, b in zip(one, other, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-5)
        assert a.centre_lps_mm == pytest.approx(b.centre_lps_mm, abs=1e-3)
        assert a.size_kji_mm == pytest.approx(b.size_kji_mm, rel=1e-4)


@pytest.mark.parametrize("windows", ["mean", "gaussian"])
@pytest.mark.parametrize("orientation", ["RAS", "SPL"])
@pytest.mark.parametrize(("overlap", "batch"), [(0.0, 1), (0.5, 3), (0.7, 2)])
def test_a_grid_in_windows_is_the_grid_of_the_whole(folder, models, windows, orientation, overlap, batch):
    whole = searched(
        folder, models, (32, 32, 32), DECODE, nets.cells(folder, (32, 32, 32), 4), orientation=orientation
    )
    small = searched(
        folder,
        models,
        (16, 16, 16),
        DECODE,
        nets.cells(folder, (16, 16, 16), 4),
        orientation=orientation,
        overlap=overlap,
        batch=batch,
        output={"windows": windows},
    )
    same(whole, small)


@pytest.mark.parametrize("layout", ["map", "list"])
def test_anchors_in_windows_are_those_of_the_whole(folder, models, layout):
    whole = searched(
        folder,
        models,
        (32, 32, 32),
        {**ANCHORS, "layout": layout},
        nets.anchored(folder, (32, 32, 32), 4, DELTAS, layout=layout),
    )
    small = searched(
        folder,
        models,
        (16, 16, 16),
        {**ANCHORS, "layout": layout},
        nets.anchored(folder, (16, 16, 16), 4, DELTAS, layout=layout),
        output={"windows": "gaussian"},
    )
    same(whole, small)


def test_an_image_that_is_no_multiple_of_the_stride_is_padded_and_nothing_is_found_outside(folder, models):
    grid = geometry((18, 19, 21), spacing=(1.0, 1.0, 1.0))
    bright = np.ones(grid.shape_kji, np.float32)
    stage = detector(
        folder,
        (16, 16, 16),
        decode={**DECODE, "peak_cells": 1},
        suppress={"by": "distance", "within_mm": 0.5},
        threshold=0.9,
        output={"windows": "mean", "most": 1000},
    )
    spec = nets.manifest([stage], {"nodules": nets.cells(folder, (16, 16, 16), 4)}, ["nodule"])
    candidates = found(run(models, spec, bright, grid))
    assert len(candidates) == 4 * 4 * 5
    index = grid.to_index_kji([each.centre_lps_mm for each in candidates])
    assert (index >= -0.5).all()
    assert (index <= np.asarray(grid.shape_kji) - 0.5).all()


def test_sums_larger_than_the_declared_memory_are_the_vendors_fault(folder, models):
    grid = geometry((400, 64, 64), spacing=(1.0, 1.0, 1.0))
    decode = {"kind": "grid", "scores": "score", "size": "size", "stride": [1, 1, 1]}
    stage = detector(folder, (16, 16, 16), decode=decode, overlap=0.0, output={"windows": "mean"})
    spec = nets.manifest(
        [stage],
        {"nodules": nets.cells(folder, (16, 16, 16), 1)},
        ["nodule"],
        resources={"device_memory_mib": 0, "memory_mib": 10, "timeout_s": 60},
    )
    with pytest.raises(PluginFaultError, match="to average its outputs"):
        run(models, spec, np.zeros(grid.shape_kji, np.float32), grid)
