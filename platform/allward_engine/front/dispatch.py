"""Which unit each lane runs next, and what becomes of the answers: the policy's decisions, carried out."""

import logging
import time
from collections.abc import Sequence
from typing import Protocol

from allward_engine.batching import companions
from allward_engine.front.jobs import Job, JobState, Wanted
from allward_engine.front.lanes import Busy, Lane, LaneState
from allward_engine.front.models import Do, Order
from allward_engine.front.predictions import Predictions, joins_of, place_of
from allward_engine.front.residency import Residency
from allward_engine.policy import Choice, Work, account_for, choose
from allward_engine.requests import Progress
from allward_engine.shares import Shares
from allward_engine.wire import Message
from allward_sdk.errors import AllwardError

log = logging.getLogger(__name__)

HOUSEKEEPING_LIMIT_S = 60.0
"""A worker that takes longer to give memory back is taken for hung."""

_AT_ONCE_ON_GPU = 4
"""Jobs of a class under way at the same time where a batch across jobs is faster than one after the other. On
a processor it is not: there one is finished before the next begins. Source: ADR-0013."""


class Desk(Protocol):
    """Where jobs come from and go to."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """Tell that a unit is done."""

    def finished(self, job: Job, answer: Message, descriptors: tuple[int, ...]) -> None:
        """Tell that the job is done."""

    def failed(self, job: Job, fault: str, message: str) -> None:
        """Tell that the job ended otherwise."""


class Dispatcher:
    """Gives free lanes their next unit."""

    def __init__(self, device_bytes: int, *, quantum_s: float, lanes: dict[str, Lane], desk: Desk) -> None:
        self.residency = Residency(device_bytes, self._waiting_for)
        self.shares = Shares()
        self.predictions = Predictions(quantum_s)
        self.units = 0
        self._lanes = lanes
        self._desk = desk
        self._queue: Sequence[Job] = ()
        self._began: dict[Job, int] = {}
        """Job -> the class that it counted as when it was last chosen."""

    def work_of(self, job: Job) -> Work:
        """Return a job as the policy sees it."""
        wants = job.wants
        load_s = 0.0
        if wants is not None and not self.residency.is_ready(job.lane, wants.model):
            load_s = self.residency.predicted_load_s(wants.sha256, wants.file_bytes)
        return Work(
            job_id=str(job.number),
            tenant=job.request.tenant,
            app=job.request.app,
            priority=job.request.priority,
            arrived_s=job.arrived_s,
            unit_s=self.predictions.unit_s(job),
            remaining_s=self.predictions.remaining_s(job),
            load_s=load_s,
            deadline_s=job.due_s,
            began_as=self._began.get(job),
            joins=None if job.alone else joins_of(job),
            items=1 if wants is None else wants.items,
        )

    def pump(self, jobs: Sequence[Job]) -> None:
        """Give every free lane something to do, if there is anything."""
        self._queue = jobs
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
        self.units += 1
        lane.unit_times.note(took_s)
        self.predictions.learn(busy, took_s, message["runs"])
        for run in message["runs"]:
            self.residency.ran(lane.name, str(run["model"]), run["workspace"], now_s)
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
        self.predictions.learn_job(job)
        self._desk.finished(job, answer, descriptors)

    def memory_changed(self, lane: Lane, message: Message) -> None:
        """Take a worker's word that a model was loaded, rested or dropped."""
        now_s = time.monotonic()
        busy, kind, model = lane.busy, message["type"], str(message["model"])
        if kind in ("loaded", "not_loaded"):
            busy = lane.loads.pop(model)
        elif busy is not None and (busy.what, busy.model) == (_ANSWERED.get(kind), model):
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
        """Give a lane the job's next unit, or what has to come before it.

        A job that is suspect has the worker to itself, so that no other is blamed for what it does.
        """
        if lane.loads and (
            job.alone or any(other.alone for load in lane.loads.values() for other in load.jobs)
        ):
            return
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
            self.predictions.times,
            quantum_s=self.predictions.quantum_s,
        )
        by_number = {item.job_id: other for other, item in left}
        joined = [(by_number[mate.job_id], Choice(mate, choice.counts_as, choice.why)) for mate in mates]
        self._begin(lane, [(job, choice), *joined])

    def _begin(self, lane: Lane, chosen: Sequence[tuple[Job, Choice]]) -> None:
        """Let a worker run a unit: one job's on the processor, or one run of a model for several jobs."""
        first, _ = chosen[0]
        for job, made in chosen:
            self._began[job] = made.counts_as
            job.state = JobState.RUNNING
            self._open(lane, job)
        wants = [job.wants for job, _ in chosen if job.wants is not None]
        items = sum(want.items for want in wants)
        busy = Busy(
            what="step",
            jobs=[job for job, _ in chosen],
            choices=[made for _, made in chosen],
            predicted_s=self.predictions.unit_s(first, items),
            limit_s=min(job.timeout_s - job.spent_s for job, _ in chosen),
            model=wants[0].model if wants else None,
            items=items,
            stage=first.stage,
            place=place_of(first),
        )
        # On a GPU a run may be shared with other jobs: there each is chosen.
        ready = self.residency.runnable(lane.name) if len(chosen) == 1 and "CPU" in lane.device else []
        lane.do(busy, {"do": "step", "jobs": [job.number for job, _ in chosen], "ready": ready})

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
        """Let a worker load a model beside its units, or rest or drop one after the unit that it runs."""
        if order.do is Do.WAIT:
            return
        command = {"do": order.do.value, "model": order.model}
        if order.do is Do.LOAD:
            lane.load(Busy("load", jobs, self.work_of(jobs[0]).load_s, jobs[0].timeout_s, order.model))
        elif lane.is_free:
            lane.do(Busy(order.do.value, [], 0.0, HOUSEKEEPING_LIMIT_S, order.model), command)
        else:
            lane.send(command)

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

    def _waiting_for(self, lane: str, sha256: str) -> int:
        """Return how many jobs of a lane need a graph next, or will when they begin."""
        return sum(
            job.lane == lane
            and (
                job.wants.sha256 == sha256
                if job.wants is not None
                else not job.opened and any(m.sha256 == sha256 for m in job.request.manifest.models.values())
            )
            for job in self._queue
        )

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


_ANSWERED = {"rested": "rest", "dropped": "drop"}


def _runnable(job: Job) -> bool:
    return job.state is JobState.WAITING and not job.canceled
