"""What nnU-Net computes, we compute: windows, weights, resampling and whole predictions.

The golden values were made by nnU-Net itself, see tests/parity.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from tests.unit.engine.graphs import folds, geometry, manifest, stage

from allward_engine.grids import Grid
from allward_engine.local import open_models, run_locally
from allward_engine.operations.labels import Decision, LabelWriter
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.operations.resampling import Spline, plane_axis, resample
from allward_engine.operations.windows import plan_windows, window_weight
from allward_engine.requests import SegmentRequest
from allward_sdk.operators import Resample
from allward_sdk.stages import SegmentationStage

GOLDEN = np.load(Path(__file__).with_name("golden") / "nnunet.npz")
RESAMPLED = [name for name in GOLDEN.files if name.startswith(("whole", "apart"))]
WINDOW = (12, 10, 14)
NAMES = [f"label{n}" for n in range(1, 9)]


def a_stage(window, overlap=0.5, **more):
    made = stage(
        "s",
        window=window,
        labels=NAMES,
        threshold=None,
        layout="nnunet",
        blend="nnunet_gaussian",
        activate="blended",
        overlap=overlap,
        **more,
    )
    return SegmentationStage.model_validate(made)


def test_windows_begin_where_nnunets_do():
    cases = json.loads(str(GOLDEN["starts"]))
    assert len(cases) > 50
    for image, patch, step, starts in cases:
        windows = plan_windows((image, 5, 5), a_stage((patch, 5, 5), overlap=1 - step))
        assert [window.start[0] for window in windows] == starts, (image, patch, step)


@pytest.mark.parametrize(("n", "size", "start"), [(5, 14, -4), (6, 13, -3), (13, 14, 0), (14, 14, 0)])
def test_an_image_smaller_than_the_window_is_padded_as_nnunet_pads_it(n, size, start):
    (window,) = plan_windows((n, 5, 5), a_stage((size, 5, 5)))
    assert window.start[0] == start
    assert window.core[0] == slice(0, n)


@pytest.mark.parametrize("shape", [(12, 10, 14), (7, 8, 9), (20, 16, 5)])
def test_windows_weigh_what_nnunets_do_to_the_bit(shape):
    golden = GOLDEN["weight_" + "x".join(map(str, shape))].astype(np.float32)
    assert (window_weight(a_stage(shape)) == golden).all()


def test_the_weight_is_the_filtered_voxel_to_the_bit():
    shape = (30, 17, 22)
    one = np.zeros(shape)
    one[tuple(n // 2 for n in shape)] = 1
    filtered = ndimage.gaussian_filter(one, [n / 8 for n in shape], mode="constant")
    rounded = (filtered / (filtered.max() / 10)).astype(np.float16)
    rounded[rounded == 0] = rounded[rounded > 0].min()
    assert (window_weight(a_stage(shape)) == rounded.astype(np.float32)).all()


def test_sizes_are_rounded_as_nnunets_are():
    for shape, old, new, expected in json.loads(str(GOLDEN["sizes"])):
        image = np.zeros((1, 1, 1), np.float32)
        ready = Prepared(
            image=np.broadcast_to(image, shape), grid=Grid(shape=tuple(shape)), spacing_mm=tuple(old)
        )
        operator = Resample(do="resample", spacing_mm=tuple(new), order=0, convention="half_pixel")
        if np.prod(expected) < 2e6:
            assert prepare(operator, ready).image.shape == tuple(expected)


@pytest.mark.parametrize("name", RESAMPLED)
def test_resampling_is_nnunets(name):
    kind, order, _ = name.split("_")
    expected, image = GOLDEN[name], GOLDEN["image"]
    spline = Spline((int(order),) * 3, "half_pixel")
    if kind.startswith("apart"):
        axis = int(kind[-1])
        orders = [3, 3, 3]
        orders[axis] = int(order)
        spline = Spline(tuple(orders), "half_pixel", axis)
    found = resample(image, expected.shape, spline)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= (0 if order == "0" and kind == "whole" else 1e-3)


def test_planes_are_resampled_one_by_one_where_nnunet_does():
    assert plane_axis((5.0, 0.7, 0.7), (3.0, 1.0, 1.0)) == 0
    assert plane_axis((1.0, 0.7, 0.7), (1.0, 1.0, 3.5)) == 2
    assert plane_axis((1.0, 0.7, 0.7), (1.0, 1.0, 1.0)) is None
    assert plane_axis((0.24, 1.25, 1.25), (5.0, 0.7, 0.7)) is None


def test_an_anisotropic_image_is_prepared_plane_by_plane():
    image = GOLDEN["image"]
    operator = Resample(
        do="resample", spacing_mm=(5.0, 0.8, 0.9), order=3, convention="half_pixel", through_plane_order=0
    )
    ready = Prepared(image=image, grid=Grid(shape=image.shape), spacing_mm=(3.5, 0.5, 0.8))
    done = prepare(operator, ready)
    spline = Spline((0, 3, 3), "half_pixel", 0)
    assert (done.image == resample(image, done.image.shape, spline)).all()
    assert done.grid.nearest == 0


@pytest.mark.parametrize(("name", "apart"), [("whole", None), ("apart0", 0), ("apart2", 2)])
def test_labels_go_back_as_nnunet_exports_them(name, apart):
    logits, expected = GOLDEN["logits"], GOLDEN[f"back_{name}"]
    grid = Grid(shape=expected.shape).resampled(logits.shape[1:], "half_pixel", nearest=apart)
    found = np.zeros(expected.shape, np.uint8)
    writer = LabelWriter(found, grid, Decision(None, tuple(range(1, len(logits)))), None)
    for a in range(logits.shape[1]):
        writer.write(a, np.ascontiguousarray(logits[:, a].reshape(len(logits), -1).T))
    assert (found == expected).all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("device", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("finish", ["series", "stage"])
@pytest.mark.parametrize("name", ["large", "small", "slice"])
@pytest.mark.parametrize("mirror", [[], [0, 1, 2]])
def test_whole_predictions_are_nnunets(folder, device, finish, name, mirror):
    volume = GOLDEN[f"volume_{name}"]
    expected = GOLDEN[f"labels_{name}_{''.join(map(str, mirror))}"]
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    # The patient's axes run as the array's: nothing is turned.
    made = a_stage(WINDOW, orientation="SPL", mirror=mirror, finish_on=finish).model_dump()
    request = SegmentRequest(
        job_id="1",
        tenant="t",
        manifest=manifest([made], digest),
        geometry=geometry(volume.shape, spacing=(1.0, 1.0, 1.0)),
    )
    found = run_locally(request, volume, open_models(folder, device=device, threads=1)).labels_kji
    assert len(np.unique(found)) >= 3
    assert (found != expected).mean() < 1e-3
