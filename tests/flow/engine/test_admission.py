"""What does not fit waits and is told so; urgent work is let in; nothing is loaded that does not fit."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tests.flow.engine.running import TINY, RunningEngine, heavy_net, net, request_of, voxels_of

from allward_engine.requests import Priority
from allward_sdk.errors import CanceledError, PluginFaultError


@pytest.fixture
def engine(tmp_path):
    with RunningEngine(tmp_path, "--host-memory-mib", "250") as running:
        yield running


@pytest.fixture
def slow(tmp_path):
    return net(tmp_path, channels=24, layers=3)


def state_of(engine, job_id):
    job = engine.job(job_id)
    return None if job is None else job["state"]


def test_a_job_that_does_not_fit_is_deferred_and_then_run(engine, slow):
    first = engine.segment(request_of(slow, job_id="first", memory_mib=200), voxels_of())
    first.wait_for_unit(1)
    second = engine.segment(request_of(slow, job_id="second", memory_mib=100), voxels_of(1))
    third = engine.segment(request_of(slow, job_id="third", memory_mib=10), voxels_of(2))
    engine.wait(lambda: state_of(engine, "second") == "deferred")
    engine.wait(lambda: state_of(engine, "third") == "deferred")  # it does not overtake
    ledger = engine.client.status()["host_ledger"]
    assert ledger["reserved_bytes"] == 200 * 2**20
    assert ledger["free_bytes"] == ledger["capacity_bytes"] - ledger["reserved_bytes"]
    for asked, seed in ((first, 0), (second, 1), (third, 2)):
        assert np.array_equal(asked.result().labels_kji, voxels_of(seed) > 50)
    assert engine.client.status()["host_ledger"]["reserved_bytes"] == 0


def test_a_job_that_can_never_fit_is_refused_in_words(engine, slow):
    with pytest.raises(PluginFaultError, match=r"declares 300 MiB .* this engine has 250 MiB"):
        engine.client.segment(request_of(slow, memory_mib=300), voxels_of())


def test_an_urgent_job_takes_the_place_of_one_that_is_not(engine, slow):
    bulk = engine.segment(request_of(slow, job_id="bulk", memory_mib=200), voxels_of())
    bulk.wait_for_unit(2)
    stat = request_of(slow, job_id="stat", memory_mib=200, priority=Priority.STAT, shape=(24, 24, 24))
    voxels = voxels_of(1, (24, 24, 24))
    assert np.array_equal(engine.client.segment(stat, voxels).labels_kji, voxels > 50)
    assert not bulk.future.done()
    assert np.array_equal(bulk.result().labels_kji, voxels_of() > 50)


def test_cancel_gives_everything_back_within_a_unit(engine, slow):
    before = descriptors(engine)
    stop = threading.Event()
    asked = engine.segment(request_of(slow, memory_mib=200), voxels_of(), is_cancelled=stop.is_set)
    asked.wait_for_unit(2)
    stop.set()
    with pytest.raises(CanceledError):
        asked.result()
    engine.wait(lambda: engine.client.status()["jobs"] == [])
    assert engine.client.status()["host_ledger"]["reserved_bytes"] == 0
    assert engine.client.status()["counters"]["jobs_canceled_total"] == 1
    engine.wait(lambda: descriptors(engine) <= before + 1)


def test_models_beyond_the_devices_memory_take_turns(tmp_path):
    nets = [heavy_net(tmp_path, number) for number in range(5)]
    with RunningEngine(tmp_path, "--device-memory-mib", "100") as engine:
        voxels = voxels_of(shape=TINY)
        seen = []
        for digest in nets * 2:
            asked = engine.segment(request_of(digest, shape=TINY, window=TINY), voxels)
            while not asked.future.done():
                seen.append(engine.client.status()["ledger"])
                time.sleep(0.005)
            assert asked.result().labels_kji.any()
        assert engine.client.status()["counters"]["evictions_total"] > 0
        assert all(0 <= ledger["reserved_bytes"] <= ledger["capacity_bytes"] for ledger in seen)
        assert max(ledger["reserved_bytes"] for ledger in seen) > 50 * 2**20
    with (
        RunningEngine(tmp_path, "--device-memory-mib", "10") as engine,
        pytest.raises(PluginFaultError, match=r"takes 20 MiB; the engine's device has 10 MiB"),
    ):
        engine.client.segment(request_of(nets[0], shape=TINY, window=TINY), voxels)


def descriptors(engine):
    return len(os.listdir(Path(f"/proc/{engine.front.pid}/fd")))
