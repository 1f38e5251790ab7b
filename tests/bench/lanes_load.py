"""What the lanes are measured under: clients that saturate the bulk lane, and the bare loop beside it."""

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from allward_engine.client import EngineClient
from allward_engine.requests import Progress
from allward_sdk.errors import CanceledError
from tests.flow.engine.running import request_of, voxels_of

BARE_S = 2.0
BULK = (48, 48, 48)
LONG = (96, 96, 192)
"""A bulk job: `WINDOWS` windows."""

WINDOWS = 16

DEVICE = "onnxruntime"
"""What all arms run on: Triton's has no other."""

_BARE = """
import json, sys, time
from pathlib import Path
import numpy as np
from allward_engine.device import choose_runtime
from allward_engine.sessions import ModelSpec
told = json.loads(sys.argv[1])
runtime = choose_runtime(told["device"], threads=told["threads"])
loaded = []
for digest, item, count in told["models"]:
    graph = Path(told["folder"], f"{digest}.onnx").read_bytes()
    session = runtime.load(graph, ModelSpec(digest, "x", ("y",), tuple(item)))
    tensor = np.zeros((count, *item), np.float32)
    session.run(tensor)
    loaded.append((session, tensor))
print("ready", flush=True)
for line in sys.stdin:
    session, tensor = loaded[int(line)]
    runs, start = 0, time.perf_counter()
    while time.perf_counter() - start < told["seconds"]:
        session.run(tensor)
        runs += 1
    print((time.perf_counter() - start) / runs, flush=True)
"""


class Saturated:
    """Clients that keep the bulk lane full, and count its windows."""

    def __init__(self, client: EngineClient, digest: str) -> None:
        self.windows = 0
        self.between_s: list[float] = []
        self._last_s = 0.0
        self._client = client
        self._request = request_of(digest, job_id="bulk", shape=LONG, window=BULK, memory_mib=300)
        self._voxels = voxels_of(shape=LONG)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._loop, daemon=True) for _ in range(2)]

    def __enter__(self) -> "Saturated":
        for thread in self._threads:
            thread.start()
        while self.windows == 0:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _loop(self) -> None:
        while not self._stop.is_set():
            with suppress(CanceledError):
                self._client.segment(
                    self._request, self._voxels, on_progress=self._count, is_cancelled=self._stop.is_set
                )

    def _count(self, progress: Progress) -> None:
        if progress.units is None or progress.unit == 0 or progress.stage != "liver":
            return
        now_s = time.perf_counter()
        if self.windows:
            self.between_s.append(now_s - self._last_s)
        self.windows, self._last_s = self.windows + 1, now_s


@dataclass(frozen=True, slots=True)
class BareModel:
    """A model in the bare loop: the shape of an item without its first axis, and items of one run."""

    digest: str
    item: tuple[int, ...]
    count: int = 1


class Bare:
    """The bare loop, in a process of its own that waits between rounds."""

    def __init__(self, folder: Path, threads: int, *models: BareModel) -> None:
        told = {
            "device": DEVICE,
            "threads": threads,
            "folder": str(folder),
            "seconds": BARE_S,
            "models": [(model.digest, model.item, model.count) for model in models],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BARE, json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def seconds(self, model: int) -> float:
        """Return the time of one run."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{model}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
