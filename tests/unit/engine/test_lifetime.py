"""How an engine process ends: told to, killed, or because its parent is gone."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.unit.engine.processes import Engine, long_request, request, volume

from allward_engine.client import EngineClient
from allward_sdk.errors import TemporaryError


def test_no_engine_is_temporary(tmp_path):
    with pytest.raises(TemporaryError, match="not there"):
        EngineClient(tmp_path / "none").status()


def test_an_engine_killed_in_mid_job_is_temporary_and_a_new_one_takes_its_place(tmp_path):
    first = Engine(tmp_path).wait_until_ready()
    long, voxels = long_request(first)
    with pytest.raises(TemporaryError):
        first.client.segment(long, voxels, on_progress=lambda p: first.process.kill())
    first.process.wait(10)
    assert first.socket.exists()
    second = Engine(tmp_path).wait_until_ready()  # over the stale socket
    assert second.client.segment(request(second), volume()).labels_kji.any()
    third = Engine(tmp_path)  # while the second listens
    assert third.process.wait(20) == 1
    assert "Another engine" in third.process.stderr.read()
    worker = threading.Thread(
        target=lambda: pytest.raises(TemporaryError, second.client.segment, long, voxels)
    )
    worker.start()
    time.sleep(0.3)
    begin = time.monotonic()
    assert second.stop() == 0
    assert time.monotonic() - begin < 10
    assert not second.socket.exists()
    worker.join(10)
    assert not worker.is_alive()


def test_the_engine_survives_the_end_of_the_thread_that_started_it(tmp_path):
    started = []
    starter = threading.Thread(target=lambda: started.append(Engine(tmp_path).wait_until_ready()))
    starter.start()
    starter.join()
    time.sleep(0.3)
    assert started[0].client.status()["jobs"] == []
    assert started[0].stop() == 0


def test_the_engine_ends_when_its_parent_dies(tmp_path):
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-m', 'allward_engine', '--socket', r'{tmp_path}/e.sock',"
        f" '--models', r'{tmp_path}'])\nprint(p.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    client, until = EngineClient(tmp_path / "e.sock"), time.monotonic() + 20
    while not (tmp_path / "e.sock").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert client.status()["pid"] == pid
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    while is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
