"""Labels that are made while windows run are those of a stage that holds every class at every voxel."""

import tracemalloc

import numpy as np
import pytest
from tests.unit.engine.graphs import bright, folds, geometry, manifest, stage

from allward_engine.local import open_models, run_locally
from allward_engine.operations.prepare import prepare
from allward_engine.requests import SegmentRequest
from allward_sdk.errors import BadInputError

WINDOW = (12, 10, 14)
NAMES = [f"label{n}" for n in range(1, 9)]
SCALE = {"do": "scale", "factor": 0.01}
NNUNET = {
    "threshold": None,
    "layout": "nnunet",
    "blend": "nnunet_gaussian",
    "overlap": 0.5,
    "activate": "blended",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def models(folder):
    return open_models(folder, device="onnxruntime", threads=1)


def run(models, spec, volume, grid, **more):
    request = SegmentRequest(job_id="1", tenant="t", manifest=spec, geometry=grid)
    return run_locally(request, volume, models, **more)


def noise(shape, seed=3):
    rng = np.random.default_rng(seed)
    coarse = rng.normal(scale=100, size=[n // 3 + 2 for n in shape])
    return np.kron(coarse, np.ones((3, 3, 3)))[tuple(slice(n) for n in shape)].astype(np.float32)


def both(models, folder, grid, volume, *, features=3, classes=9, **more):
    """Run a stage held and streamed; returns both label maps."""
    digest = {"s": folds(folder, WINDOW, features=features, classes=classes)}
    maps = []
    for finish in ("stage", "series"):
        made = stage("s", window=WINDOW, labels=NAMES[: classes - 1], **{**NNUNET, **more}, finish_on=finish)
        maps.append(run(models, manifest([made], digest), volume, grid).labels_kji)
    return maps


def share_of_difference(maps):
    held, streamed = maps
    assert len(np.unique(held)) >= 3
    return (held != streamed).mean()


@pytest.mark.parametrize("orientation", ["RAS", "LPS", "SAR", "IPL"])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, -1)])
@pytest.mark.parametrize(
    ("convention", "mm"),
    [("half_pixel", (1.5, 1.5, 1.5)), ("half_pixel", (0.8, 0.7, 2.0)), ("ends", (1.7, 1.3, 2.2))],
)
def test_streamed_labels_are_those_of_every_class_at_every_voxel(
    folder, models, orientation, flips, convention, mm
):
    grid = geometry((21, 33, 26), spacing=(2.0, 1.0, 1.2), flips=flips)
    resample = {"do": "resample", "spacing_mm": list(mm), "order": 3, "convention": convention}
    maps = both(
        models, folder, grid, noise(grid.shape_kji), prepare=[resample, SCALE], orientation=orientation
    )
    assert share_of_difference(maps) < 2e-4


def test_the_head_comes_last_where_there_are_fewer_features_and_first_elsewhere(folder, models):
    grid = geometry((21, 33, 26), spacing=(1.0, 1.0, 1.0))
    for features, headless in ((3, True), (9, False), (14, False)):
        maps = both(models, folder, grid, noise(grid.shape_kji), features=features, prepare=[SCALE])
        assert share_of_difference(maps) < 2e-4
        loaded = next(spec for spec in reversed(models._loaded) if spec.headless)
        assert (
            models._loaded[loaded].session.run(np.zeros((1, 1, *WINDOW), np.float32)).head is not None
        ) is headless


def test_a_mirrored_window_is_averaged_over_every_way_round(folder, models):
    grid = geometry((15, 22, 26), spacing=(1.0, 1.0, 1.0))
    volume = noise(grid.shape_kji)
    seen = []
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    made = stage(
        "s", window=WINDOW, labels=NAMES, **NNUNET, prepare=[SCALE], mirror=[0, 2], finish_on="series"
    )
    run(models, manifest([made], digest), volume, grid, on_progress=seen.append)
    plain = both(models, folder, grid, volume, prepare=[SCALE])
    mirrored = both(models, folder, grid, volume, prepare=[SCALE], mirror=[0, 2])
    assert share_of_difference(mirrored) < 2e-4
    assert (mirrored[1] != plain[1]).any()
    turned = both(
        models, folder, grid, volume[::-1, :, ::-1], prepare=[SCALE], orientation="SAR", mirror=[0, 2]
    )
    straight = both(models, folder, grid, volume, prepare=[SCALE], orientation="SAR", mirror=[0, 2])
    assert (turned[1][::-1, :, ::-1] != straight[1]).mean() < 0.01
    units = {p.units for p in seen if p.units and p.stage == "s"}
    assert units == {4 * 4 * 2 * 4}


@pytest.mark.parametrize("features", [2, 6])
def test_folds_are_averaged_with_their_heads_last_where_that_pays(folder, models, features):
    grid = geometry((15, 22, 26), spacing=(1.0, 1.3, 1.0))
    volume = noise(grid.shape_kji)
    names = ["s", "t", "u"]
    digests = {n: folds(folder, WINDOW, features=features, classes=9, seed=i) for i, n in enumerate(names)}
    maps = []
    for finish in ("stage", "series"):
        made = stage(
            "s", window=WINDOW, labels=NAMES, **NNUNET, prepare=[SCALE], also=names[1:], finish_on=finish
        )
        maps.append(run(models, manifest([made], digests), volume, grid).labels_kji)
    assert share_of_difference(maps) < 2e-4
    assert (maps[1] != both(models, folder, grid, volume, features=features, prepare=[SCALE])[1]).any()


def test_a_threshold_of_what_is_blended_before_it_is_activated(folder, models):
    grid = geometry((15, 22, 26), spacing=(1.0, 1.0, 1.0))
    more = {"threshold": 0.8, "activation": "sigmoid", "labels": ["a", "b", "c", "d"]}
    digest = {"s": folds(folder, WINDOW, features=3, classes=4)}
    maps = []
    for finish in ("stage", "series"):
        made = stage("s", window=WINDOW, prepare=[SCALE], **{**NNUNET, **more}, finish_on=finish)
        maps.append(run(models, manifest([made], digest), noise(grid.shape_kji), grid).labels_kji)
    assert len(np.unique(maps[0])) >= 3
    assert (maps[0] != maps[1]).mean() < 2e-4


def test_what_each_window_is_activated_to_is_blended_without_its_head(folder, models):
    grid = geometry((15, 22, 26), spacing=(1.0, 1.0, 1.0))
    maps = both(
        models,
        folder,
        grid,
        noise(grid.shape_kji),
        prepare=[SCALE],
        activation="softmax",
        activate="each_window",
    )
    assert share_of_difference(maps) < 2e-4


@pytest.mark.parametrize("shape", [(1, 30, 30), (5, 6, 7), (1, 1, 1), (40, 9, 30)])
def test_volumes_of_one_slice_and_smaller_than_the_window(folder, models, shape):
    grid = geometry(shape, spacing=(1.0, 1.0, 1.0))
    held, streamed = both(models, folder, grid, noise(shape), prepare=[SCALE])
    assert held.shape == shape
    assert (held != streamed).mean() < 2e-4


def blobs(grid):
    volume = np.zeros(grid.shape_kji, np.int16)
    volume[4:10, 6:16, 6:16] = 100
    volume[16:19, 20:24, 20:24] = 100
    return volume


def two_stages(folder, **more):
    first = stage("liver", window=WINDOW, labels=["liver"], prepare=[SCALE], finish_on="series", **more)
    second = stage(
        "tumour",
        window=WINDOW,
        labels=["tumour"],
        prepare=[SCALE],
        mask={"stage": "liver", "dilate_voxels": 0, "outside_value": 0.0},
        finish_on="series",
    )
    return manifest(
        [first, second],
        {"liver": bright(folder, WINDOW, above=0.5), "tumour": bright(folder, WINDOW, above=0.9)},
    )


def test_labels_are_cleaned_on_the_series_grid_and_mask_a_later_stage(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    result = run(models, two_stages(folder, clean=[{"do": "largest_component"}]), blobs(grid), grid)
    assert (result.labels_kji[4:10, 6:16, 6:16] == 2).all()
    assert (result.labels_kji > 0).sum() == 600
    assert result.stages_run == ("liver", "tumour")
    every = run(models, two_stages(folder), blobs(grid), grid).labels_kji
    assert (every > 0).sum() == 600 + 48


def test_an_empty_mask_means_that_the_later_stage_does_not_run(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    result = run(models, two_stages(folder), np.zeros(grid.shape_kji, np.int16), grid)
    assert result.stages_run == ("liver",)
    assert not result.labels_kji.any()


def test_several_models_become_one_map_from_one_prepared_image(folder, models, monkeypatch):
    prepared = []

    def note(operator, image):
        prepared.append(operator.do)
        return prepare(operator, image)

    monkeypatch.setattr("allward_engine.operations.segmentation.prepare", note)
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    volume = blobs(grid)
    volume[16:19, 20:24, 20:24] = 200
    parts = [
        stage(name, window=WINDOW, labels=[name], prepare=[SCALE], finish_on="series")
        for name in ("one", "two")
    ]
    digests = {"one": bright(folder, WINDOW, above=0.5), "two": bright(folder, WINDOW, above=1.5)}
    found = run(models, manifest(parts, digests), volume, grid).labels_kji
    assert prepared == ["scale"]
    assert (found[4:10, 6:16, 6:16] == 1).all()
    assert (found[16:19, 20:24, 20:24] == 2).all()
    assert (found > 0).sum() == 648


def test_outside_what_was_cropped_nothing_is_found(folder, models):
    grid = geometry((24, 33, 30), spacing=(1.0, 1.0, 1.0))
    digest = {"s": folds(folder, WINDOW, features=3, classes=9)}
    prepare = [
        {"do": "crop_to_nonzero"},
        {"do": "resample", "spacing_mm": [2.0, 2.0, 2.0], "order": 1, "convention": "half_pixel"},
    ]
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, prepare=prepare, finish_on="series")
    found = run(models, manifest([made], digest), blobs(grid), grid).labels_kji
    inside = np.zeros(grid.shape_kji, bool)
    inside[4:19, 6:24, 6:24] = True
    assert not found[~inside].any()
    assert found[inside].any()
    with pytest.raises(BadInputError, match="every voxel is 0"):
        run(models, manifest([made], digest), np.zeros(grid.shape_kji, np.int16), grid)


def test_memory_does_not_grow_with_the_number_of_slices(folder, models):
    window = (24, 32, 32)
    digest = {"s": folds(folder, window, features=3, classes=9)}
    made = stage("s", window=window, labels=NAMES, **NNUNET, orientation="SAR", finish_on="series")
    peaks = []
    for slices in (40, 160):
        grid = geometry((slices, 40, 40), spacing=(1.0, 1.0, 1.0))
        volume = noise(grid.shape_kji)
        tracemalloc.start()
        run(models, manifest([made], digest), volume, grid)
        peaks.append(tracemalloc.get_traced_memory()[1] - slices * 40 * 40)
        tracemalloc.stop()
    assert peaks[1] < 1.15 * peaks[0]
