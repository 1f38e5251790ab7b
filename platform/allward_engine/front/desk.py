"""Where jobs arrive, wait, are blamed, and end: each is told of once, whatever becomes of the workers."""

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from allward_engine.batching import QUANTUM_S
from allward_engine.front.admitting import Gate
from allward_engine.front.dispatch import Dispatcher
from allward_engine.front.jobs import Job, JobState, Listener
from allward_engine.front.lanes import BULK, URGENT, Busy, Lane
from allward_engine.front.loop import Loop
from allward_engine.front.quarantine import Quarantine, key_of, voxels_digest
from allward_engine.requests import Priority, Progress, too_long
from allward_engine.tile_requests import request_from_json
from allward_engine.wire import Message
from allward_sdk.errors import AllwardError, CanceledError, PluginFaultError

log = logging.getLogger(__name__)

GPU_QUANTUM_S = 0.05
"""Longest batch on a GPU. Source: ADR-0014."""


@dataclass
class Counters:
    """What has been counted since the front started."""

    finished: int = 0
    failed: int = 0
    canceled: int = 0
    crashes: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the front may use."""

    device_bytes: int
    host_bytes: int
    quantum_s: float | None
    """None takes what suits the device."""


class Desk:
    """All jobs of the front, from their arrival to their one answer.

    Attributes
    ----------
    jobs
        Those that have not ended, oldest first.
    """

    def __init__(self, loop: Loop, lanes: dict[str, Lane], quarantine: Quarantine, limits: Limits) -> None:
        self.jobs: list[Job] = []
        self.counters = Counters()
        self.lanes = lanes
        self.quarantine = quarantine
        self.dispatcher = Dispatcher(
            limits.device_bytes, quantum_s=limits.quantum_s or QUANTUM_S, lanes=lanes, desk=self
        )
        self.gate = Gate(limits.host_bytes, set_back=self.dispatcher.forget, work_of=self.dispatcher.work_of)
        self._limits = limits
        self._loop = loop
        self._numbers = itertools.count(1)
        self._to_let_in = False
        """Whether something changed that may let a deferred job in."""
        self._overdue: set[str] = set()
        """Lanes whose worker was ended because a unit outlasted its limit."""

    def submit(self, message: Message, volume: int, listener: Listener) -> Job:
        """Take a job; its listener is told the rest.

        Parameters
        ----------
        volume
            Descriptor of the voxels; the job's own from now on, also if this raises.

        Raises
        ------
        BadInputError, ManifestError, PluginFaultError
            If it is not well formed, or can never be run here.
        """
        request = request_from_json(message)
        lane = URGENT if request.priority is Priority.STAT and URGENT in self.lanes else BULK
        job = Job(next(self._numbers), request, message, volume, listener, lane, state=JobState.DEFERRED)
        self.gate.check(job)
        now_s = time.monotonic()
        present = [self.dispatcher.work_of(other) for other in self.jobs]
        self.dispatcher.shares.arrive(self.dispatcher.work_of(job), present)
        names = {model.sha256: name for name, model in request.manifest.models.items()}
        self.dispatcher.residency.note_arrival(names, now_s)
        self.jobs.append(job)
        self._to_let_in = True
        if self.quarantine.suspects(request):
            self._check(job, partial(self._judge_arrival, job))
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job after the unit that runs now; nothing happens if it has ended already."""
        job.canceled = True
        if job.state not in (JobState.RUNNING, JobState.ENDED):
            self.failed(job, CanceledError.__name__, "Canceled.")

    def pump(self) -> None:
        """Let in what fits, and give free lanes their next units."""
        if self._to_let_in:
            self._to_let_in = False
            self._let_in()
        self.dispatcher.pump(self.jobs)

    def tick(self, now_s: float) -> None:
        """Start workers that are due, and end those that hang."""
        self._to_let_in = True  # the backlog's prediction may have changed
        for lane in self.lanes.values():
            for busy in lane.overdue(now_s):
                self._hangs(lane, busy)
            lane.tick(now_s)

    def progressed(self, job: Job, progress: Progress) -> None:
        """Pass progress on; see `dispatch.Desk`."""
        job.listener.tell({"type": "progress", "progress": progress.to_json()})

    def finished(self, job: Job, answer: Message, descriptors: tuple[int, ...]) -> None:
        """Pass a result on; see `dispatch.Desk`."""
        job.listener.tell({"type": "result", **answer}, descriptors)
        if job.key is not None:
            self.quarantine.forgive(job.key)
        self.counters.finished += 1
        self._leave(job)

    def failed(self, job: Job, fault: str, message: str) -> None:
        """Tell that a job ended otherwise; see `dispatch.Desk`."""
        if job.state is JobState.ENDED:
            return
        self.dispatcher.forget(job)
        job.listener.tell({"type": "error", "fault": fault, "message": message})
        if fault == CanceledError.__name__:
            self.counters.canceled += 1
        else:
            self.counters.failed += 1
        self._leave(job)

    def worker_said(self, lane: Lane, message: Message, descriptors: list[int]) -> None:
        """Take a worker's answer; see `lanes.Keeper`."""
        kind = message["type"]
        if kind == "stepped":
            self.dispatcher.stepped(lane, message, self.jobs)
            self._after_unit(lane)
        elif kind == "finished":
            job = next(job for job in self.jobs if job.number == message["job"])
            answer = {**message["answer"], "progress": message["progress"]}
            self.dispatcher.finished(job, answer, tuple(descriptors))
        elif kind == "ready":
            self._learn_device(str(message["device"]), message["device_bytes"])
        else:
            self.dispatcher.memory_changed(lane, message)

    def worker_died(self, lane: Lane, how: str) -> None:
        """Set back what a worker held, and blame what it ran; see `lanes.Keeper`."""
        self.counters.crashes += 1
        running = [*lane.loads.values(), *([] if lane.busy is None else [lane.busy])]
        blamed = {} if lane.name in self._overdue else {job: None for busy in running for job in busy.jobs}
        self._overdue.discard(lane.name)
        self.dispatcher.residency.lane_lost(lane.name)
        for job in [job for job in self.jobs if job.lane == lane.name]:
            if job.opened or job.state is JobState.RUNNING:
                self.dispatcher.lost(job)
            if job.state is JobState.RUNNING:
                job.state = JobState.WAITING
            if job.canceled:
                self.failed(job, CanceledError.__name__, "Canceled.")
        reason = f"the worker {how} while it ran the stage "
        for job in [job for job in blamed if job.state is not JobState.ENDED]:
            job.alone = True
            self._check(job, partial(self._blame, job, f"{reason}{job.stage!r}"))

    def _learn_device(self, name: str, size_bytes: int | None) -> None:
        if size_bytes is not None:
            self.dispatcher.residency.device_has(size_bytes)
        if self._limits.quantum_s is None and "CPU" not in name:
            self.dispatcher.predictions.quantum_s = GPU_QUANTUM_S

    def _after_unit(self, lane: Lane) -> None:
        self._to_let_in = self._to_let_in or any(
            job.urgent and job.state is JobState.DEFERRED for job in self.jobs
        )
        for job in [job for job in self.jobs if job.lane == lane.name and job.state is JobState.WAITING]:
            if job.canceled:
                self.failed(job, CanceledError.__name__, "Canceled.")
            elif job.spent_s > job.timeout_s:
                self.failed(job, PluginFaultError.__name__, too_long(job.timeout_s))

    def _hangs(self, lane: Lane, busy: Busy) -> None:
        """End a worker whose unit outlasts the job's limit; a model's run cannot be interrupted otherwise."""
        took_s = time.monotonic() - busy.since_s
        log.error("lane %s: %s takes longer than %.0f s; its worker is ended", lane.name, busy.what, took_s)
        self._overdue.add(lane.name)
        lane.kill()
        busy.limit_s = float("inf")
        for job in busy.jobs:
            job.alone = True
            if job.spent_s + took_s > job.timeout_s:
                job.opened = False
                self.failed(job, PluginFaultError.__name__, too_long(job.timeout_s))

    def _let_in(self) -> None:
        for job in self.gate.let_in(self.jobs, self.dispatcher.shares, lanes=1):
            job.listener.tell({"type": "deferred", "why": job.why_deferred})

    def _check(self, job: Job, then: Callable[[], None]) -> None:
        """Find out the job's key, hashing its voxels beside the loop where that is needed."""
        if job.key is None and job.request.input_digest:
            job.key = key_of(job.request, "")
        if job.key is not None:
            then()
            return
        job.state = JobState.CHECKING

        def hash_voxels() -> None:
            digest = voxels_digest(volume)
            self._loop.post(lambda: hashed(digest))

        def hashed(digest: str) -> None:
            if job.state is JobState.CHECKING:
                job.key = key_of(job.request, digest)
                then()

        volume = job.copy_volume()
        threading.Thread(target=hash_voxels, name="engine-hash", daemon=True).start()

    def _judge_arrival(self, job: Job) -> None:
        assert job.key is not None
        refusal = self.quarantine.refusal(job.key)
        if refusal is not None:
            self._refuse(job, refusal)
        else:
            job.state, self._to_let_in = JobState.DEFERRED, True

    def _blame(self, job: Job, reason: str) -> None:
        assert job.key is not None
        log.error("job %s of %s: %s", job.request.job_id, job.plugin, reason)
        if self.quarantine.blame(job.key, job.request, reason):
            refusal = self.quarantine.refusal(job.key)
            assert refusal is not None
            self._refuse(job, refusal)
        else:
            job.state = JobState.WAITING if self.gate.holds(job) else JobState.DEFERRED
            self._to_let_in = True

    def _refuse(self, job: Job, error: AllwardError) -> None:
        self.failed(job, type(error).__name__, str(error))

    def _leave(self, job: Job) -> None:
        self._to_let_in = True
        self.gate.leave(job)
        self.jobs.remove(job)
        job.let_go()
        job.listener.ended(job)
