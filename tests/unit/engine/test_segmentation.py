"""A volume in, labels on its own grid out: phantoms whose truth is known."""

import numpy as np
import pytest
from tests.unit.engine.graphs import abdomen, bands, bright, ellipsoid, geometry, manifest, stage

from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_sdk.errors import BadInputError, PluginFaultError, TemporaryError
from allward_sdk.geometry import Geometry

SCALE = {"do": "scale", "factor": 0.01}
BODY = {"do": "crop_to_body", "threshold_hu": -150.0, "opening_voxels": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def models(folder):
    return open_models(folder, device="openvino", threads=1)


def run(models, spec, volume, grid, **more):
    request = SegmentRequest(job_id="1", tenant="t", manifest=spec, geometry=grid)
    return run_locally(request, volume, models, **more)


def resampling_stage(mm=(3.0, 3.0, 3.0), *, window=(48, 40, 40), orientation="RAS", **more):
    prepare = [BODY, {"do": "resample", "spacing_mm": list(mm), "order": 1}, SCALE]
    return stage("liver", window=window, labels=["liver"], prepare=prepare, orientation=orientation, **more)


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1)])
@pytest.mark.parametrize("orientation", ["RAS", "LPS", "SAR"])
def test_a_known_ellipsoid_comes_back_within_half_a_voxel(folder, models, flips, orientation):
    grid = geometry((40, 96, 112), spacing=(2.5, 1.0, 1.0), flips=flips)
    centre, radii = (17.3, 44.6, 60.2), (30.0, 22.0, 26.0)
    volume = abdomen(grid, centre, radii)
    spec = manifest(
        [resampling_stage(orientation=orientation)], {"liver": bright(folder, (48, 40, 40), above=0.5)}
    )
    found = run(models, spec, volume, grid).labels_kji
    truth = ellipsoid(grid, centre, radii) < 1
    middle = np.argwhere(found == 1).mean(axis=0)
    assert np.abs(middle - np.argwhere(truth).mean(axis=0)).max() < 0.1
    assert found.astype(bool).sum() == pytest.approx(truth.sum(), rel=0.02)
    # Where it differs from the truth, the border is nearer than half a voxel of the model's grid.
    wrong = (found == 1) != truth
    off_mm = np.abs(ellipsoid(grid, centre, radii)[wrong] - 1) * min(radii)
    assert off_mm.max(initial=0) < 1.5


def test_a_structure_at_the_last_slice_reaches_the_last_slice(folder, models):
    grid = geometry((30, 64, 64), spacing=(3.0, 1.5, 1.5))
    volume = abdomen(grid, (29, 32, 32), (40.0, 20.0, 20.0))
    spec = manifest(
        [resampling_stage(window=(40, 40, 40))], {"liver": bright(folder, (40, 40, 40), above=0.5)}
    )
    found = run(models, spec, volume, grid).labels_kji
    assert found[29].any()
    assert found[29].sum() == pytest.approx((volume[29] > 50).sum(), rel=0.05)


def test_windows_with_margins_slide_without_a_seam(folder, models):
    grid = geometry((40, 96, 112), spacing=(2.5, 1.0, 1.0))
    volume = abdomen(grid, (18, 50, 55), (30.0, 30.0, 30.0))
    whole = manifest([resampling_stage()], {"liver": bright(folder, (48, 40, 40), above=0.5)})
    small, margin = (24, 20, 22), (4, 3, 5)
    pieces = manifest(
        [resampling_stage(window=small, margin_low=list(margin), margin_high=list(margin))],
        {"liver": bright(folder, small, above=0.5, margin=margin)},
    )
    seen = []
    expected = run(models, whole, volume, grid).labels_kji
    found = run(models, pieces, volume, grid, on_progress=seen.append).labels_kji
    assert (found == expected).all()
    assert max(p.units or 0 for p in seen) > 8
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_gaussian_blending_gives_the_same_where_windows_agree(folder, models):
    grid = geometry((40, 60, 60), spacing=(1.0, 1.0, 1.0))
    volume = abdomen(grid, (20, 30, 30), (15.0, 15.0, 15.0))
    window = (24, 24, 24)
    digest = {"liver": bright(folder, window, above=0.5)}
    plain = stage("liver", window=window, labels=["liver"], prepare=[SCALE])
    blended = stage("liver", window=window, labels=["liver"], prepare=[SCALE], blend="gaussian", overlap=0.5)
    a = run(models, manifest([plain], digest), volume, grid).labels_kji
    b = run(models, manifest([blended], digest), volume, grid).labels_kji
    assert a.any()
    assert (a == b).all()


def test_several_channels_take_the_likeliest_label(folder, models):
    grid = geometry((20, 32, 32), spacing=(1.0, 1.0, 1.0))
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[5:15, 8:24, 8:24], volume[8:12, 12:20, 12:20] = 10.0, 20.0
    window = (32, 32, 20)
    organs = stage("organs", window=window, labels=["liver", "spleen"], threshold=None, activation="softmax")
    spec = manifest([organs], {"organs": bands(folder, window, (5.0, 15.0))})
    found = run(models, spec, volume, grid).labels_kji
    assert (found == (volume > 5).astype(int) + (volume > 15)).all()


def lesion_stages(folder, *, clean=()):
    window, small = (60, 60, 60), (20, 20, 20)
    liver = stage("liver", window=window, labels=["liver"], prepare=[BODY, SCALE], clean=list(clean))
    tumour = stage(
        "tumour",
        window=small,
        labels=["tumour"],
        prepare=[SCALE],
        mask={"stage": "liver", "dilate_voxels": 2, "outside_value": -0.5},
    )
    return manifest(
        [liver, tumour],
        {"liver": bright(folder, window, above=0.5), "tumour": bright(folder, small, above=1.5)},
    )


def test_a_later_stage_looks_inside_the_mask_only_and_overwrites(folder, models):
    grid = geometry((50, 60, 60), spacing=(1.0, 1.0, 1.0))
    volume = abdomen(grid, (25, 25, 25), (14.0, 14.0, 14.0))
    volume[24:28, 24:28, 24:28] = 200  # in the liver
    volume[24:28, 46:50, 30:34] = 200  # in the body, bright, not of the largest component
    seen = []
    spec = lesion_stages(folder, clean=[{"do": "largest_component"}])
    result = run(models, spec, volume, grid, on_progress=seen.append)
    found = result.labels_kji
    assert result.stages_run == ("liver", "tumour")
    assert (found[24:28, 24:28, 24:28] == 2).all()
    assert not found[24:28, 46:50, 30:34].any()
    assert (found == 2).sum() == 64
    assert set(result.timings_s) == {"liver", "tumour", "labels"}
    assert {p.units for p in seen if p.stage == "tumour" and p.units} == {8}


def test_windows_wholly_outside_the_mask_are_not_run(folder, models):
    grid = geometry((60, 60, 60), spacing=(1.0, 1.0, 1.0))
    volume = np.zeros(grid.shape_kji, np.int16)
    volume[2:10, 2:10, 2:10] = volume[50:58, 50:58, 50:58] = 100
    seen = []
    run(models, lesion_stages(folder), volume, grid, on_progress=seen.append)
    assert {p.units for p in seen if p.stage == "tumour" and p.units} == {2}


def test_an_empty_mask_means_that_the_later_stage_does_not_run(folder, models):
    grid = geometry((50, 60, 60), spacing=(1.0, 1.0, 1.0))
    volume = abdomen(grid, (25, 25, 25), (14.0, 14.0, 14.0), inside_hu=0)
    result = run(models, lesion_stages(folder), volume, grid)
    assert result.stages_run == ("liver",)
    assert not result.labels_kji.any()


def test_a_window_that_must_hold_the_body_refuses_a_larger_one(folder, models):
    grid = geometry((40, 96, 112), spacing=(2.5, 1.0, 1.0))
    volume = abdomen(grid, (18, 50, 55), (30.0, 30.0, 30.0))
    spec = manifest(
        [resampling_stage(window=(24, 24, 24), larger_than_window="refuse")],
        {"liver": bright(folder, (24, 24, 24), above=0.5)},
    )
    with pytest.raises(BadInputError, match="larger than the plug-in can take"):
        run(models, spec, volume, grid)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_bad_input(folder, models, bad):
    grid = geometry((40, 48, 48))
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[3, 4, 5] = bad
    with pytest.raises(BadInputError, match="not numbers"):
        run(models, lesion_stages(folder), volume, grid)


def test_images_without_a_body_are_bad_input(folder, models):
    grid = geometry((40, 48, 48))
    with pytest.raises(BadInputError, match="no body"):
        run(models, lesion_stages(folder), np.full(grid.shape_kji, -3024, np.int16), grid)


def test_a_geometry_that_does_not_fit_the_volume_is_bad_input(folder, models):
    flat = Geometry((4, 4, 4), np.zeros((4, 4)), "1")
    with pytest.raises(BadInputError, match="no volume"):
        run(models, lesion_stages(folder), np.zeros((4, 4, 4), np.int16), flat)
    with pytest.raises(BadInputError, match="voxels large"):
        run(models, lesion_stages(folder), np.zeros((4, 4, 5), np.int16), geometry((4, 4, 4)))


def test_an_output_of_another_shape_than_declared_is_the_plugins_fault(folder, models):
    grid = geometry((40, 48, 48))
    window = (24, 24, 24)
    spec = manifest(
        [stage("liver", window=window, labels=["liver"], margin_low=[2, 2, 2])],
        {"liver": bright(folder, window, above=0.5)},
    )
    with pytest.raises(PluginFaultError, match="the manifest says"):
        run(models, spec, np.zeros(grid.shape_kji, np.int16), grid)


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("device", ["openvino", "onnxruntime"])
def test_a_wrong_tensor_name_is_the_plugins_fault(folder, side, device):
    window = (24, 24, 24)
    digest = {"liver": bright(folder, window, above=0.5)}
    described = stage("liver", window=window, labels=["liver"])
    described[side]["name"] = "other"
    grid = geometry((40, 48, 48))
    with pytest.raises(PluginFaultError):
        run(
            open_models(folder, device=device, threads=1),
            manifest([described], digest),
            np.zeros(grid.shape_kji, np.int16),
            grid,
        )


def test_both_runtimes_find_the_same(folder, models):
    grid = geometry((40, 96, 112), spacing=(2.5, 1.0, 1.0))
    volume = abdomen(grid, (18, 50, 55), (30.0, 30.0, 30.0))
    spec = manifest([resampling_stage()], {"liver": bright(folder, (48, 40, 40), above=0.5)})
    other = run(open_models(folder, device="onnxruntime", threads=1), spec, volume, grid)
    assert other.device == "ONNX Runtime CPU"
    assert (other.labels_kji == run(models, spec, volume, grid).labels_kji).all()


def test_models_over_the_budget_are_dropped_the_least_recently_used_first(folder):
    few = open_models(folder, device="onnxruntime", threads=1)
    few.budget_mib = 0.0001
    grid = geometry((40, 48, 48))
    digests = [bright(folder, (24, 24, 24), above=above) for above in (0.5, 0.6)]
    for digest in digests:
        spec = manifest([stage("liver", window=(24, 24, 24), labels=["liver"])], {"liver": digest})
        run(few, spec, np.zeros(grid.shape_kji, np.int16), grid)
    assert [loaded["sha256"] for loaded in few.describe()] == digests[1:]


def test_an_altered_model_file_is_not_run(folder, models):
    window = (24, 24, 22)
    digest = bright(folder, window, above=0.25)
    path = folder / f"{digest}.onnx"
    path.write_bytes(path.read_bytes() + b" ")
    spec = manifest([stage("liver", window=window, labels=["liver"])], {"liver": digest})
    with pytest.raises(PluginFaultError, match="altered"):
        run(models, spec, np.zeros((40, 48, 48), np.int16), geometry((40, 48, 48)))


def test_a_model_that_is_not_there_yet_is_temporary(models):
    spec = manifest([stage("liver", window=(24, 24, 24), labels=["liver"])], {"liver": "0" * 64})
    with pytest.raises(TemporaryError, match="not installed"):
        run(models, spec, np.zeros((40, 48, 48), np.int16), geometry((40, 48, 48)))


def test_a_plugin_that_needs_more_memory_than_it_declares_is_stopped(folder, models):
    spec = manifest(
        [stage("liver", window=(24, 24, 24), labels=["liver"])],
        {"liver": bright(folder, (24, 24, 24), above=0.5)},
        resources={"device_memory_mib": 0, "memory_mib": 1, "timeout_s": 60},
    )
    with pytest.raises(PluginFaultError, match="it declares 1 MiB"):
        run(models, spec, np.zeros((80, 80, 80), np.int16), geometry((80, 80, 80)))


def test_cpu_means_the_best_runtime_of_the_processor(folder):
    assert open_models(folder, device="cpu", threads=1).runtime.name == "OpenVINO CPU"


@pytest.mark.parametrize("device", ["tpu", "cuda:", "cuda:x", ""])
def test_an_unknown_device_is_refused(folder, device):
    with pytest.raises(TemporaryError, match="There is no device"):
        open_models(folder, device=device)


def test_cuda_is_used_only_where_it_really_loads(folder, monkeypatch):
    monkeypatch.setattr("allward_engine.device.cuda_loads", lambda index=0: False)
    assert open_models(folder, device="auto", threads=1).runtime.name == "OpenVINO CPU"
    with pytest.raises(TemporaryError, match="gets no GPU here"):
        open_models(folder, device="cuda:1")
