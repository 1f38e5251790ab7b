"""Which unit each lane runs next, and what becomes of the answers: the policy's decisions, carried out."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from allward_engine.batching import TimeTable, companions
from allward_engine.front.jobs import Job, JobState, Wanted
from allward_engine.front.lanes import Busy, Lane, LaneState
from allward_engine.front.residency import Do, Order, Residency
from allward_engine.policy import Choice, Work, account_for, choose
from allward_engine.requests import Progress
from allward_engine.shares import Shares
from allward_engine.wire import Message
from allward_sdk.errors import AllwardError

log = logging.getLogger(__name__)

HOUSEKEEPING_LIMIT_S = 60.0
"""A worker that takes longer to give memory back is taken for hung."""

_SLOW = 2.0
"""A unit that takes so many times what was predicted, and longer than a quantum, is noted as slow."""

_AT_ONCE_ON_GPU = 4
"""Jobs of a class under way at the same time where a batch across jobs is faster than one after the other. On
a processor it is not: there one is finished before the next begins. Source: ADR-0013."""

_UNKNOWN_JOB_S = 30.0
"""What a job of a plug-in that has never run is taken to need, for the queue's horizon."""


class Desk(Protocol):
    """Where jobs come from and go to."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """Tell that a unit is done."""

    def finished(self, job: Job, answer: Message, descriptors: tuple[int, ...]) -> None:
        """Tell that the job is done."""

    def failed(self, job: Job, fault: str, message: str) -> None:
        """Tell that the job ended otherwise."""


@dataclass
class Tally:
    """What has been counted since the front started."""

    units: int = 0
    slow: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=50))


class Dispatcher:
    """Gives free lanes their next unit."""

    def __init__(self, residency: Residency, *, quantum_s: float, lanes: dict[str, Lane], desk: Desk) -> None:
        self.residency = residency
        self.shares = Shares()
        self.tally = Tally()
        self.times = TimeTable()
        self.quantum_s = quantum_s
        self._lanes = lanes
        self._desk = desk
        self._began: dict[Job, int] = {}
        """Job -> the class that it counted as when it was last chosen."""

    def work_of(self, job: Job) -> Work:
        """Return a job as the policy sees it."""
        wants, total_s = job.wants, self.times.predict_s(job.plugin, 1)
        expected_s = _UNKNOWN_JOB_S if total_s is None else total_s
        load_s = 0.0
        if wants is not None and not self.residency.is_ready(job.lane, wants.model):
            load_s = self.residency.predicted_load_s(wants.sha256, wants.file_bytes)
        return Work(
            job_id=str(job.number),
            tenant=job.request.tenant,
            app=job.request.app,
            priority=job.request.priority,
            arrived_s=job.arrived_s,
            unit_s=self._predicted_s(job),
            remaining_s=max(0.0, expected_s - job.spent_s),
            load_s=load_s,
            began_as=self._began.get(job),
            joins=None if wants is None or job.alone else (job.lane, wants.model),
            items=1 if wants is None else wants.items,
        )

    def pump(self, jobs: Sequence[Job]) -> None:
        """Give every free lane something to do, if there is anything."""
        for lane in self._lanes.values():
            if lane.state is LaneState.ASLEEP and any(job.lane == lane.name for job in jobs):
                lane.start()
            elif lane.is_free:
                self._feed(lane, [job for job in jobs if job.lane == lane.name])

    def forget(self, job: Job) -> None:
        """Take a job off its worker, if one holds it."""
        self._began.pop(job, None)
        if job.opened:
            self._lanes[job.lane].send({"do": "close", "job": job.number})
            self._rest_if_idle(job)
        job.set_back()

    def lost(self, job: Job) -> None:
        """Let a job start anew: its worker is gone."""
        self._began.pop(job, None)
        job.set_back()

    def stepped(self, lane: Lane, message: Message, jobs: Sequence[Job]) -> None:
        """Take a worker's word that a unit is done."""
        now_s = time.monotonic()
        busy, took_s = lane.done(now_s), float(message["took_s"])
        self.tally.units += 1
        self._learn(busy, took_s, message, now_s)
        waiting = [self.work_of(job) for job in jobs if job.lane == lane.name and _runnable(job)]
        said = {int(row["job"]): row for row in message["jobs"]}
        own_s = {number: float(row.get("took_s", 0.0)) for number, row in said.items()}
        shared_s = max(0.0, took_s - sum(own_s.values())) / len(busy.jobs)
        for job, choice in zip(busy.jobs, busy.choices, strict=True):
            row, part_s = said[job.number], shared_s + own_s[job.number]
            account_for(choice, self.shares, part_s, waiting=waiting, now_s=now_s)
            job.spent_s += part_s
            if job.state is JobState.RUNNING:
                job.state = JobState.WAITING
            self._heard(job, row)

    def finished(self, job: Job, answer: Message, descriptors: tuple[int, ...]) -> None:
        """Take a result; its unit's own answer follows."""
        job.opened, job.wants = False, None
        self._began.pop(job, None)
        self.times.note(job.plugin, 1, job.spent_s)
        self._desk.finished(job, answer, descriptors)

    def memory_changed(self, lane: Lane, message: Message) -> None:
        """Take a worker's word that a model was loaded, rested or dropped."""
        now_s = time.monotonic()
        busy, kind, model = lane.busy, message["type"], str(message["model"])
        if busy is not None and busy.model == model and busy.what in _ANSWERED_BY.get(kind, ()):
            lane.done(now_s)
        if kind == "loaded":
            if not self.residency.loaded(lane.name, model, message, now_s):
                self._order(lane, self.residency.evict(lane.name, model), [])
        elif kind == "rested":
            self.residency.rested(lane.name, model)
        else:
            self.residency.forget(lane.name, model)
        if kind == "not_loaded" and busy is not None:
            for job in busy.jobs:
                self._desk.failed(job, str(message["fault"]), str(message["message"]))

    def _feed(self, lane: Lane, jobs: Sequence[Job]) -> None:
        work = {job: self.work_of(job) for job in jobs if _runnable(job)}
        if not work:
            self.residency.idle(lane.name)
            return
        numbers = {item.job_id: job for job, item in work.items()}
        left = list(work.values())
        now_s = time.monotonic()
        at_once = 1 if "CPU" in lane.device else _AT_ONCE_ON_GPU
        while left and lane.is_free:
            choice = choose(left, self.shares, now_s, started_at_once=at_once)
            if choice is None:
                return
            job = numbers[choice.work.job_id]
            self._serve(lane, job, choice, [(numbers[item.job_id], item) for item in left])
            left = [item for item in left if item is not choice.work]

    def _serve(self, lane: Lane, job: Job, choice: Choice, left: Sequence[tuple[Job, Work]]) -> None:
        """Give a lane the job's next unit, or what has to come before it."""
        if job.wants is None:
            self._begin(lane, [(job, choice)])
            return
        try:
            order = self.residency.prepare(job.lane, job.wants, time.monotonic())
        except AllwardError as error:
            self._desk.failed(job, type(error).__name__, str(error))
            return
        if order.do is not Do.NOTHING:
            self._order(self._lanes.get(order.lane, lane), order, [job])
            return
        mates = companions(
            choice.work,
            [item for _, item in left],
            self.times,
            quantum_s=self.quantum_s,
        )
        by_number = {item.job_id: other for other, item in left}
        joined = [(by_number[mate.job_id], Choice(mate, choice.counts_as, choice.why)) for mate in mates]
        self._begin(lane, [(job, choice), *joined])

    def _begin(self, lane: Lane, chosen: Sequence[tuple[Job, Choice]]) -> None:
        """Let a worker run a unit: one job's on the processor, or one run of a model for several jobs."""
        first, choice = chosen[0]
        for job, made in chosen:
            self._began[job] = made.counts_as
            job.state = JobState.RUNNING
            self._open(lane, job)
        wants = [job.wants for job, _ in chosen if job.wants is not None]
        items = sum(want.items for want in wants)
        joins = choice.work.joins or _joins(first)
        predicted_s = self.times.predict_s(joins, items) if wants else None
        busy = Busy(
            what="step",
            jobs=[job for job, _ in chosen],
            choices=[made for _, made in chosen],
            predicted_s=self._predicted_s(first) if predicted_s is None else predicted_s,
            limit_s=min(job.timeout_s - job.spent_s for job, _ in chosen),
            model=wants[0].model if wants else None,
            items=items,
            stage=first.stage,
        )
        lane.do(busy, {"do": "step", "jobs": [job.number for job, _ in chosen]})

    def _open(self, lane: Lane, job: Job) -> None:
        if not job.opened:
            message = {
                "do": "open",
                "job": job.number,
                "request": job.message,
                "shape": job.message["shape"],
                "dtype": job.message["dtype"],
            }
            lane.send(message, (job.volume,))
            job.opened = True

    def _order(self, lane: Lane, order: Order, jobs: list[Job]) -> None:
        """Let a worker load, rest or drop a model; a busy one does it after its unit."""
        if order.do is Do.WAIT:
            return
        command = {"do": order.do.value, "model": order.model}
        if not lane.is_free:
            lane.send(command)
            return
        limit_s, predicted_s = HOUSEKEEPING_LIMIT_S, 0.0
        if order.do is Do.LOAD and jobs:
            limit_s, predicted_s = jobs[0].timeout_s, self.work_of(jobs[0]).load_s
        lane.do(Busy(order.do.value, jobs, predicted_s, limit_s, order.model), command)

    def _heard(self, job: Job, row: Message) -> None:
        said = row["said"]
        if "progress" in row:
            job.wants, job.progress = None, Progress.from_json(row["progress"])
            if job.progress.ends_stage:
                self._rest_if_idle(job)
            self._desk.progressed(job, job.progress)
        if said == "infer":
            job.wants = Wanted.from_json(row["wants"])
            job.last_model = job.wants.model
        elif said == "alone":
            job.alone = True
        elif said != "progress":
            job.opened, job.wants = False, None
            self._began.pop(job, None)
            self._rest_if_idle(job)
            if said == "failed":
                self._desk.failed(job, str(row["fault"]), str(row["message"]))

    def _rest_if_idle(self, job: Job) -> None:
        """Let the job's model give its activations back, if no run waits for it: labels come next."""
        if job.last_model is None or any(
            other is not job and other.wants is not None and other.wants.model == job.last_model
            for other in self._began
        ):
            return
        lane = self._lanes[job.lane]
        order = self.residency.rest_idle(job.lane, job.last_model)
        if order.do is Do.REST:
            self._order(lane, order, [])

    def _learn(self, busy: Busy, took_s: float, message: Message, now_s: float) -> None:
        lane = busy.jobs[0].lane
        if busy.model is not None:
            self.times.note((lane, busy.model), busy.items, took_s)
            self.residency.ran(lane, busy.model, message["workspace"], now_s)
        else:
            self.times.note((busy.jobs[0].plugin, busy.stage), 1, took_s)
        if took_s > max(self.quantum_s, _SLOW * busy.predicted_s) and busy.predicted_s > 0.0:
            self.tally.slow.append(
                {
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "job_id": busy.jobs[0].request.job_id,
                    "stage": busy.stage,
                    "predicted_s": round(busy.predicted_s, 3),
                    "took_s": round(took_s, 3),
                }
            )

    def _predicted_s(self, job: Job) -> float:
        if job.wants is None:
            return self.times.predict_s((job.plugin, job.stage), 1) or 0.0
        return self.times.predict_s(_joins(job), job.wants.items) or 0.0

    def exceeding(self) -> list[str]:
        """Return the keys of models of which a single item takes longer than a quantum."""
        return [
            model.key
            for model in self.residency.models()
            if (self.times.predict_s((model.lane, model.key), 1) or 0.0) > self.quantum_s
        ]


_ANSWERED_BY = {"loaded": ("load",), "not_loaded": ("load",), "rested": ("rest",), "dropped": ("drop",)}


def _runnable(job: Job) -> bool:
    return job.state is JobState.WAITING and not job.canceled


def _joins(job: Job) -> tuple[str, str] | None:
    return None if job.wants is None else (job.lane, job.wants.model)
