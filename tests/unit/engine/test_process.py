"""The engine as others meet it: a process behind a socket that may be busy, told to stop, or killed."""

import json
import os
import socket
import stat
import struct
import threading
import time

import numpy as np
import pytest
from tests.unit.engine.graphs import geometry, manifest, stage
from tests.unit.engine.processes import Engine, long_request, request, volume

from allward_engine.requests import Priority, SegmentRequest
from allward_engine.wire import receive_message, send_message, share_array, shared_array
from allward_sdk.errors import BadInputError, CanceledError, ManifestError, PluginFaultError, TemporaryError


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    running = Engine(tmp_path_factory.mktemp("e")).wait_until_ready()
    yield running
    running.stop()


def test_a_volume_goes_in_and_labels_come_back(engine):
    seen = []
    result = engine.client.segment(request(engine), volume()[:, :, ::-1], on_progress=seen.append)
    assert (result.labels_kji == (volume()[:, :, ::-1] > 50)).all()
    assert result.device == "OpenVINO CPU"
    assert result.stages_run == ("liver",)
    assert set(result.timings_s) == {"liver", "labels"}
    units = [p.unit for p in seen if p.stage == "liver" and p.units]
    assert units == sorted(set(units))
    assert seen[-1].fraction == 1.0
    assert not result.labels_kji.flags.writeable


def test_status_tells_what_is_loaded_and_what_really_runs_it(engine):
    engine.client.segment(request(engine), volume())
    status = engine.client.status()
    assert status["pid"] == engine.process.pid
    assert status["device"] == "OpenVINO CPU"
    assert {m["device"] for m in status["models"]} == {"OpenVINO CPU"}
    assert status["jobs"] == []
    assert 10 < status["resident_mib"] <= status["peak_resident_mib"]


def test_only_the_owner_may_open_the_socket(engine):
    assert stat.S_IMODE(engine.socket.stat().st_mode) == 0o600


def test_a_stat_job_overtakes_a_bulk_job_at_the_next_patch(engine):
    bulk, voxels = long_request(engine, priority=Priority.LOW)
    started, ended = threading.Event(), []

    def run_bulk():
        engine.client.segment(bulk, voxels, on_progress=lambda p: started.set())
        ended.append(time.monotonic())

    worker = threading.Thread(target=run_bulk)
    worker.start()
    assert started.wait(10)
    begin = time.monotonic()
    engine.client.segment(request(engine, priority=Priority.STAT, job_id="stat"), volume())
    done = time.monotonic()
    assert not ended
    jobs = engine.client.status()["jobs"]
    assert [job["job_id"] for job in jobs] == ["job"]
    assert jobs[0]["started"]
    worker.join(60)
    assert ended[0] - begin > 2 * (done - begin)


def test_cancel_stops_between_two_units(engine):
    long, voxels = long_request(engine)
    seen = []
    with pytest.raises(CanceledError):
        engine.client.segment(long, voxels, on_progress=seen.append, is_cancelled=lambda: len(seen) > 3)
    wait_until_idle(engine)


def test_a_closed_connection_stops_the_work(engine):
    long, voxels = long_request(engine)
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(engine.socket))
        descriptor = share_array(voxels, "v")
        message = {"type": "segment", "shape": list(voxels.shape), "dtype": "int16", **long.to_json()}
        send_message(raw, message, (descriptor,))
        os.close(descriptor)
        assert receive_message(raw)[0]["type"] == "progress"
        assert receive_message(raw)[0]["type"] == "progress"
    wait_until_idle(engine)


def wait_until_idle(engine):
    until = time.monotonic() + 5
    while engine.client.status()["jobs"]:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_faults_come_back_with_their_class(engine):
    bad = volume().astype(np.float32)
    bad[0, 0, 0] = np.nan
    with pytest.raises(BadInputError, match="not numbers"):
        engine.client.segment(request(engine), bad)
    with pytest.raises(BadInputError, match="float64"):
        engine.client.segment(request(engine), volume().astype(np.float64))
    wrong = manifest([stage("liver", window=(9, 9, 9), labels=["liver"])], {"liver": "0" * 64})
    grid = geometry((40, 48, 48))
    with pytest.raises(TemporaryError, match="not installed"):
        engine.client.segment(SegmentRequest(job_id="1", tenant="t", manifest=wrong, geometry=grid), volume())


def test_a_plugin_that_takes_too_long_is_stopped(engine):
    long, voxels = long_request(engine, resources={"device_memory_mib": 0, "memory_mib": 500, "timeout_s": 1})
    with pytest.raises(PluginFaultError, match="longer than the 1 s"):
        engine.client.segment(long, voxels)


def test_what_is_no_message_does_not_disturb_the_others(engine):
    for rubbish in (
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">II", 3, 0) + b"abc",
        struct.pack(">II", 2, 0) + b"[]",
        b"",
    ):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(engine.socket))
            raw.sendall(rubbish)
    assert engine.client.status()["jobs"] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "dance"}, "BadInputError"),
        ({"shape": [1, 2]}, "BadInputError"),
        ({"shape": [400, 480, 480]}, "BadInputError"),
        ({"dtype": "object"}, "BadInputError"),
        ({"priority": "NOW"}, "BadInputError"),
        ({"manifest": {}}, "ManifestError"),
    ],
)
def test_a_malformed_request_is_refused(engine, change, fault):
    message = {
        "type": "segment",
        "shape": [40, 48, 48],
        "dtype": "int16",
        **request(engine).to_json(),
        **change,
    }
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(engine.socket))
        descriptor = share_array(volume(), "v")
        send_message(raw, json.loads(json.dumps(message)), (descriptor,))
        os.close(descriptor)
        answer, _ = receive_message(raw)
    assert (answer["type"], answer["fault"]) == ("error", fault)
    assert issubclass(ManifestError, PluginFaultError)


def test_memory_that_is_not_sealed_is_refused():
    descriptor = os.memfd_create("open")
    os.write(descriptor, bytes(64))
    with pytest.raises(BadInputError, match="not sealed"):
        shared_array(descriptor, (2, 2, 2), "int16")
    os.close(descriptor)
    with pytest.raises(OSError, match="not permitted"):
        os.write(sealed := share_array(volume(), "v"), b"x")
    os.close(sealed)
