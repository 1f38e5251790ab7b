"""Urgent work alone, beside saturated bulk work in its own lane, before it on one lane; and what it costs.

The arms are interleaved in short rounds, so that a machine's moods fall on all of them; two of them are a
real Triton with the same nets under the same load. A "bare loop" is the same runtime in one process that runs
nothing else. Triton has ONNX Runtime alone, so most arms run on it; two more run on what the engine chooses.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

from allward_engine.client import EngineClient
from allward_engine.requests import Priority
from allward_engine.sessions import ModelSpec
from tests.bench.lanes_load import BULK, DEVICE, WINDOWS, Bare, BareModel, Saturated
from tests.bench.table import Row
from tests.bench.triton_load import Bulk, Fleet, Model, fleet
from tests.flow.engine.running import RunningEngine, net, request_of, voxels_of

ROUNDS = 20
PER_ROUND = 50
"""Urgent requests of each arm in a round: 1,000 in all."""

PER_ROUND_OF_JOBS = 3
"""Of the arm in which each of them waits for whole jobs."""

PAUSE_S = 0.02
NOW_AND_THEN_S = (0.2, 0.5)
LOADED_S = 4.0
URGENT = (24, 24, 24)


@dataclass
class Seen:
    """What one arm saw, in seconds, over all rounds."""

    urgent_s: list[float] = field(default_factory=list)
    bare_unit_s: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    """Of a bare loop, bulk and urgent runs counted together, an urgent request now and then."""
    pressed: list[float] = field(default_factory=list)
    """The same while a client sends urgent requests without a pause."""
    windows_s: list[float] = field(default_factory=list)
    """From one bulk window to the next, while urgent work was asked for."""


@dataclass
class Arms:
    """Everything that is measured beside each other."""

    alone: Seen = field(default_factory=Seen)
    two: Seen = field(default_factory=Seen)
    one: Seen = field(default_factory=Seen)
    shared: Seen = field(default_factory=Seen)
    """A Triton that lets the system share the processor."""
    limited: Seen = field(default_factory=Seen)
    """A Triton whose rate limiter lets one request run at a time."""
    chosen_alone: Seen = field(default_factory=Seen)
    """On the runtime that the engine chooses, as it is shipped."""
    chosen: Seen = field(default_factory=Seen)
    """The same, beside saturated bulk work in its own lane."""


def measure() -> list[Row]:
    """Run the arms in turn, round after round."""
    threads = len(os.sched_getaffinity(0))
    arms = Arms()
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(3)]
        for folder in folders:
            quick = net(folder, channels=16, layers=2, window=URGENT)
            heavy = net(folder, channels=32, layers=3, window=BULK)
        words = ("--threads", str(threads), "--device", DEVICE)
        lanes = stack.enter_context(RunningEngine(folders[0], *words))
        single = stack.enter_context(RunningEngine(folders[1], *words, "--lanes", "1"))
        chosen = stack.enter_context(RunningEngine(folders[2], "--threads", str(threads), "--device", "auto"))
        nets = (_of_triton(folders[0], quick, URGENT), _of_triton(folders[0], heavy, BULK))
        shared, limited = (
            stack.enter_context(fleet(threads=threads, exclusive=exclusive, tile=nets[0], patch=nets[1]))
            for exclusive in (False, True)
        )
        bare = Bare(folders[0], threads, BareModel(heavy, (1, *BULK)), BareModel(quick, (1, *URGENT)))
        stack.callback(bare.end)
        ask = {engine: _asker(engine.client, quick) for engine in (lanes, single, chosen)}
        for engine in ask:
            ask[engine]()
        for _ in range(ROUNDS):
            bare_unit_s, bare_urgent_s = bare.seconds(0), bare.seconds(1)
            arms.alone.bare_unit_s.append(bare_unit_s)
            arms.alone.urgent_s += _times(ask[lanes], PER_ROUND)
            with Saturated(lanes.client, heavy) as load:
                arms.two.urgent_s += _times(ask[lanes], PER_ROUND)
                bare_s = (bare_unit_s, bare_urgent_s)
                arms.two.shares.append(_share(load, ask[lanes], bare_s, pause_s=NOW_AND_THEN_S))
                arms.two.pressed.append(_share(load, ask[lanes], bare_s, pause_s=(0.0, 0.0)))
            arms.chosen_alone.urgent_s += _times(ask[chosen], PER_ROUND)
            with Saturated(chosen.client, heavy):
                arms.chosen.urgent_s += _times(ask[chosen], PER_ROUND)
            with Bulk(shared, items=WINDOWS):
                arms.shared.urgent_s += _times(_asker_of_triton(shared), PER_ROUND)
            with Saturated(single.client, heavy) as load:
                arms.one.urgent_s += _times(ask[single], PER_ROUND)
                arms.one.windows_s += load.between_s
            with Bulk(limited, items=WINDOWS):
                arms.limited.urgent_s += _times(_asker_of_triton(limited), PER_ROUND_OF_JOBS)
    return _rows(arms)


def _of_triton(folder: Path, digest: str, window: tuple[int, int, int]) -> Model:
    """Return a net as Triton gets it: any number of items in one request, else nothing else."""
    model = onnx.load(folder / f"{digest}.onnx")
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    return model.SerializeToString(), ModelSpec(digest, "x", ("y",), (1, *window))


def _asker_of_triton(running: Fleet) -> Callable[[], None]:
    session = running.session(running.tile)
    item = np.zeros((1, *running.tile.input_shape), np.float32)

    def ask() -> None:
        session.run(item)

    return ask


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


def _share(
    load: Saturated, ask: Callable[[], None], bare_s: tuple[float, float], *, pause_s: tuple[float, float]
) -> float:
    """Return the bare seconds' worth of runs that both lanes did in a second.

    Parameters
    ----------
    bare_s
        What a bulk window and an urgent request take in the bare loop.
    pause_s
        Between two urgent requests, drawn evenly.
    """
    draw = np.random.default_rng(1)
    start, before, urgent = time.perf_counter(), load.windows, 0
    while time.perf_counter() - start < LOADED_S:
        time.sleep(draw.uniform(*pause_s))
        ask()
        urgent += 1
    took_s = time.perf_counter() - start
    return ((load.windows - before) * bare_s[0] + urgent * bare_s[1]) / took_s


def _rows(arms: Arms) -> list[Row]:
    alone_s, two_s, one_s = arms.alone.urgent_s, arms.two.urgent_s, arms.one.urgent_s
    bare_ms = 1000 * float(np.median(arms.alone.bare_unit_s))
    quantum_ms = 1000 * float(np.percentile(arms.one.windows_s, 99) + 1.1 * np.percentile(alone_s, 99))
    one_goal = f"p99 <= {quantum_ms:.0f} ms, a window's p99 + 1.1 solo"
    return [
        _latency("urgent, alone", alone_s, "-"),
        _latency("urgent, bulk lane saturated", two_s, "-"),
        _latency("urgent, Triton shared by the system", arms.shared.urgent_s, "-"),
        _latency("urgent, the engine's own runtime, alone", arms.chosen_alone.urgent_s, "-"),
        _latency("urgent, the engine's own runtime, bulk lane saturated", arms.chosen.urgent_s, "-"),
        _latency("urgent, one lane saturated", one_s, one_goal),
        _latency("urgent, Triton one at a time", arms.limited.urgent_s, "-"),
        _ratio("p50, two lanes / alone", two_s, alone_s, 50, "<= 1.2"),
        _ratio("p99, two lanes / alone", two_s, alone_s, 99, "<= 3"),
        *_beside_triton("two lanes", two_s, arms.shared.urgent_s),
        _ratio("p50, own runtime / alone", arms.chosen.urgent_s, arms.chosen_alone.urgent_s, 50, "<= 1.2"),
        _ratio("p99, own runtime / alone", arms.chosen.urgent_s, arms.chosen_alone.urgent_s, 99, "<= 3"),
        *_beside_triton("own runtime", arms.chosen.urgent_s, arms.shared.urgent_s),
        _ratio("p50, one lane / Triton one at a time", one_s, arms.limited.urgent_s, 50, "<= 0.1"),
        _ratio("p99, one lane / Triton one at a time", one_s, arms.limited.urgent_s, 99, "<= 0.1"),
        _plain("bulk window in a bare loop", [bare_ms], "ms", "-"),
        _plain("both lanes' runs / bare loop, urgent now and then", arms.two.shares, "", ">= 0.95"),
        _plain("the same, urgent without a pause", arms.two.pressed, "", "-"),
    ]


def _beside_triton(what: str, ours_s: Sequence[float], theirs_s: Sequence[float]) -> list[Row]:
    return [_ratio(f"p{p}, {what} / Triton shared", ours_s, theirs_s, p, "< 1") for p in (50, 99)]


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
