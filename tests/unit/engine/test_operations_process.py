"""Every kind of result through a real engine process: boxes with outlines, and tiles stack by stack."""

import numpy as np
import pytest
from tests.unit.engine import nets
from tests.unit.engine.graphs import bright, geometry
from tests.unit.engine.processes import Engine
from tests.unit.engine.test_detection import balls, detector, found, lungs
from tests.unit.engine.test_tiles import COLOURS, ask, classify, corners, spec, tiles

from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest
from allward_engine.tile_stream import Stack, run_slide
from allward_sdk.errors import BadInputError


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    running = Engine(tmp_path_factory.mktemp("engine"), "--device", "openvino").wait_until_ready()
    yield running
    running.stop()


def test_candidates_and_outlines_come_back_as_they_do_in_process(engine):
    grid = geometry((24, 48, 48), spacing=(1.0, 1.0, 1.0))
    volume = balls(grid, [(12, 12, 12), (12, 36, 36)])
    volume[:, :26, :26] += 2.0
    digests = {
        "lungs": bright(engine.folder, (48, 48, 24), above=1.5),
        "nodules": nets.weigher(engine.folder, (24, 24, 24)),
    }
    less = [{"do": "scale", "factor": 1.0, "offset": -2.0}, {"do": "clip", "low": 0.0, "high": 1.0}]
    manifest = nets.manifest(
        [lungs((48, 48, 24)), detector(engine.folder, prepare=less, mask={"stage": "lungs"})],
        digests,
        ["lung", "nodule"],
    )
    request = SegmentRequest(job_id="1", tenant="t", manifest=manifest, geometry=grid)
    seen = []
    far = engine.client.segment(request, volume, on_progress=seen.append)
    near = run_locally(request, volume, open_models(engine.folder, device="openvino", threads=1))
    assert len(found(far)) == 1
    assert far.found == near.found
    assert (far.labels_kji == near.labels_kji).all()
    assert far.stages_run == ("lungs", "nodules")
    assert {progress.stage for progress in seen} == {"lungs", "nodules", "labels"}


def test_a_slide_goes_through_the_engine_stack_by_stack(engine):
    manifest = spec(engine.folder, classify(tiles={"tissue": {}, "batch": 2}))
    colours = [*COLOURS, *COLOURS]
    stacks = [
        Stack(tiles(colours[first : first + 4]), corners(10)[first : first + 4]) for first in range(0, 10, 4)
    ]
    result = run_slide(ask(manifest, 10), stacks, engine.client.segment)
    assert result.arrays["tissue.index"].tolist() == [0, 1, 3, 5, 6, 8]
    expected = np.asarray(colours, np.float32)[[0, 1, 3, 5, 6, 8]] / 255
    assert np.abs(result.arrays["tissue.probabilities"] - expected).max() < 1e-5
    assert result.labels_kji is None


def test_a_stack_without_tissue_is_answered_with_nothing(engine):
    manifest = spec(engine.folder, classify(tiles={"tissue": {}}))
    result = engine.client.segment(ask(manifest, 3), tiles([(255, 255, 255)] * 3))
    assert result.stages_run == ()
    assert result.arrays["tissue.probabilities"].shape == (0, 3)


def test_a_stack_of_another_shape_is_refused(engine):
    manifest = spec(engine.folder, classify())
    with pytest.raises(BadInputError, match="four"):
        engine.client.segment(ask(manifest, 3), np.zeros((3, 16, 24), np.uint8))
