"""What a simulation measured: latency by class, use of the devices, fairness between tenants."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allward_engine.policy import Work
from allward_engine.requests import Priority
from allward_engine.simulation.load import Job

WINDOW_S = 600.0
"""Fairness is judged over windows of this length."""

_PRESENT = 0.95
"""Of the units of a class in a window, those that a tenant must have had work waiting beside, to count."""


@dataclass(frozen=True, slots=True)
class Done:
    """A job that was done, and when."""

    job: Job
    first_unit_s: float
    done_s: float

    @property
    def waited_s(self) -> float:
        """From its arrival to its first unit."""
        return self.first_unit_s - self.job.arrived_s

    @property
    def latency_s(self) -> float:
        """From its arrival to its end."""
        return self.done_s - self.job.arrived_s


_Window = tuple[str, int, Priority]


class Figures:
    """Collects what happens."""

    def __init__(self) -> None:
        self.done: list[Done] = []
        self.busy_s: dict[str, float] = defaultdict(float)
        self.tenant_s: dict[str, float] = defaultdict(float)
        self._units: dict[_Window, float] = defaultdict(float)
        self._present: dict[_Window, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._served: dict[_Window, dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def note_run(
        self, device: str, priority: Priority, took_s: float, waiting: Iterable[Work], now_s: float
    ) -> None:
        """Note that a device was busy, and who had work of that class meanwhile."""
        self.busy_s[device] += took_s
        window = (device, int(now_s // WINDOW_S), priority)
        self._units[window] += took_s
        for tenant in {work.tenant for work in waiting if work.priority is priority}:
            self._present[window][tenant] += took_s

    def note_device_time(self, device: str, job: Job, took_s: float, now_s: float) -> None:
        """Note device time that a job got."""
        self.tenant_s[job.tenant] += took_s
        self._served[device, int(now_s // WINDOW_S), job.priority][job.tenant] += took_s

    def jain_index(self) -> float | None:
        """Return how evenly tenants shared a class while they competed for it; None if they never did.

        1 is perfectly even, 1/n if one of n got everything. Mean over windows, weighted by device time;
        tenants weigh the same.

        Source
        ------
        Jain, Chiu, Hawe: DEC Research Report TR-301 (1984): (sum x)^2 / (n sum x^2).
        """
        weighted = total_s = 0.0
        for window, took_s in self._units.items():
            there = [name for name, s in self._present[window].items() if s >= _PRESENT * took_s]
            got_s = [self._served[window].get(tenant, 0.0) for tenant in there]
            if len(there) >= 2 and took_s >= WINDOW_S / 2:
                weighted += took_s * sum(got_s) ** 2 / (len(got_s) * sum(s * s for s in got_s))
                total_s += took_s
        return weighted / total_s if total_s else None

    def latencies_s(self, priority: Priority) -> list[float]:
        """Return the latencies of a class."""
        return [done.latency_s for done in self.done if done.job.priority is priority]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile by the nearest rank; values must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent * len(ordered) / 100) - 1)]
