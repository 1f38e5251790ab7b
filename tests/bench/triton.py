"""What an urgent tile waits on a real Triton while bulk jobs run, and what its front costs.

Triton has no priority between models: what it does with one device is either to let requests share it, or,
rate limited to one at a time, to let an urgent one wait for a whole job. The lanes of our engine are measured
beside it with the same models and the same load.
"""

import os
import threading
import time

import numpy as np

from allward_engine.device import choose_runtime
from allward_engine.sessions import ModelSpec
from tests.bench.table import Row, row
from tests.bench.triton_load import (
    PATCHES,
    Bulk,
    Fleet,
    fleet,
    patch_model,
    tile_model,
    urgent_latencies_s,
)

URGENT_N, URGENT_N_OF_JOBS = 100, 15
PAUSE_S = (0.05, 0.2)
CLIENTS, TILES_S = 32, 6.0
BARE_S = 4.0


def measure() -> list[Row]:
    """Measure bare ONNX Runtime, a Triton that shares, and one that runs one request at a time."""
    threads = os.cpu_count() or 1
    bare_patch, bare_tile = (_bare_per_s(*model, threads=threads) for model in (patch_model(), tile_model()))
    rows = [
        _row("ONNX Runtime alone, patches of 64 x 64 x 64", [bare_patch], "/s"),
        _row("ONNX Runtime alone, tiles of 224 x 224", [bare_tile], "/s"),
    ]
    with fleet(threads=threads, exclusive=False) as running:
        rows.append(_urgent("Triton, urgent tile alone", running, n=URGENT_N))
        rows.append(_row(f"Triton, tiles, {CLIENTS} clients", [_tiles_per_s(running)], "/s"))
        rows += _under_load("Triton, shared", running, whole_jobs=False, n=URGENT_N)
    with fleet(threads=threads, exclusive=True) as running:
        rows += _under_load("Triton, one at a time, patches", running, whole_jobs=False, n=URGENT_N)
        what = f"Triton, one at a time, jobs of {PATCHES}"
        rows += _under_load(what, running, whole_jobs=True, n=URGENT_N_OF_JOBS)
    return rows


def _under_load(what: str, running: Fleet, *, whole_jobs: bool, n: int) -> list[Row]:
    with Bulk(running, items=PATCHES if whole_jobs else 1) as bulk:
        found = _urgent(f"{what}: urgent tile", running, n=n)
    return [found, _row(f"{what}: bulk patches", [bulk.patches_per_s], "/s")]


def _urgent(what: str, running: Fleet, *, n: int) -> Row:
    session = running.session(running.tile)
    tile = np.zeros((1, *running.tile.input_shape), np.float32)
    found_s = urgent_latencies_s(lambda: session.run(tile), n=n, pause_s=PAUSE_S)
    return _row(what, [1000 * value for value in found_s], "ms")


def _tiles_per_s(running: Fleet) -> float:
    """Return the tiles per second of many clients that each wait for their answer."""
    done = [0] * CLIENTS
    end_s = time.perf_counter() + TILES_S

    def ask(number: int) -> None:
        session = running.session(running.tile)
        tile = np.zeros((1, *running.tile.input_shape), np.float32)
        while time.perf_counter() < end_s:
            session.run(tile)
            done[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / TILES_S


def _bare_per_s(graph: bytes, spec: ModelSpec, *, threads: int) -> float:
    session = choose_runtime("onnxruntime", threads=threads).load(graph, spec)
    item = np.zeros((1, *spec.input_shape), np.float32)
    session.run(item)
    start_s, done = time.perf_counter(), 0
    while time.perf_counter() - start_s < BARE_S:
        session.run(item)
        done += 1
    return done / (time.perf_counter() - start_s)


def _row(what: str, values: list[float], unit: str) -> Row:
    return row(what, values, unit=unit, goal="")
