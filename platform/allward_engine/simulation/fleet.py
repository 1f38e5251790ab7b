"""A fleet of simulated devices, and the event loop that drives it."""

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from allward_engine.admission import admit
from allward_engine.requests import Priority
from allward_engine.simulation.device import Device, Rules
from allward_engine.simulation.figures import Done, Figures
from allward_engine.simulation.load import Job, Running


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a day's jobs."""

    figures: Figures
    devices: int
    span_s: float
    """From the first arrival to the last end."""
    loads: int
    evictions: int
    over_commits: int
    deferrals: int

    @property
    def utilisation(self) -> float:
        """Share of the span that the devices ran units, loading left out."""
        return sum(self.figures.busy_s.values()) / (self.devices * self.span_s) if self.span_s else 0.0


def simulate(jobs: Sequence[Job], *, devices: int, rules: Rules) -> Outcome:
    """Run jobs on a fleet until all are done; the same jobs and rules give the same outcome.

    Raises
    ------
    ValueError
        If a model is larger than a device.
    RuntimeError
        If jobs are left that no device can run, such as behind pinned models that fill it.
    """
    for job in jobs:
        largest = max(stage.model.size_bytes for stage in job.stages)
        if largest > rules.capacity_bytes:
            raise ValueError(f"job {job.job_id} needs a model of {largest} bytes, which no device can hold")
    fleet = _Fleet(devices, rules)
    fleet.run(sorted(jobs, key=lambda job: (job.arrived_s, job.job_id)))
    if len(fleet.figures.done) != len(jobs):
        raise RuntimeError(f"{len(jobs) - len(fleet.figures.done)} jobs cannot run on any device")
    memories = [device.memory for device in fleet.devices]
    ends_s = max((done.done_s for done in fleet.figures.done), default=0.0)
    return Outcome(
        figures=fleet.figures,
        devices=devices,
        span_s=ends_s - min((job.arrived_s for job in jobs), default=0.0),
        loads=sum(memory.loads for memory in memories),
        evictions=sum(memory.evictions for memory in memories),
        over_commits=sum(memory.over_commits for memory in memories),
        deferrals=fleet.deferrals,
    )


class _Fleet:
    """The devices, what waits outside of them, and the clock."""

    def __init__(self, devices: int, rules: Rules) -> None:
        self.figures = Figures()
        self.deferrals = 0
        self._events: list[tuple[float, int]] = []
        self._deferred: dict[tuple[str, Priority], deque[Job]] = {}
        self.devices = [self._device(number, rules) for number in range(devices)]

    def run(self, jobs: Sequence[Job]) -> None:
        """Let the jobs come, earliest first, until nothing happens any more."""
        coming = deque(jobs)
        while coming or self._events:
            next_event_s = self._events[0][0] if self._events else math.inf
            now_s = min(next_event_s, coming[0].arrived_s if coming else math.inf)
            awake: set[int] = set()
            while coming and coming[0].arrived_s <= now_s:
                awake |= self._take(coming.popleft(), now_s)
            while self._events and self._events[0][0] <= now_s:
                awake.add(heapq.heappop(self._events)[1])
            self._settle(awake, now_s)

    def _device(self, number: int, rules: Rules) -> Device:
        def wake(at_s: float) -> None:
            heapq.heappush(self._events, (at_s, number))

        return Device(str(number), rules, self.figures, wake)

    def _settle(self, awake: set[int], now_s: float) -> None:
        while awake:
            again: set[int] = set()
            for number in sorted(awake):
                done = self.devices[number].settle(now_s)
                for running in done:
                    first_s = now_s if running.first_unit_s is None else running.first_unit_s
                    self.figures.done.append(Done(running.job, first_s, now_s))
                if done:
                    again |= self._ask_again(now_s)
            awake = again

    def _take(self, job: Job, now_s: float) -> set[int]:
        waiting = self._deferred.setdefault((job.tenant, job.priority), deque())
        taken = None if waiting else self._submit(job, now_s)
        if taken is not None:
            return {taken}
        self.deferrals += 1
        waiting.append(job)
        return set()

    def _ask_again(self, now_s: float) -> set[int]:
        """Ask for the oldest deferred job of each tenant and class whether there is room now."""
        awake = set()
        for waiting in self._deferred.values():
            taken = self._submit(waiting[0], now_s) if waiting else None
            if taken is not None:
                waiting.popleft()
                awake.add(taken)
        return awake

    def _submit(self, job: Job, now_s: float) -> int | None:
        number = self._choose_device(job)
        device = self.devices[number]
        running = Running.fresh(job)
        work = device.lane_of(job.priority).queue.work(running)
        if not admit(work, device.totals(), device.shares).admitted:
            return None
        device.submit(running, now_s)
        return number

    def _choose_device(self, job: Job) -> int:
        """Choose where a job is done first as far as one can tell: a device with its models loaded, unless
        the wait there is longer than loading them elsewhere. STAT looks at the urgent lanes alone."""

        def cost(number: int) -> tuple[float, float, int]:
            device = self.devices[number]
            lane = device.lane_of(job.priority)
            load_s = sum(device.memory.load_s(lane.name, stage.model) for stage in job.stages)
            return device.backlog_s(job.priority) + load_s, load_s, number

        return min(range(len(self.devices)), key=cost)
