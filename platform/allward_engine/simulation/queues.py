"""The jobs of a simulated lane, kept so that the policy is asked about few of them.

Of jobs that have not begun and differ in nothing but their age, only the oldest can be chosen next; the
policy sees that one and all that are under way.
"""

from collections import deque
from collections.abc import Iterator

from allward_engine.policy import CLASS, Work
from allward_engine.requests import Priority
from allward_engine.simulation.load import Running
from allward_engine.simulation.memory import Memory

_Stream = tuple[str, ...]


class Queue:
    """The jobs of one lane that are not done."""

    def __init__(self, lane: str, memory: Memory) -> None:
        self._lane = lane
        self._memory = memory
        self._jobs: dict[str, Running] = {}
        self._begun: dict[str, Running] = {}
        self._fresh: dict[_Stream, deque[Running]] = {}
        self._left: dict[tuple[str, str, Priority], tuple[int, float]] = {}
        self._class_s = [0.0] * len(CLASS)

    def __iter__(self) -> Iterator[Running]:
        return iter(self._jobs.values())

    def add(self, running: Running) -> None:
        """Take a job that came."""
        self._jobs[running.job.job_id] = running
        self._fresh.setdefault(_stream(running), deque()).append(running)
        self.count(running, jobs=1, device_s=running.remaining_s)

    def begin(self, running: Running) -> None:
        """Move a job to those under way; nothing happens if it is there."""
        if running.job.job_id in self._begun:
            return
        stream = self._fresh[_stream(running)]
        stream.remove(running)
        if not stream:
            del self._fresh[_stream(running)]
        self._begun[running.job.job_id] = running

    def remove(self, running: Running) -> None:
        """Drop a job that is done."""
        del self._begun[running.job.job_id], self._jobs[running.job.job_id]
        self.count(running, jobs=-1, device_s=0.0)

    def count(self, running: Running, *, jobs: int, device_s: float) -> None:
        """Keep the sums of jobs and of their predicted device time up to date."""
        key = (running.job.tenant, running.job.app, running.job.priority)
        number, seconds = self._left.get(key, (0, 0.0))
        self._class_s[CLASS[key[2]]] += device_s
        if number + jobs == 0:
            del self._left[key]
        else:
            self._left[key] = (number + jobs, max(0.0, seconds + device_s))

    def find(self, work: Work) -> Running:
        """Return the job that the policy chose."""
        return self._jobs[work.job_id]

    def candidates(self) -> list[Work]:
        """Return what the policy has to choose from."""
        heads = (stream[0] for stream in self._fresh.values())
        return [self.work(running) for running in (*self._begun.values(), *heads)]

    def alike(self, chosen: Work) -> list[Work]:
        """Return all work that might join a chosen unit, itself included."""
        key = chosen.joins
        return [self.work(job) for job in self if job.now_in.joins and job.now_in.model.key == key]

    def backlog_s(self, priority: Priority) -> float:
        """Return the predicted device time of all jobs that are served before a new one of a class."""
        return max(0.0, sum(self._class_s[: CLASS[priority] + 1]))

    def totals(self) -> list[Work]:
        """Return one piece of work per tenant, app and class that stands for all of it."""
        return [
            Work(f"{tenant}/{app}/{priority}", tenant, app, priority, 0.0, remaining_s=seconds)
            for (tenant, app, priority), (_, seconds) in self._left.items()
        ]

    def work(self, running: Running) -> Work:
        """Return a job as the policy sees it."""
        job, stage = running.job, running.now_in
        return Work(
            job_id=job.job_id,
            tenant=job.tenant,
            app=job.app,
            priority=job.priority,
            arrived_s=job.arrived_s,
            unit_s=stage.model.unit_s(stage.items),
            remaining_s=running.remaining_s,
            load_s=self._memory.load_s(self._lane, stage.model),
            deadline_s=job.deadline_s,
            began_as=running.began_as,
            joins=stage.model.key if stage.joins else None,
            items=stage.items,
        )


def _stream(running: Running) -> _Stream:
    job = running.job
    alike = (job.tenant, job.app, job.priority.value, job.stages[0].model.key)
    return alike if job.deadline_s is None else (*alike, job.job_id)
