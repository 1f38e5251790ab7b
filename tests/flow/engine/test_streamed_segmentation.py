"""A streamed stage finds the same through a real engine, beside others of its model, as it does alone."""

import numpy as np
from tests.flow.engine.running import RunningEngine
from tests.unit.engine.graphs import folds, geometry, manifest, stage
from tests.unit.engine.test_streaming import NAMES, NNUNET, WINDOW, noise

from allward_engine.local import open_models, run_locally
from allward_engine.requests import SegmentRequest


def test_several_streamed_jobs_find_what_each_finds_alone(tmp_path):
    digest = {"s": folds(tmp_path, WINDOW, features=3, classes=9)}
    made = stage("s", window=WINDOW, labels=NAMES, **NNUNET, mirror=[1], finish_on="series")
    grid = geometry((30, 44, 40), spacing=(2.0, 1.0, 1.0))
    requests = [
        SegmentRequest(job_id=str(n), tenant="t", manifest=manifest([made], digest), geometry=grid)
        for n in range(3)
    ]
    volumes = [noise(grid.shape_kji, seed=n) for n in range(3)]
    models = open_models(tmp_path, device="cpu", threads=1)
    alone = [run_locally(r, v, models).labels_kji for r, v in zip(requests, volumes, strict=True)]
    with RunningEngine(tmp_path) as engine:
        asked = [engine.segment(r, v) for r, v in zip(requests, volumes, strict=True)]
        together = [one.result().labels_kji for one in asked]
    assert len(np.unique(alone[0])) >= 3
    for one, other in zip(alone, together, strict=True):
        assert (one != other).mean() < 1e-4
    assert (together[0] != together[1]).any()
