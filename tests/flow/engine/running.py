"""A whole engine to do things to: its front, its workers, and nets whose units take a while."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper
from tests.unit.engine.graphs import geometry, manifest, stage, write_graph

from allward_engine.client import EngineClient
from allward_engine.requests import Priority, Progress, SegmentRequest, SegmentResult
from allward_sdk.errors import TemporaryError

WINDOW = (24, 24, 24)
SHAPE = (72, 72, 72)
"""27 windows of `WINDOW`, without overlap."""

TINY = (8, 8, 8)


class RunningEngine:
    """An engine on a folder of its own; ends with the block."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.socket = folder / "e.sock"
        self.arguments = arguments
        self.client = EngineClient(self.socket)
        self.start()

    def start(self) -> None:
        with (self.folder / "engine.log").open("ab") as log:
            self.front = subprocess.Popen(
                [
                    sys.executable, "-m", "allward_engine", "--socket", str(self.socket),
                    "--models", str(self.folder), "--threads", "1", "--device", "cpu", *self.arguments,
                ],
                stderr=log,
            )  # fmt: skip
        self.wait(lambda: self.client.status()["device"] != "", seconds=60)

    def __enter__(self) -> "RunningEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.front.kill()
        self.front.wait()

    def wait(self, fact: Callable[[], bool], *, seconds: float = 120) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(TemporaryError):
                if fact():
                    return
            assert time.monotonic() < deadline, self.log()
            assert self.front.poll() is None, self.log()
            time.sleep(0.01)

    def log(self) -> str:
        return (self.folder / "engine.log").read_text()

    def lane(self, name: str) -> dict:
        return next(lane for lane in self.client.status()["lanes"] if lane["name"] == name)

    def job(self, job_id: str) -> dict | None:
        return next((job for job in self.client.status()["jobs"] if job["job_id"] == job_id), None)

    def stands_still_in(self, job_id: str) -> bool:
        """Stop the bulk worker in the middle of a unit of a job; False, and it goes on, if it is in none."""
        job = self.job(job_id)
        if job is None or job["progress"] is None or not job["progress"]["units"]:
            return False
        worker = self.lane("bulk")["pid"]
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.02)  # what it had said already is heard
        if self.lane("bulk")["running"] == job_id:
            return True
        os.kill(worker, signal.SIGCONT)
        return False

    def stands_still_loading(self) -> bool:
        """Stop the bulk worker in the middle of a load; False, and it goes on, if it loads nothing."""
        if not self._loads():
            return False
        worker = self.lane("bulk")["pid"]
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.02)
        if self._loads():
            return True
        os.kill(worker, signal.SIGCONT)
        return False

    def _loads(self) -> bool:
        return any(model["state"] == "loading" for model in self.client.status()["models"])

    def kill_worker(self, lane: str, number: int = signal.SIGKILL) -> None:
        os.kill(self.lane(lane)["pid"], number)

    def segment(self, request: SegmentRequest, voxels: np.ndarray, **more) -> "Asked":
        """Ask beside the test's own thread."""
        return Asked(lambda seen: self.client.segment(request, voxels, on_progress=seen, **more))


class Asked:
    """A request under way, and what has been heard of it."""

    def __init__(self, ask: Callable[[Callable[[Progress], None]], SegmentResult]) -> None:
        self.seen: list[Progress] = []
        thread = ThreadPoolExecutor(1)
        self.future = thread.submit(ask, self.seen.append)
        thread.shutdown(wait=False)

    def result(self, seconds: float = 60) -> SegmentResult:
        return self.future.result(seconds)

    def wait_for_unit(self, unit: int, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not any(progress.unit >= unit for progress in self.seen):
            assert time.monotonic() < deadline
            assert not self.future.done(), self.future.exception() or "it ended too early"
            time.sleep(0.002)


def net(folder: Path, *, channels: int, layers: int, above: float = 50.0, window=WINDOW) -> str:
    """A net that finds what is brighter than `above`, and computes convolutions that change nothing."""
    draw = np.random.default_rng(channels * 100 + layers)
    nodes, name = [], "x"
    constants: dict[str, Any] = {}
    for layer in range(layers):
        into = 1 if layer == 0 else channels
        constants[f"w{layer}"] = draw.normal(0, 0.05, (channels, into, 3, 3, 3)).astype(np.float32)
        nodes.append(helper.make_node("Conv", [name, f"w{layer}"], [f"c{layer}"], pads=[1] * 6))
        nodes.append(helper.make_node("Relu", [f"c{layer}"], [f"r{layer}"]))
        name = f"r{layer}"
    constants |= {
        "axes": np.asarray([1], np.int64),
        "tiny": np.float32(1e-30),
        "above": np.float32(above),
        "steep": np.float32(4.0),
    }
    nodes += [
        helper.make_node("ReduceSum", [name, "axes"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "tiny"], ["nothing"]),
        helper.make_node("Sub", ["x", "above"], ["d"]),
        helper.make_node("Mul", ["d", "steep"], ["e"]),
        helper.make_node("Add", ["e", "nothing"], ["f"]),
        helper.make_node("Sigmoid", ["f"], ["y"]),
    ]
    return write_graph(folder, nodes, constants, window, [1, 1, *window])


def heavy_net(folder: Path, number: int) -> str:
    """A net of 20 MiB of weights on a `TINY` window, another one for each number."""
    return net(folder, channels=256, layers=4, above=50.0 + number, window=TINY)


def request_of(
    digest: str,
    *,
    job_id: str = "job",
    tenant: str = "t",
    priority: Priority = Priority.MEDIUM,
    shape=SHAPE,
    window=WINDOW,
    memory_mib: int = 100,
    timeout_s: int = 120,
    version: str = "1.0.0",
    input_digest: str = "",
) -> SegmentRequest:
    """Return a request for one stage on windows side by side."""
    spec = manifest(
        [stage("liver", window=window, labels=["liver"], overlap=0.0)],
        {"liver": digest},
        resources={"device_memory_mib": 0, "memory_mib": memory_mib, "timeout_s": timeout_s},
        plugin={
            "id": "org.test.thing",
            "version": version,
            "vendor": "Test",
            "title": {"en": "Thing", "zh": "东西"},
        },
    )
    return SegmentRequest(
        job_id=job_id,
        tenant=tenant,
        manifest=spec,
        geometry=geometry(shape),
        priority=priority,
        input_digest=input_digest,
    )


def voxels_of(seed: int = 0, shape=SHAPE) -> np.ndarray:
    """Return a volume with a bright block somewhere."""
    draw = np.random.default_rng(seed)
    values = draw.integers(-20, 20, shape).astype(np.int16)
    corner = [int(draw.integers(0, n // 2)) for n in shape]
    values[tuple(slice(c, c + n // 3) for c, n in zip(corner, shape, strict=True))] = 100
    return values


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
