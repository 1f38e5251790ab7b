"""Engine processes to test against, and requests that take a moment or a while."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from tests.unit.engine.graphs import bright, geometry, manifest, stage

from allward_engine.client import EngineClient
from allward_engine.requests import Priority, SegmentRequest


class Engine:
    """An engine process on a folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.socket = folder / "e.sock"
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "allward_engine", "--socket", str(self.socket),
                "--models", str(folder), "--threads", "1", *arguments,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.client = EngineClient(self.socket)

    def wait_until_ready(self) -> "Engine":
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "ready" in line:
                return self
        raise AssertionError(f"the engine ended with {self.process.wait()}")

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def request(
    engine, *, size=24, job_id="job", tenant="t", priority=Priority.MEDIUM, shape=(40, 48, 48), **more
):
    window = (size, size, size)
    spec = manifest(
        [stage("liver", window=window, labels=["liver"])],
        {"liver": bright(engine.folder, window, above=50)},
        **more,
    )
    return SegmentRequest(
        job_id=job_id, tenant=tenant, priority=priority, manifest=spec, geometry=geometry(shape)
    )


def volume(shape=(40, 48, 48)):
    values = np.zeros(shape, np.int16)
    values[10:20, 10:30, 10:30] = 100
    return values


def long_request(engine, **more):
    """Thousands of small units: seconds of work that can be stopped at any of them."""
    return request(engine, size=6, shape=(128, 128, 128), **more), volume((128, 128, 128))
