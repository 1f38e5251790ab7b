"""Spheres are planted, nets with known answers look for them, and they come back where they are, in mm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine import nets
from tests.unit.engine.graphs import bright, ellipsoid, geometry

from allward_engine.local import open_models, run_locally
from allward_engine.operations.decode import Candidates
from allward_engine.operations.suppress import overlap, suppress
from allward_engine.requests import SegmentRequest
from allward_sdk.detection import ByDistance, ByOverlap
from allward_sdk.errors import BadInputError, PluginFaultError

NEAR = {"by": "distance", "within_mm": 12.0}
WEIGHED = {"kind": "dense", "scores": "score", "channels": [1], "offset": "shift", "size": "diameter"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def models(request, folder):
    return open_models(folder, device=request.param, threads=1)


def run(models, spec, volume, grid, **more):
    request = SegmentRequest(job_id="1", tenant="t", manifest=spec, geometry=grid)
    return run_locally(request, volume, models, **more)


def found(result, stage="nodules"):
    (detections,) = [each for each in result.found if each.kind == "detections" and each.stage == stage]
    return detections.candidates


def balls(grid, places, radius_mm=5.0):
    """A volume of zeros with balls of ones, soft over one voxel, at indices (k, j, i)."""
    volume = np.zeros(grid.shape_kji, np.float32)
    for place in places:
        edge_mm = (1 - ellipsoid(grid, place, (radius_mm,) * 3)) * radius_mm
        volume = np.maximum(volume, np.clip(edge_mm + 0.5, 0, 1).astype(np.float32))
    return volume


def detector(folder, window=(24, 24, 24), *, decode=None, suppress=None, overlap=0.5, **more):
    output = {
        "labels": ["nodule"],
        "decode": decode or {**WEIGHED, "size_unit": "voxel"},
        "overlap": overlap,
        "threshold": more.pop("threshold", 0.5),
        "suppress": suppress or NEAR,
        **more.pop("output", {}),
    }
    return {
        "name": "nodules",
        "operation": "detection_3d",
        "input": nets.reading(window, **more),
        "output": output,
    }


ISOTROPIC = [{"do": "resample", "spacing_mm": [1.0, 1.0, 1.0], "order": 1}]


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1)])
@pytest.mark.parametrize("orientation", ["RAS", "LPS", "SAR", "IPL"])
def test_planted_balls_come_back_in_the_patient_whatever_the_orientation(folder, models, flips, orientation):
    grid = geometry((40, 60, 70), spacing=(1.5, 1.0, 1.0), flips=flips)
    places = [(10.0, 15.0, 20.0), (28.0, 44.0, 52.0)]
    stage = detector(folder, orientation=orientation, prepare=ISOTROPIC)
    spec = nets.manifest([stage], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"])
    candidates = found(run(models, spec, balls(grid, places), grid))
    assert len(candidates) == 2
    truth = grid.to_lps_mm(places)
    for candidate in candidates:
        off_mm = np.linalg.norm(truth - candidate.centre_lps_mm, axis=1).min()
        assert off_mm < 0.3
        assert candidate.diameter_mm == pytest.approx(10.0, abs=0.6)
        assert candidate.size_kji_mm == pytest.approx((candidate.diameter_mm,) * 3, rel=0.05)
        assert candidate.score == pytest.approx(524 / 544, abs=0.01)


def test_a_point_without_size_is_a_point(folder, models):
    grid = geometry((30, 30, 30), spacing=(1.0, 1.0, 1.0))
    decode = {"kind": "dense", "scores": "score", "channels": [1], "offset": "shift"}
    spec = nets.manifest(
        [detector(folder, decode=decode)], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"]
    )
    (candidate,) = found(run(models, spec, balls(grid, [(14, 15, 16)]), grid))
    assert candidate.size_kji_mm is None
    assert candidate.diameter_mm is None


def test_attributes_are_scaled_as_declared(folder, models):
    grid = geometry((24, 24, 24), spacing=(1.0, 1.0, 1.0))
    attribute = {"name": "mass", "output": "weight", "factor": 0.5, "offset": 1.0}
    stage = detector(folder, output={"attributes": [attribute]})
    spec = nets.manifest([stage], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"])
    volume = balls(grid, [(12, 12, 12)])
    (candidate,) = found(run(models, spec, volume, grid))
    assert candidate.attributes == {"mass": pytest.approx(0.5 * volume.sum() + 1, rel=1e-4)}


@pytest.mark.parametrize("orientation", ["RAS", "SPL"])
def test_a_grid_of_cells_is_read_with_its_stride_sizes_and_offsets(folder, models, orientation):
    grid = geometry((32, 32, 32), spacing=(2.0, 1.0, 0.5))
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[8:12, 16:20, 20:24] = 1.0  # one cell of four voxels, whatever way the axes run
    decode = {
        "kind": "grid", "scores": "score", "size": "size", "size_unit": "voxel", "stride": [4, 4, 4],
        "origin": [1.5, 1.5, 1.5], "offset": "shift", "offset_unit": "cell",
    }  # fmt: skip
    stage = detector(folder, (16, 16, 16), decode=decode, overlap=0.0, orientation=orientation)
    spec = nets.manifest([stage], {"nodules": nets.cells(folder, (16, 16, 16), 4)}, ["nodule"])
    (candidate,) = found(run(models, spec, volume, grid))
    assert candidate.score == pytest.approx(1.0)
    # The model's axes, +1 voxel along the first and -1 along the last, sizes 2, 4 and 6 voxels.
    shift_kji, size_kji = {"RAS": ((-1, 0, -1), (12.0, 4.0, 1.0)), "SPL": ((1, 0, -1), (4.0, 4.0, 3.0))}[
        orientation
    ]
    centre = np.asarray([9.5, 17.5, 21.5]) + shift_kji
    assert candidate.centre_lps_mm == pytest.approx(grid.to_lps_mm([centre])[0], abs=1e-4)
    assert candidate.size_kji_mm == pytest.approx(size_kji, rel=1e-5)


@pytest.mark.parametrize("layout", ["map", "list"])
def test_anchors_are_corrected_as_retinanet_codes_them(folder, models, layout):
    grid = geometry((16, 16, 16), spacing=(1.0, 1.0, 1.0), flips=(1, -1, -1))  # RAS is then (i, j, k)
    volume = np.zeros(grid.shape_kji, np.float32)
    volume[4:8, 8:12, 12:16] = 1.0
    deltas = [[0.5, 0, -0.5, np.log(2), 0, np.log(0.5)], [0] * 6]
    level = {"scores": "score", "boxes": "box", "stride": [4, 4, 4], "anchors": [[4, 8, 8], [2, 2, 2]]}
    decode = {
        "kind": "anchors", "layout": layout, "score_channels": 2, "channels": [1],
        "weights": [2, 1, 1, 1, 1, 1], "levels": [level],
    }  # fmt: skip
    stage = detector(
        folder,
        (16, 16, 16),
        decode=decode,
        suppress={"by": "overlap", "above": 0.3},
        overlap=0.0,
        threshold=0.4,
    )
    spec = nets.manifest(
        [stage], {"nodules": nets.anchored(folder, (16, 16, 16), 4, deltas, layout=layout)}, ["nodule"]
    )
    big, small = found(run(models, spec, volume, grid))
    assert (big.score, small.score) == (pytest.approx(1.0), pytest.approx(0.5))
    # Cell (3, 2, 1) of the model; its anchor is moved by 4 * 0.5 / 2 and 8 * -0.5 voxels.
    assert big.centre_lps_mm == pytest.approx(grid.to_lps_mm([(4 - 4, 8, 12 + 1)])[0])
    assert big.size_kji_mm == pytest.approx((8 * 0.5, 8.0, 4 * 2.0))
    assert small.centre_lps_mm == pytest.approx(grid.to_lps_mm([(4, 8, 12)])[0])
    assert small.size_kji_mm == pytest.approx((2.0, 2.0, 2.0))


def test_batches_give_what_one_by_one_gives(folder, models):
    grid = geometry((40, 50, 60), spacing=(1.5, 1.0, 1.0))
    volume = balls(grid, [(10, 15, 20), (20, 34, 40), (33, 12, 50)])
    digest = {"nodules": nets.weigher(folder, (24, 24, 24))}
    one = found(run(models, nets.manifest([detector(folder)], digest, ["nodule"]), volume, grid))
    many = found(run(models, nets.manifest([detector(folder, batch=7)], digest, ["nodule"]), volume, grid))
    assert len(one) >= 3
    for a, b in zip(one, many, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-6)
        assert a.centre_lps_mm == pytest.approx(b.centre_lps_mm, abs=1e-4)


def lungs(window, **more):
    return {
        "name": "lungs",
        "operation": "sliding_window_segmentation",
        "input": nets.reading(window, prepare=[{"do": "clip", "low": 0.0, "high": 10.0}]),
        "output": {"name": "y", "threshold": 0.5, "labels": ["lung"], **more},
    }


def test_windows_run_only_where_an_earlier_mask_is_and_candidates_lie_inside_it(folder, models):
    grid = geometry((40, 48, 48), spacing=(1.0, 1.0, 1.0))
    volume = balls(grid, [(12, 12, 12), (12, 36, 36)])
    volume[0:26, 0:26, 0:26] += 2.0  # the lung of this phantom: everything is 2 brighter
    digests = {
        "lungs": bright(folder, (48, 48, 40), above=1.5),
        "nodules": nets.weigher(folder, (24, 24, 24)),
    }
    less = [{"do": "scale", "factor": 1.0, "offset": -2.0}, {"do": "clip", "low": 0.0, "high": 1.0}]
    seen = []
    inside = detector(folder, prepare=less, mask={"stage": "lungs"})
    spec = nets.manifest([lungs((48, 48, 40)), inside], digests, ["lung", "nodule"])
    result = run(models, spec, volume, grid, on_progress=seen.append)
    (candidate,) = found(result)
    assert np.linalg.norm(grid.to_lps_mm([(12, 12, 12)])[0] - candidate.centre_lps_mm) < 0.5
    assert result.stages_run == ("lungs", "nodules")
    assert (result.labels_kji == (volume > 1.5)).all()
    assert max(p.units or 0 for p in seen if p.stage == "nodules") < 3 * 3 * 3
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)


def test_where_the_mask_is_empty_nothing_is_looked_for_and_that_is_told(folder, models):
    grid = geometry((24, 24, 24), spacing=(1.0, 1.0, 1.0))
    digests = {
        "lungs": bright(folder, (24, 24, 24), above=1.5),
        "nodules": nets.weigher(folder, (24, 24, 24)),
    }
    spec = nets.manifest(
        [lungs((24, 24, 24)), detector(folder, mask={"stage": "lungs"})], digests, ["lung", "nodule"]
    )
    result = run(models, spec, balls(grid, [(12, 12, 12)]), grid)
    assert result.stages_run == ("lungs",)
    assert result.found == ()
    assert not result.labels_kji.any()


def test_nothing_found_is_an_empty_list_not_a_missing_one(folder, models):
    grid = geometry((24, 24, 24), spacing=(1.0, 1.0, 1.0))
    spec = nets.manifest([detector(folder)], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"])
    result = run(models, spec, np.zeros(grid.shape_kji, np.float32), grid)
    assert found(result) == ()
    assert result.stages_run == ("nodules",)
    assert result.labels_kji is None


def test_a_volume_of_one_slice_and_one_smaller_than_the_window_are_padded(folder, models):
    spec = nets.manifest(
        [detector(folder, threshold=0.3)], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"]
    )
    grid = geometry((1, 20, 20), spacing=(1.0, 1.0, 1.0))
    (candidate,) = found(run(models, spec, balls(grid, [(0, 9, 11)]), grid))
    assert np.abs(grid.to_lps_mm([(0, 9, 11)])[0] - candidate.centre_lps_mm).max() < 0.2


@pytest.mark.parametrize(
    ("volume", "error", "match"),
    [
        (np.full((24, 24, 24), np.nan, np.float32), BadInputError, "not numbers"),
        (np.zeros((24, 24, 23), np.float32), BadInputError, "geometry says"),
    ],
)
def test_bad_images_are_refused(folder, models, volume, error, match):
    grid = geometry((24, 24, 24), spacing=(1.0, 1.0, 1.0))
    spec = nets.manifest([detector(folder)], {"nodules": nets.weigher(folder, (24, 24, 24))}, ["nodule"])
    with pytest.raises(error, match=match):
        run(models, spec, volume, grid)


def test_a_model_that_answers_nan_or_another_shape_or_no_probability_is_the_vendors_fault(folder, models):
    grid = geometry((24, 24, 24), spacing=(1.0, 1.0, 1.0))
    volume = np.zeros(grid.shape_kji, np.float32)
    dense = {"kind": "dense", "scores": "y", "size_mm": 5.0}
    spec = nets.manifest(
        [detector(folder, decode=dense)], {"nodules": nets.broken(folder, (24, 24, 24))}, ["nodule"]
    )
    with pytest.raises(PluginFaultError, match="NaN"):
        run(models, spec, volume, grid)
    grid_of = {"kind": "grid", "scores": "score", "stride": [8, 8, 8]}
    spec = nets.manifest(
        [detector(folder, decode=grid_of)], {"nodules": nets.cells(folder, (24, 24, 24), 4)}, ["nodule"]
    )
    with pytest.raises(PluginFaultError, match="manifest says"):
        run(models, spec, volume, grid)
    spec = nets.manifest(
        [detector(folder, decode={"kind": "dense", "scores": "weight"})],
        {"nodules": nets.weigher(folder, (24, 24, 24))},
        ["nodule"],
    )
    with pytest.raises(PluginFaultError, match="where probabilities belong"):
        run(models, spec, volume + 1, grid)


# --- suppression -------------------------------------------------------------------------------------------

BOX = st.tuples(
    st.floats(0, 1),
    st.integers(0, 1),
    st.tuples(*[st.floats(0, 40)] * 3),
    st.tuples(*[st.floats(0.5, 20)] * 3),
)


def candidates(boxes) -> Candidates:
    return Candidates(
        score=np.asarray([b[0] for b in boxes], np.float64),
        label=np.asarray([b[1] for b in boxes], np.int64),
        centre=np.asarray([b[2] for b in boxes], np.float64).reshape(-1, 3),
        size_mm=np.asarray([b[3] for b in boxes], np.float64).reshape(-1, 3),
        attributes=np.zeros((len(boxes), 0)),
    )


def plainly(ranked: Candidates, rule, voxel_mm) -> list[int]:
    """Greedy suppression, every pair compared."""
    kept: list[int] = []
    centre = ranked.centre * voxel_mm
    for n in range(len(ranked)):
        for m in kept:
            if not rule.across_labels and ranked.label[m] != ranked.label[n]:
                continue
            if isinstance(rule, ByDistance):
                same = np.linalg.norm(centre[m] - centre[n]) <= rule.within_mm
            else:
                same = overlap(centre[m], ranked.size_mm[m], centre[[n]], ranked.size_mm[[n]])[0] > rule.above
            if same:
                break
        else:
            kept.append(n)
    return kept


@settings(max_examples=60, deadline=None)
@given(
    boxes=st.lists(BOX, max_size=40),
    rule=st.one_of(
        st.builds(
            ByDistance, by=st.just("distance"), within_mm=st.floats(1, 20), across_labels=st.booleans()
        ),
        st.builds(ByOverlap, by=st.just("overlap"), above=st.floats(0, 0.9), across_labels=st.booleans()),
    ),
)
def test_suppression_equals_comparing_every_pair(boxes, rule):
    voxel_mm = np.asarray([1.0, 0.7, 2.0])
    ranked = candidates(boxes).ranked()
    kept = suppress(candidates(boxes), rule, voxel_mm=voxel_mm, most=1000)
    expected = ranked.take(np.asarray(plainly(ranked, rule, voxel_mm), np.int64))
    assert kept.score.tolist() == expected.score.tolist()
    assert kept.centre.tolist() == expected.centre.tolist()


@settings(max_examples=30, deadline=None)
@given(boxes=st.lists(BOX, min_size=1, max_size=20), seed=st.integers(0, 99))
def test_the_order_of_candidates_does_not_matter(boxes, seed):
    rule = ByOverlap(by="overlap", above=0.1)
    mixed = [boxes[n] for n in np.random.default_rng(seed).permutation(len(boxes))]
    a, b = (suppress(candidates(each), rule, voxel_mm=np.ones(3), most=5) for each in (boxes, mixed))
    assert a.centre.tolist() == b.centre.tolist()


def test_a_group_can_be_joined_at_its_mean_weighted_with_the_scores():
    boxes = [
        (0.9, 0, (10.0, 10.0, 10.0), (8.0, 8.0, 8.0)),
        (0.6, 0, (13.0, 10.0, 10.0), (5.0, 8.0, 8.0)),
        (0.8, 0, (40.0, 40.0, 40.0), (6.0, 6.0, 6.0)),
        (0.3, 1, (11.0, 10.0, 10.0), (4.0, 4.0, 4.0)),
    ]
    rule = ByDistance(by="distance", within_mm=5.0, join="mean")
    kept = suppress(candidates(boxes), rule, voxel_mm=np.ones(3), most=10)
    assert kept.score.tolist() == [0.9, 0.8, 0.3]
    assert kept.centre[0] == pytest.approx([11.2, 10.0, 10.0])
    assert kept.size_mm[0] == pytest.approx([6.8, 8.0, 8.0])
    assert kept.centre[1] == pytest.approx([40.0] * 3)


def test_known_overlaps():
    one = np.asarray([[10.0, 10.0, 10.0]])
    assert overlap(one[0], one[0], one, one)[0] == 1.0
    assert overlap(one[0], one[0], one + [5, 0, 0], one)[0] == pytest.approx(1 / 3)
    assert overlap(one[0], one[0], one + [10, 0, 0], one)[0] == 0.0
    assert overlap(one[0], one[0] * 0, one, one * 0)[0] == 0.0


def test_many_candidates_are_suppressed_quickly_and_no_more_than_asked_for_stay():
    rng = np.random.default_rng(1)
    n = 20_000
    crowd = Candidates(
        score=rng.random(n),
        label=np.zeros(n, np.int64),
        centre=rng.random((n, 3)) * 300,
        size_mm=rng.uniform(3, 30, (n, 3)),
        attributes=np.zeros((n, 0)),
    )
    kept = suppress(crowd, ByOverlap(by="overlap", above=0.1), voxel_mm=np.ones(3), most=300)
    assert len(kept) == 300
    assert (np.diff(kept.score) <= 0).all()
