"""What the engine says of itself: for operators, metrics and tests."""

import os
import time

from allward_engine.front.busy import BOUNDS_S
from allward_engine.front.desk import Desk
from allward_engine.front.jobs import JobState
from allward_engine.front.lanes import Lane, LaneState
from allward_engine.front.spares import Spares
from allward_engine.ledger import Ledger
from allward_engine.memory import peak_resident_mib, resident_mib
from allward_engine.wire import Message


class Status:
    """Describes a front and its workers; cheap enough to be asked each second."""

    def __init__(self, desk: Desk, spares: Spares) -> None:
        self._desk = desk
        self._spares = spares
        self._started_s = time.monotonic()
        self._peak_mib = 0.0

    def describe(self) -> Message:
        """Return the status as JSON."""
        now_s = time.monotonic()
        desk, lanes = self._desk, list(self._desk.lanes.values())
        dispatcher, counters = desk.dispatcher, desk.counters
        residency, predictions = dispatcher.residency, dispatcher.predictions
        workers = [pid for pid in (self._spares.pid, *(lane.pid for lane in lanes)) if pid is not None]
        held_mib = sum(resident_mib(pid) or 0.0 for pid in (os.getpid(), *workers))
        self._peak_mib = max(self._peak_mib, _peak_mib(lanes, self._spares), held_mib)
        return {
            "pid": os.getpid(),
            "device": next((lane.device for lane in lanes if lane.device), ""),
            "uptime_s": round(now_s - self._started_s, 1),
            "resident_mib": held_mib,
            "peak_resident_mib": self._peak_mib,
            "quantum_s": predictions.quantum_s,
            "lanes": [_lane(lane, now_s) for lane in lanes],
            "jobs": [job.describe(now_s) for job in desk.jobs],
            "models": residency.describe(predictions.exceeding(residency.models()), now_s),
            "ledger": _ledger(residency.ledger),
            "host_ledger": _ledger(desk.gate.ledger),
            "slow_units": list(predictions.slow),
            "quarantine": desk.quarantine.describe(),
            "counters": {
                "units_total": dispatcher.units,
                "jobs_finished_total": counters.finished,
                "jobs_failed_total": counters.failed,
                "jobs_canceled_total": counters.canceled,
                "evictions_total": residency.evictions,
                "loads_total": residency.loads,
                "crashes_total": counters.crashes,
            },
        }


def _lane(lane: Lane, now_s: float) -> Message:
    lane.share.note(busy=lane.busy is not None, now_s=now_s)
    jobs = [] if lane.busy is None else [job for job in lane.busy.jobs if job.state is not JobState.ENDED]
    return {
        "name": lane.name,
        "state": "ready" if lane.state is LaneState.ASLEEP else lane.state.value,
        "pid": lane.pid,
        "restarts": lane.restarts,
        "busy_share": round(lane.share.share, 3),
        "running": jobs[0].request.job_id if jobs else None,
        "unit_times": {
            "bounds_s": list(BOUNDS_S),
            "counts": list(lane.unit_times.counts),
            "total_s": round(lane.unit_times.total_s, 6),
        },
    }


def _peak_mib(lanes: list[Lane], spares: Spares) -> float:
    """Return the sum of each process' largest resident memory: at least what all held at once."""
    spare = (peak_resident_mib(spares.pid) or 0.0) if spares.pid else 0.0
    peaks = [max(lane.peak_mib, (peak_resident_mib(lane.pid) or 0.0) if lane.pid else 0.0) for lane in lanes]
    return (peak_resident_mib() or 0.0) + spare + sum(peaks)


def _ledger(ledger: Ledger) -> Message:
    return {
        "capacity_bytes": ledger.capacity_bytes,
        "reserved_bytes": ledger.reserved_bytes,
        "free_bytes": ledger.free_bytes,
    }
