"""Urgent work alone, beside saturated bulk work in its own lane, before it on one lane; and what it costs.

The arms are interleaved in short rounds, so that a machine's moods fall on all of them. A "bare loop" is the
same runtime in one process that runs nothing else.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from allward_engine.client import EngineClient
from allward_engine.requests import Priority, Progress
from allward_sdk.errors import CanceledError
from tests.bench.table import Row
from tests.flow.engine.running import RunningEngine, net, request_of, voxels_of

ROUNDS = 20
PER_ROUND = 50
"""Urgent requests of each arm in a round: 1,000 in all."""

PAUSE_S = 0.02
BARE_S = 2.0
LOADED_S = 4.0
URGENT, BULK = (24, 24, 24), (48, 48, 48)
LONG = (96, 96, 96)
"""Eight bulk windows."""

_BARE = """
import sys, time
from pathlib import Path
import numpy as np
from allward_engine.device import choose_runtime
from allward_engine.sessions import ModelSpec
folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
runtime = choose_runtime("cpu", threads=int(sys.argv[3]))
loaded = []
for digest, side in zip(sys.argv[4::2], map(int, sys.argv[5::2]), strict=True):
    spec = ModelSpec(digest, "x", ("y",), (1, side, side, side))
    session = runtime.load((folder / f"{digest}.onnx").read_bytes(), spec)
    tensor = np.zeros((1, 1, side, side, side), np.float32)
    session.run(tensor)
    loaded.append((session, tensor))
print("ready", flush=True)
for line in sys.stdin:
    session, tensor = loaded[int(line)]
    runs, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        session.run(tensor)
        runs += 1
    print((time.perf_counter() - start) / runs, flush=True)
"""


@dataclass
class Seen:
    """What one arm saw, in seconds, over all rounds."""

    urgent_s: list[float] = field(default_factory=list)
    bare_unit_s: list[float] = field(default_factory=list)
    bare_urgent_s: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    """Of a bare loop, bulk and urgent runs counted together."""
    windows_s: list[float] = field(default_factory=list)
    """From one bulk window to the next, while urgent work was asked for."""


class Saturated:
    """Clients that keep the bulk lane full, and count its windows."""

    def __init__(self, client: EngineClient, digest: str) -> None:
        self.windows = 0
        self.between_s: list[float] = []
        self._last_s = 0.0
        self._client = client
        self._request = request_of(digest, job_id="bulk", shape=LONG, window=BULK, memory_mib=200)
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


class Bare:
    """The bare loop, in a process of its own that waits between rounds."""

    def __init__(self, folder: Path, threads: int, *models: tuple[str, int]) -> None:
        words = [str(word) for model in models for word in model]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BARE, str(folder), str(BARE_S), str(threads), *words],
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


def measure() -> list[Row]:
    """Run the arms in turn, round after round."""
    threads = len(os.sched_getaffinity(0))
    alone, two, one = Seen(), Seen(), Seen()
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        for folder in folders:
            quick = net(folder, channels=16, layers=2, window=URGENT)
            heavy = net(folder, channels=32, layers=3, window=BULK)
        words = ("--threads", str(threads))
        lanes = stack.enter_context(RunningEngine(folders[0], *words))
        single = stack.enter_context(RunningEngine(folders[1], *words, "--lanes", "1"))
        bare = Bare(folders[0], threads, (heavy, BULK[0]), (quick, URGENT[0]))
        stack.callback(bare.end)
        ask = {engine: _asker(engine.client, quick) for engine in (lanes, single)}
        for engine in (lanes, single):
            ask[engine]()
        for _ in range(ROUNDS):
            bare_unit_s, bare_urgent_s = bare.seconds(0), bare.seconds(1)
            alone.bare_unit_s.append(bare_unit_s)
            alone.urgent_s += _times(ask[lanes], PER_ROUND)
            with Saturated(lanes.client, heavy) as load:
                two.urgent_s += _times(ask[lanes], PER_ROUND)
                two.shares.append(_share(load, ask[lanes], bare_unit_s, bare_urgent_s))
            with Saturated(single.client, heavy) as load:
                one.urgent_s += _times(ask[single], PER_ROUND)
                one.windows_s += load.between_s
    return _rows(alone, two, one)


def _asker(client: EngineClient, digest: str) -> Callable[[], None]:
    request = request_of(digest, job_id="stat", priority=Priority.STAT, shape=URGENT, window=URGENT)
    voxels = voxels_of(shape=URGENT)

    def ask() -> None:
        client.segment(request, voxels)

    return ask


def _times(ask: Callable[[], None], count: int) -> list[float]:
    found = []
    for _ in range(count):
        time.sleep(PAUSE_S)
        start = time.perf_counter()
        ask()
        found.append(time.perf_counter() - start)
    return found


def _share(load: Saturated, ask: Callable[[], None], bare_unit_s: float, bare_urgent_s: float) -> float:
    """Return the bare seconds' worth of runs that both lanes did in a second, urgent work without a pause."""
    start, before, urgent = time.perf_counter(), load.windows, 0
    while time.perf_counter() - start < LOADED_S:
        ask()
        urgent += 1
    took_s = time.perf_counter() - start
    return ((load.windows - before) * bare_unit_s + urgent * bare_urgent_s) / took_s


def _rows(alone: Seen, two: Seen, one: Seen) -> list[Row]:
    bare_ms = 1000 * float(np.median(alone.bare_unit_s))
    quantum_ms = 1000 * float(np.percentile(one.windows_s, 99) + 1.1 * np.percentile(alone.urgent_s, 99))
    return [
        _latency("urgent, alone", alone.urgent_s, "-"),
        _latency("urgent, bulk lane saturated", two.urgent_s, "-"),
        _latency(
            "urgent, one lane saturated",
            one.urgent_s,
            f"p99 <= {quantum_ms:.0f} ms, a window's p99 + 1.1 solo",
        ),
        _ratio("p50, two lanes / alone", two.urgent_s, alone.urgent_s, 50, "<= 1.2"),
        _ratio("p99, two lanes / alone", two.urgent_s, alone.urgent_s, 99, "<= 3"),
        _ratio("p50, one lane / two lanes", one.urgent_s, two.urgent_s, 50, "-"),
        _plain("bulk window in a bare loop", [bare_ms], "ms", "-"),
        _plain("both lanes' runs / bare loop", two.shares, "", ">= 0.95"),
    ]


def _latency(what: str, seconds: Sequence[float], goal: str) -> Row:
    ms = np.asarray(seconds) * 1000
    words = f"{what} (p99 {np.percentile(ms, 99):.1f} ms)"
    return Row(
        words, len(ms), float(np.median(ms)), float(np.percentile(ms, 95)), float(ms.max()), "ms", goal
    )


def _plain(what: str, values: Sequence[float], unit: str, goal: str) -> Row:
    return Row(
        what,
        len(values),
        float(np.median(values)),
        float(np.percentile(values, 95)),
        float(np.max(values)),
        unit,
        goal,
    )


def _ratio(what: str, over: Sequence[float], under: Sequence[float], percent: float, goal: str) -> Row:
    """Return a ratio of percentiles with its bootstrap interval; whole rounds are drawn, not requests."""
    draw = np.random.default_rng(0)
    a, b = (np.asarray(values).reshape(ROUNDS, -1) for values in (over, under))
    drawn = [
        np.percentile(a[draw.integers(0, ROUNDS, ROUNDS)], percent)
        / np.percentile(b[draw.integers(0, ROUNDS, ROUNDS)], percent)
        for _ in range(1000)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    value = float(np.percentile(a, percent) / np.percentile(b, percent))
    words = f"{what} (95 % interval {low:.2f} to {high:.2f})"
    return Row(words, a.size, value, float(high), float(np.max(drawn)), "x", goal)
