"""Stacks of tiles whose colours are known: which are read, what is said of each, and the map of a slide."""

import numpy as np
import pytest
from tests.unit.engine import nets
from tests.unit.engine.graphs import TITLE, geometry

from allward_engine.local import open_models, run_locally
from allward_engine.operations.tissue import tissue_share
from allward_engine.requests import SegmentRequest
from allward_engine.tile_requests import TileRequest, request_from_json
from allward_engine.tile_stream import Stack, run_slide
from allward_sdk.errors import BadInputError, PluginFaultError
from allward_sdk.manifest import Manifest
from allward_sdk.tiles import Tissue

LABELS = ["red", "green", "blue"]
TILE = (16, 24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def models(request, folder):
    return open_models(folder, device=request.param, threads=1)


def tiles(colours) -> np.ndarray:
    """One plain tile for each colour."""
    stack = np.zeros((len(colours), *TILE, 3), np.uint8)
    stack[:] = np.asarray(colours, np.uint8)[:, None, None, :]
    return stack


COLOURS = [(200, 20, 60), (30, 180, 10), (255, 255, 255), (5, 60, 250), (128, 128, 128)]


def classify(name="tissue", **more):
    reading = {
        "name": "x", "layout": "channels_first", "tile": list(TILE), "mpp": 0.5, **more.pop("tiles", {}),
    }  # fmt: skip
    output = {"name": "y", "labels": LABELS, **more.pop("output", {})}
    return {"name": name, "operation": "tile_classification", "tiles": reading, "output": output, **more}


def spec(folder, *stages, layout="channels_first", **nets_by_name):
    digests = {stage["name"]: nets.colours(folder, TILE, layout=layout) for stage in stages}
    return nets.manifest(list(stages), {**digests, **nets_by_name}, LABELS, wants={"modality": ["SM"]})


def corners(n, columns=3, step=(16, 24)):
    return tuple((n // columns * step[0], n % columns * step[1]) for n in range(n))


def ask(manifest, n, **more):
    return TileRequest(
        job_id="1", tenant="t", manifest=manifest, corners_px=corners(n), **{"mpp": 0.5, **more}
    )


@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
@pytest.mark.parametrize("colours", ["rgb", "bgr"])
@pytest.mark.parametrize("batch", [1, 2, 32])
def test_tiles_come_to_the_model_as_declared(folder, models, layout, colours, batch):
    stage = classify(tiles={"layout": layout, "colours": colours, "batch": batch})
    result = run_locally(ask(spec(folder, stage, layout=layout), 5), tiles(COLOURS), models)
    (record,) = result.found
    expected = np.asarray(COLOURS, np.float32) / 255
    told = result.arrays[record.probabilities]
    assert np.abs(told - (expected if colours == "rgb" else expected[:, ::-1])).max() < 1e-5
    assert result.arrays[record.index].tolist() == [0, 1, 2, 3, 4]
    assert result.stages_run == ("tissue",)
    assert result.labels_kji is None


def test_mean_and_spread_are_taken_off(folder, models):
    scale = {"factor": 1.0, "mean": [10.0, 20.0, 30.0], "std": [400.0, 200.0, 800.0]}
    stage = classify(tiles=scale)
    colours = [(210, 120, 130)]
    result = run_locally(ask(spec(folder, stage), 1), tiles(colours), models)
    assert result.arrays["tissue.probabilities"][0] == pytest.approx([0.5, 0.5, 0.125], abs=1e-5)


def test_glass_and_grey_are_left_out_and_have_no_result(folder, models):
    stage = classify(tiles={"tissue": {"saturation_above": 0.07}})
    result = run_locally(ask(spec(folder, stage), 5), tiles(COLOURS), models)
    assert result.arrays["tissue.index"].tolist() == [0, 1, 3]
    assert len(result.arrays["tissue.probabilities"]) == 3


def test_the_share_of_tissue_is_counted_by_pixels():
    tile = np.full((10, 10, 3), 255, np.uint8)
    tile[:4] = (200, 100, 150)  # tissue
    tile[4:6] = (10, 2, 8)  # a pen's black
    assert tissue_share(tile, Tissue()) == pytest.approx(0.4)
    assert tissue_share(tile, Tissue(brightness_above=0.0)) == pytest.approx(0.6)
    assert tissue_share(np.zeros((4, 4, 3), np.uint8), Tissue()) == 0.0


def test_a_later_stage_reads_only_the_tiles_of_a_class(folder, models):
    vectors = {
        "name": "vectors",
        "operation": "embedding",
        "tiles": {
            "name": "x", "layout": "channels_first", "tile": list(TILE), "mpp": 0.5, "batch": 4,
            "where": {"stage": "tissue", "label": "red", "above": 0.45},
        },
        "output": {"name": "y", "length": 3},
    }  # fmt: skip
    manifest = spec(folder, classify(tiles={"tissue": {}}), vectors)
    result = run_locally(ask(manifest, 5), tiles(COLOURS), models)
    assert result.arrays["vectors.index"].tolist() == [0]
    assert result.arrays["vectors.vectors"][0] == pytest.approx(np.asarray(COLOURS[0]) / 255, abs=1e-5)
    nothing = run_locally(ask(manifest, 2), tiles([(255, 255, 255)] * 2), models)
    assert nothing.stages_run == ()
    assert nothing.arrays["vectors.vectors"].shape == (0, 3)


def test_a_slide_in_stacks_gives_what_one_stack_gives_and_a_map(folder, models):
    heat = {"labels": ["blue", "red"], "stride_px": [16, 24], "meaning": TITLE}
    manifest = spec(folder, classify(tiles={"tissue": {}, "batch": 2}, heat_map=heat))
    rng = np.random.default_rng(2)
    colours = rng.integers(0, 256, (11, 3))
    colours[4] = 255
    whole, places = tiles(colours), corners(11)
    held = []

    def run_one(request, stack):
        held.append(len(stack))
        return run_locally(request, stack, models)

    def stacks(size):
        for first in range(0, len(whole), size):
            yield Stack(whole[first : first + size], places[first : first + size])

    one = run_slide(ask(manifest, 11), stacks(11), run_one)
    many = run_slide(ask(manifest, 11), stacks(3), run_one)
    assert held == [11, 3, 3, 3, 2]
    assert one.arrays["tissue.index"].tolist() == many.arrays["tissue.index"].tolist()
    assert 4 not in one.arrays["tissue.index"]
    assert np.abs(one.arrays["tissue.probabilities"] - many.arrays["tissue.probabilities"]).max() < 1e-6
    drawn, record = many.arrays["tissue.map"], many.found[-1]
    assert drawn.shape == (2, 4, 3)
    assert np.isnan(drawn[:, 1, 1]).all()  # glass
    assert np.isnan(drawn[:, 3, 2]).all()  # no tile
    assert drawn[:, 2, 0] == pytest.approx(colours[6, [2, 0]] / 255, abs=1e-5)
    assert (record.kind, record.corner_px, record.labels) == ("slide_map", (0, 0), ("blue", "red"))


def test_tiles_off_the_grid_of_a_map_are_refused(folder, models):
    heat = {"labels": ["red"], "stride_px": [16, 24], "meaning": TITLE}
    manifest = spec(folder, classify(heat_map=heat))
    stack = Stack(tiles(COLOURS[:2]), ((0, 0), (16, 23)))
    with pytest.raises(BadInputError, match="do not lie"):
        run_slide(ask(manifest, 2), [stack], lambda request, each: run_locally(request, each, models))
    with pytest.raises(BadInputError, match="no tiles"):
        run_slide(ask(manifest, 2), [], lambda request, each: run_locally(request, each, models))


@pytest.mark.parametrize(
    ("stack", "more", "match"),
    [
        (np.zeros((2, 16, 16, 3), np.uint8), {}, "tiles of"),
        (np.zeros((2, *TILE, 3), np.float32), {}, "of bytes"),
        (np.zeros((2, *TILE, 4), np.uint8), {}, "of bytes"),
        (np.zeros((0, *TILE, 3), np.uint8), {}, "of bytes"),
        (np.zeros((3, *TILE, 3), np.uint8), {}, "places"),
        (np.zeros((2, *TILE, 3), np.uint8), {"mpp": 0.25}, "micrometres"),
        (np.zeros((2, *TILE, 3), np.uint8), {"mpp": float("nan")}, "micrometres"),
    ],
)
def test_tiles_that_the_plugin_does_not_read_are_refused(folder, models, stack, more, match):
    with pytest.raises(BadInputError, match=match):
        run_locally(ask(spec(folder, classify()), 2, **more), stack, models)


def test_a_volume_for_a_plugin_of_tiles_is_refused_and_the_other_way_round(folder, models):
    grid = geometry((4, 4, 4))
    volume = SegmentRequest(job_id="1", tenant="t", manifest=spec(folder, classify()), geometry=grid)
    with pytest.raises(BadInputError, match="was given a volume"):
        run_locally(volume, np.zeros((4, 4, 4), np.float32), models)
    stage = {
        "name": "judge",
        "operation": "classification",
        "input": nets.reading((4, 4, 4)),
        "output": {"name": "y", "activation": "softmax", "labels": LABELS[:2]},
    }
    manifest = nets.manifest([stage], {"judge": nets.judge(folder, (4, 4, 4))}, LABELS)
    with pytest.raises(BadInputError, match="was given tiles"):
        run_locally(ask(manifest, 5), tiles(COLOURS), models)


def test_scores_where_probabilities_belong_are_the_vendors_fault(folder, models):
    manifest = spec(folder, classify(), tissue=nets.colours(folder, TILE, factor=3.0))
    with pytest.raises(PluginFaultError, match="activation"):
        run_locally(ask(manifest, 5), tiles(COLOURS), models)


def test_a_request_of_either_kind_comes_back_from_json(folder):
    request = ask(spec(folder, classify()), 5, level=2)
    assert request_from_json(request.to_json()) == request
    with pytest.raises(BadInputError, match="not well formed"):
        request_from_json({**request.to_json(), "tiles": {"mpp": 1}})


def test_a_batch_larger_than_the_declared_memory_is_the_vendors_fault(folder, models):
    few = {"device_memory_mib": 0, "memory_mib": 1, "timeout_s": 60}
    small = spec(folder, classify(tiles={"batch": 64}))
    assert run_locally(ask(small, 5), tiles(COLOURS), models).found
    large = small.model_dump() | {"resources": few}
    large["stages"][0]["tiles"]["tile"] = (64, 64)
    with pytest.raises(PluginFaultError, match="batch of tiles takes 3 MiB"):
        run_locally(ask(Manifest.model_validate(large), 1), np.zeros((1, 64, 64, 3), np.uint8), models)
