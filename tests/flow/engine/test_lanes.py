"""Two lanes: urgent work does not wait for bulk work; and nobody outlives whom it serves."""

import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.flow.engine.running import TINY, RunningEngine, heavy_net, is_alive, net, request_of, voxels_of

from allward_engine.requests import Priority
from allward_sdk.errors import TemporaryError

SMALL = (24, 24, 24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("e")


@pytest.fixture(scope="module")
def engine(folder):
    with RunningEngine(folder) as running:
        yield running


def urgent(folder):
    return request_of(net(folder, channels=4, layers=1), job_id="stat", priority=Priority.STAT, shape=SMALL)


def test_urgent_work_is_served_while_bulk_work_fills_its_lane(engine, folder):
    engine.client.segment(urgent(folder), voxels_of(shape=SMALL))  # its model is loaded
    heavy = net(folder, channels=64, layers=6)
    bulk = engine.segment(request_of(heavy, job_id="bulk"), voxels_of())
    engine.wait(lambda: engine.stands_still_in("bulk"))
    assert {lane["name"] for lane in engine.client.status()["lanes"]} == {"urgent", "bulk"}
    for _ in range(5):
        engine.client.segment(urgent(folder), voxels_of(shape=SMALL))
    assert not bulk.future.done()
    job = engine.job("bulk")
    assert job["lane"] == "bulk"
    assert job["progress"]["unit"] < 27
    models = {(m["lane"], m["state"]) for m in engine.client.status()["models"]}
    assert models == {("urgent", "resident"), ("bulk", "resident")}
    engine.kill_worker("bulk", signal.SIGCONT)
    bulk.result(120)


def test_with_one_lane_urgent_work_goes_first_between_two_units(tmp_path):
    slow = net(tmp_path, channels=24, layers=3)
    with RunningEngine(tmp_path, "--lanes", "1") as engine:
        bulk = engine.segment(request_of(slow, job_id="bulk"), voxels_of())
        bulk.wait_for_unit(1)
        engine.client.segment(urgent(tmp_path), voxels_of(shape=SMALL))
        assert not bulk.future.done()
        assert [lane["name"] for lane in engine.client.status()["lanes"]] == ["bulk"]
        assert np.array_equal(bulk.result().labels_kji, voxels_of() > 50)


def test_work_that_would_be_late_goes_before_work_that_is_under_way(tmp_path):
    slow, quick = net(tmp_path, channels=64, layers=6), net(tmp_path, channels=4, layers=1)
    with RunningEngine(tmp_path) as engine:
        small = request_of(quick, job_id="small", shape=SMALL)
        engine.client.segment(small, voxels_of(shape=SMALL))  # its model is loaded, its time is known
        start_s = time.monotonic()
        bulk = engine.segment(request_of(slow, job_id="bulk", tenant="u"), voxels_of())
        bulk.wait_for_unit(3)
        unit_s = (time.monotonic() - start_s) / 3
        waits = engine.segment(small, voxels_of(shape=SMALL))
        dated = [
            engine.segment(
                replace(small, job_id=f"by {units}", due_in_s=units * unit_s), voxels_of(shape=SMALL)
            )
            for units in (1.5, 2, 3, 5, 8)
        ]  # on a busy machine a unit may take so long that one of them cannot be met any more
        engine.wait(lambda: any(asked.future.done() for asked in dated))
        assert not bulk.future.done()
        assert not waits.future.done()
        bulk.result(120)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_workers_end_with_the_front(tmp_path, number):
    slow = net(tmp_path, channels=64, layers=6)
    with RunningEngine(tmp_path) as engine:
        asked = engine.segment(request_of(slow), voxels_of())
        asked.wait_for_unit(1)
        workers = [lane["pid"] for lane in engine.client.status()["lanes"]]
        engine.front.send_signal(number)
        engine.front.wait(10)
        deadline = time.monotonic() + 5
        while any(is_alive(worker) for worker in workers):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(TemporaryError):
            asked.result()


def test_the_front_loads_no_runtime(engine):
    mapped = Path(f"/proc/{engine.front.pid}/maps").read_text()
    for library in ("/openvino/", "/onnxruntime/", "/scipy/"):
        assert library not in mapped


def test_a_model_whose_single_item_exceeds_the_quantum_is_told(tmp_path):
    slow = net(tmp_path, channels=24, layers=3)
    with RunningEngine(tmp_path, "--quantum-ms", "1") as engine:
        engine.client.segment(request_of(slow), voxels_of())
        status = engine.client.status()
        assert [model["exceeds_quantum"] for model in status["models"]] == [True]
        counted = [sum(lane["unit_times"]["counts"]) for lane in status["lanes"]]
        assert sum(counted) == status["counters"]["units_total"] > 0


def test_a_pinned_model_stays(tmp_path):
    nets = [heavy_net(tmp_path, number) for number in range(5)]
    with RunningEngine(tmp_path, "--device-memory-mib", "100") as engine:
        engine.client.pin(nets[0])
        voxels = voxels_of(shape=TINY)
        for digest in nets:
            engine.client.segment(request_of(digest, shape=TINY, window=TINY), voxels)
        status = engine.client.status()
        models = {model["sha256"]: model["pinned"] for model in status["models"]}
        assert status["counters"]["evictions_total"] > 0
        assert models[nets[0]] is True
        assert not any(models.get(digest) for digest in nets[1:])
