"""What one stage finds is where the next one looks: masks, boxes, crops; judging, describing, mapping."""

import numpy as np
import pytest
from tests.unit.engine import nets
from tests.unit.engine.graphs import TITLE, bright, geometry
from tests.unit.engine.test_detection import ISOTROPIC, balls, detector, found, run

from allward_engine.local import open_models
from allward_engine.result_messages import result_message, result_of_message
from allward_engine.wire import close_all
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry

GRID = geometry((40, 60, 70), spacing=(1.5, 1.0, 1.0), flips=(-1, 1, -1))
PLACES = [(10.0, 15.0, 20.0), (28.0, 44.0, 52.0)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def models(folder):
    return open_models(folder, device="openvino", threads=1)


def phantom():
    """Two balls, the second one half as bright."""
    return np.maximum(balls(GRID, PLACES[:1]), 0.5 * balls(GRID, PLACES[1:])).astype(np.float32)


def finder(folder, **more):
    """Finds both balls whatever their brightness."""
    less = [*ISOTROPIC, {"do": "scale", "factor": 4.0}, {"do": "clip", "low": 0.0, "high": 1.0}]
    return detector(folder, prepare=less, **more)


def judging(window=(5, 5, 5), **more):
    output = {"name": "y", "activation": "sigmoid", "labels": ["bright"], **more.pop("output", {})}
    reading = nets.reading(window, prepare=ISOTROPIC, **more.pop("input", {}))
    return {"name": "judge", "operation": "classification", "input": reading, "output": output, **more}


def digests(folder, window=(5, 5, 5)):
    return {
        "nodules": nets.weigher(folder, (24, 24, 24)),
        "judge": nets.judge(folder, window, at=0.75, steep=10.0),
    }


def judged(folder, models, **more):
    spec = nets.manifest(
        [finder(folder), judging(input={"around": {"stage": "nodules"}, "batch": 2}, **more)],
        digests(folder),
        ["nodule", "bright"],
    )
    return run(models, spec, phantom(), GRID)


def nearest(candidate) -> int:
    return int(np.linalg.norm(GRID.to_lps_mm(PLACES) - candidate.centre_lps_mm, axis=1).argmin())


def test_each_candidate_is_judged_in_its_own_crop(folder, models):
    result = judged(folder, models)
    candidates = found(result)
    assert result.stages_run == ("nodules", "judge")
    # Within the balls the mean is 1 and 0.5: sigmoid(10 * 0.25) and sigmoid(-10 * 0.25).
    told = {nearest(each): each.classes["judge"]["bright"] for each in candidates}
    assert told == {0: pytest.approx(0.924, abs=0.01), 1: pytest.approx(0.076, abs=0.01)}
    assert [each.score for each in candidates] == pytest.approx([524 / 544] * 2, abs=0.02)


@pytest.mark.parametrize(
    ("how", "expected"), [("replace", 0.924), ("multiply", 0.924 * 0.963), ("mean", (0.924 + 0.963) / 2)]
)
def test_a_judge_rescores_candidates_and_drops_false_ones(folder, models, how, expected):
    result = judged(folder, models, rescore={"label": "bright", "how": how, "keep_above": 0.6})
    (candidate,) = found(result)
    assert nearest(candidate) == 0
    assert candidate.score == pytest.approx(expected, abs=0.02)


def test_a_judge_without_candidates_does_not_run(folder, models):
    spec = nets.manifest(
        [finder(folder), judging(input={"around": {"stage": "nodules"}})],
        digests(folder),
        ["nodule", "bright"],
    )
    result = run(models, spec, np.zeros(GRID.shape_kji, np.float32), GRID)
    assert result.stages_run == ("nodules",)
    assert found(result) == ()


def test_an_outline_is_drawn_inside_the_boxes_of_candidates_only(folder, models):
    volume = phantom()
    volume[35:38, 5:9, 5:9] = 1.0  # bright, and no ball large enough to be found
    outline = {
        "name": "outline",
        "operation": "sliding_window_segmentation",
        "input": {
            **nets.reading((70, 60, 40)),
            "mask": {"stage": "nodules", "dilate_voxels": 1, "outside_value": 0.0},
        },
        "output": {"name": "y", "threshold": 0.5, "labels": ["nodule"]},
    }
    spec = nets.manifest(
        [finder(folder, threshold=0.9), outline],
        {"nodules": nets.weigher(folder, (24, 24, 24)), "outline": bright(folder, (70, 60, 40), above=0.25)},
        ["nodule"],
    )
    result = run(models, spec, volume, GRID)
    assert not result.labels_kji[35:38, 5:9, 5:9].any()
    assert ((result.labels_kji == 1) == (phantom() > 0.25)).all()


def test_a_vector_for_each_candidate_bears_its_number(folder, models):
    reading = nets.reading((5, 5, 5), prepare=ISOTROPIC, around={"stage": "nodules"}, batch=4)
    vectors = {
        "name": "judge",
        "operation": "embedding",
        "input": reading,
        "output": {"name": "y", "length": 2, "normalise": True},
    }
    spec = nets.manifest([finder(folder), vectors], digests(folder), ["nodule"])
    result = run(models, spec, phantom(), GRID)
    numbers = [each.number for each in found(result)]
    record = result.found[-1]
    assert (record.kind, record.of) == ("vectors", "candidates")
    assert result.arrays[record.index].tolist() == numbers
    values = result.arrays[record.vectors]
    signs = {nearest(each): np.sign(row[0]) for each, row in zip(found(result), values, strict=True)}
    assert signs == {0: 1, 1: -1}
    assert np.linalg.norm(values, axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("orientation", ["RAS", "IPR"])
def test_a_volume_is_judged_by_its_best_window(folder, models, orientation):
    stage = judging(
        (12, 12, 12),
        over="best_window",
        best_of="bright",
        input={"orientation": orientation, "batch": 8},
        output={"labels": ["bright", "dark"], "choose": "several", "thresholds": [0.02, 0.98]},
    )
    spec = nets.manifest([stage], {"judge": nets.judge(folder, (12, 12, 12))}, ["bright", "dark"])
    (record,) = run(models, spec, phantom(), GRID).found
    assert record.kind == "classification"
    assert record.chosen == ("bright",)
    assert np.linalg.norm(GRID.to_lps_mm(PLACES)[0] - record.centre_lps_mm) < 8
    assert sum(record.probabilities.values()) == pytest.approx(1.0, abs=1e-6)


def test_the_middle_of_the_body_is_judged_and_what_is_too_large_is_refused(folder, models):
    grid = geometry((8, 8, 8), spacing=(1.0, 1.0, 1.0))
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[2:6, 2:6, 2:6] = 1.0
    plain = {**judging((4, 4, 4), output={"activation": "softmax", "labels": ["bright", "dark"]})}
    plain["input"] = nets.reading((4, 4, 4))
    spec = nets.manifest([plain], {"judge": nets.judge(folder, (4, 4, 4))}, ["bright", "dark"])
    with pytest.raises(BadInputError, match="larger than the plug-in can take"):
        run(models, spec, volume, grid)
    spec = nets.manifest(
        [{**plain, "larger_than_window": "cut"}], {"judge": nets.judge(folder, (4, 4, 4))}, ["bright", "dark"]
    )
    (record,) = run(models, spec, volume, grid).found
    assert record.chosen == ("bright",)
    assert record.centre_lps_mm == pytest.approx(grid.to_lps_mm([(3.5, 3.5, 3.5)])[0])


def test_temperature_softens_and_thresholds_can_leave_nothing_chosen(folder, models):
    grid = geometry((4, 4, 4), spacing=(1.0, 1.0, 1.0))
    stage = judging((4, 4, 4), output={"temperature": 5.0, "thresholds": [0.8]})
    stage["input"] = nets.reading((4, 4, 4))
    spec = nets.manifest([stage], {"judge": nets.judge(folder, (4, 4, 4))}, ["bright"])
    (record,) = run(models, spec, np.ones(grid.shape_kji, np.float32), grid).found
    assert record.probabilities["bright"] == pytest.approx(1 / (1 + np.exp(-1.0)), abs=1e-5)
    assert record.chosen == ()


@pytest.mark.parametrize("orientation", ["RAS", "LPS", "SAR"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_map_lies_where_the_volume_lies(folder, models, orientation, batch):
    grid = geometry((32, 24, 40), spacing=(2.0, 1.0, 0.5), flips=(1, -1, 1))
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[8:12, 4:8, 20:24] = 1.0
    stage = {
        "name": "map",
        "operation": "heatmap",
        "input": nets.reading((8, 8, 8), orientation=orientation, batch=batch),
        "output": {
            "name": "score", "labels": ["bright"], "stride": [4, 4, 4], "origin": [1.5, 1.5, 1.5],
            "overlap": 0.5, "meaning": TITLE,
        },
    }  # fmt: skip
    spec = nets.manifest([stage], {"map": nets.cells(folder, (8, 8, 8), 4)}, ["bright"])
    result = run(models, spec, volume, grid)
    (record,) = result.found
    values = result.arrays[record.values]
    assert values.shape == (1, 8, 6, 10)
    expected = volume.reshape(8, 4, 6, 4, 10, 4).mean(axis=(1, 3, 5))
    assert np.abs(values[0] - expected).max() < 1e-6
    lattice = Geometry((8, 6, 10), np.asarray(record.index_to_lps_mm), "1")
    assert lattice.to_lps_mm([(2, 1, 5)])[0] == pytest.approx(grid.to_lps_mm([(9.5, 5.5, 21.5)])[0])


def test_one_vector_stands_for_a_volume_and_survives_the_wire(folder, models):
    grid = geometry((8, 8, 8), spacing=(1.0, 1.0, 1.0))
    stage = {
        "name": "judge",
        "operation": "embedding",
        "input": nets.reading((4, 4, 4), batch=3),
        "output": {"name": "y", "length": 2},
    }
    spec = nets.manifest([stage], {"judge": nets.judge(folder, (4, 4, 4), at=0.0, steep=1.0)}, ["bright"])
    volume = np.random.default_rng(1).random(grid.shape_kji).astype(np.float32)
    result = run(models, spec, volume, grid)
    message, descriptors = result_message(result)
    try:
        back = result_of_message(message, list(descriptors))
    finally:
        close_all(list(descriptors))
    assert back.found == result.found
    assert back.labels_kji is None
    (record,) = back.found
    mean = volume.mean()
    assert back.arrays[record.vectors][0] == pytest.approx([mean, -mean], abs=1e-5)
    assert back.arrays[record.index].tolist() == [0]


def test_what_is_normalised_by_window_is_so_in_each_crop(folder, models):
    grid = geometry((8, 8, 8), spacing=(1.0, 1.0, 1.0))
    volume = np.random.default_rng(3).normal(40.0, 7.0, grid.shape_kji).astype(np.float32)
    stage = {
        "name": "judge",
        "operation": "embedding",
        "input": nets.reading((4, 4, 4), prepare=[{"do": "normalise", "scope": "window"}], batch=3),
        "output": {"name": "y", "length": 2},
    }
    spec = nets.manifest([stage], {"judge": nets.judge(folder, (4, 4, 4), at=1.0, steep=1.0)}, ["bright"])
    result = run(models, spec, volume, grid)
    assert result.arrays["judge.vectors"][0] == pytest.approx([-1.0, 1.0], abs=1e-5)
