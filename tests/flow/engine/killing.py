"""kill -9 of workers at random moments, while jobs of several tenants run; and what became of each job."""

import os
import random
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tests.flow.engine.running import RunningEngine, net, request_of, voxels_of

from allward_engine.requests import Priority
from allward_sdk.errors import QuarantinedError

SHAPE = (48, 48, 48)
"""Eight windows."""
STAT_SHAPE = (24, 24, 24)


@dataclass
class Outcome:
    """What was seen from outside while workers were killed."""

    kills: int = 0
    asked: int = 0
    right: int = 0
    wrong: int = 0
    lost: list[str] = field(default_factory=list)
    """Errors other than quarantine."""
    quarantined: int = 0
    """Jobs that were hit twice in mid-unit and refused in words; each was released and asked again."""
    counted: dict[str, int] = field(default_factory=dict)
    """The engine's own counters at the end."""
    urgent_again_s: list[float] = field(default_factory=list)
    """From the kill of the urgent worker to the answer of an urgent job sent at once."""


def kill_workers(folder: Path, *, kills: int, seed: int, most_pause_s: float = 0.8) -> Outcome:
    """Kill workers of one engine, and wait for every job that was asked for."""
    draw = random.Random(seed)
    slow, quick = net(folder, channels=16, layers=3), net(folder, channels=4, layers=1)
    outcome, lock, stop = Outcome(), threading.Lock(), threading.Event()
    with RunningEngine(folder) as engine:
        clients = [
            threading.Thread(target=_ask, args=(engine, slow, number, outcome, lock, stop), daemon=True)
            for number in range(3)
        ]
        stat = request_of(quick, job_id="stat", priority=Priority.STAT, shape=STAT_SHAPE)
        voxels = voxels_of(shape=STAT_SHAPE)
        engine.client.segment(stat, voxels)
        for client in clients:
            client.start()
        while outcome.kills < kills:
            time.sleep(draw.uniform(0.05, most_pause_s))
            lane = draw.choice(["bulk", "bulk", "urgent"])
            worker = engine.lane(lane)["pid"]
            if worker is None:
                continue
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                outcome.kills += 1
            if lane == "urgent":
                begin = time.monotonic()
                assert np.array_equal(engine.client.segment(stat, voxels).labels_kji, voxels > 50)
                outcome.urgent_again_s.append(time.monotonic() - begin)
        stop.set()
        for client in clients:
            client.join(120)
            assert not client.is_alive(), engine.log()
        status = engine.client.status()
        outcome.counted = status["counters"]
        assert status["jobs"] == []
        assert status["host_ledger"]["reserved_bytes"] == 0
    return outcome


def urgent_after_kills(folder: Path, *, kills: int, pause_s: float) -> list[float]:
    """Return how long urgent jobs took sent just after their worker was killed, now and then."""
    slow, quick = net(folder, channels=16, layers=3), net(folder, channels=4, layers=1)
    stat = request_of(quick, job_id="stat", priority=Priority.STAT, shape=STAT_SHAPE)
    voxels = voxels_of(shape=STAT_SHAPE)
    found, stop = [], threading.Event()
    with RunningEngine(folder) as engine:
        engine.client.segment(stat, voxels)
        bulk = threading.Thread(
            target=_ask, args=(engine, slow, 0, Outcome(), threading.Lock(), stop), daemon=True
        )
        bulk.start()
        for _ in range(kills):
            time.sleep(pause_s)
            engine.kill_worker("urgent")
            begin = time.monotonic()
            engine.client.segment(stat, voxels)
            found.append(time.monotonic() - begin)
        stop.set()
        bulk.join(120)
    return found


def _ask(
    engine: RunningEngine,
    digest: str,
    tenant: int,
    outcome: Outcome,
    lock: threading.Lock,
    stop: threading.Event,
) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        voxels = voxels_of(tenant * 1000 + number % 7, SHAPE)
        request = request_of(digest, job_id=f"{tenant}-{number}", tenant=str(tenant), shape=SHAPE)
        with lock:
            outcome.asked += 1
        _until_answered(engine, request, voxels, outcome, lock)


def _until_answered(engine, request, voxels, outcome, lock) -> None:
    while True:
        try:
            result = engine.client.segment(request, voxels)
        except QuarantinedError:
            with lock:
                outcome.quarantined += 1
            for entry in engine.client.quarantine():
                if entry["job_id"] == request.job_id:
                    engine.client.release(entry["key"])
            continue
        except Exception as error:  # noqa: BLE001  # whatever else comes is what the test is about
            with lock:
                outcome.lost.append(f"{type(error).__name__}: {error}")
            return
        same = bool(np.array_equal(result.labels_kji, voxels > 50))
        with lock:
            outcome.right += same
            outcome.wrong += not same
        return
