"""The bulk lane: one thread that owns the device and runs unit after unit, as the policy chooses."""

import logging
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Protocol

from allward_engine.execution import Execution
from allward_engine.policy import FairShare, WaitingJob, choose_next
from allward_engine.requests import Progress, SegmentResult
from allward_sdk.errors import AllwardError, CanceledError, TemporaryError

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told how a job goes. Called on the lane's thread, so it must not wait for anybody."""

    def progressed(self, progress: Progress) -> None:
        """Tell that a unit is done."""

    def finished(self, result: SegmentResult) -> None:
        """Tell that the job is done; nothing follows."""

    def failed(self, fault: str, message: str) -> None:
        """Tell that the job ended otherwise; nothing follows.

        Parameters
        ----------
        fault
            Name of the error's class.
        """


@dataclass(eq=False)
class Job:
    """A request on its way through the lane."""

    execution: Execution
    listener: Listener
    arrived_s: float = field(default_factory=time.monotonic)
    started: bool = False
    canceled: bool = False
    unit_since_s: float | None = None
    """When the unit that is running began; None between units."""
    progress: Progress | None = None

    def waiting(self, now_s: float) -> WaitingJob:
        """Return what the policy needs to know."""
        request = self.execution.request
        return WaitingJob(
            job_id=request.job_id,
            tenant=request.tenant,
            priority=request.priority,
            waited_s=now_s - self.arrived_s,
            started=self.started,
        )

    def describe(self, now_s: float) -> dict[str, Any]:
        """Return the job's line in the engine's status."""
        request = self.execution.request
        return {
            "job_id": request.job_id,
            "tenant": request.tenant,
            "priority": request.priority.value,
            "started": self.started,
            "waited_s": round(now_s - self.arrived_s, 3),
            "progress": self.progress.to_json() if self.progress else None,
        }


class Lane:
    """Jobs that share one device."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: list[Job] = []
        self._share = FairShare()

    def submit(self, job: Job) -> None:
        """Add a job; its listener is told the rest."""
        with self._changed:
            active = {other.execution.request.tenant for other in self._jobs}
            self._share.arrive(job.execution.request.tenant, active)
            self._jobs.append(job)
            self._changed.notify()

    def cancel(self, job: Job) -> None:
        """Stop a job after the unit that runs now; nothing happens if it has ended already."""
        with self._changed:
            job.canceled = True
            self._changed.notify()

    def describe(self) -> list[dict[str, Any]]:
        """Return all jobs as JSON, oldest first."""
        with self._changed:
            now_s = time.monotonic()
            return [job.describe(now_s) for job in self._jobs]

    def stuck_job(self) -> Job | None:
        """Return the job whose single unit has outlasted the whole job's time limit, if there is one."""
        with self._changed:
            for job in self._jobs:
                limit_s = job.execution.request.manifest.resources.timeout_s
                if job.unit_since_s is not None and time.monotonic() - job.unit_since_s > limit_s:
                    return job
        return None

    def run(self) -> None:
        """Run units for ever; the body of the lane's thread."""
        while True:
            self.run_one()

    def run_one(self) -> None:
        """Wait for work and run one unit of it."""
        job = self._take()
        if job.canceled:
            self._end(job, CanceledError("Canceled."))
            return
        try:
            progress = job.execution.step()
        except AllwardError as error:
            self._end(job, error)
            return
        except MemoryError as error:
            self._end(job, TemporaryError(f"The engine has no memory left: {error}"))
            return
        except Exception as error:
            log.exception("job %s ended by a fault of the engine", job.execution.request.job_id)
            self._end(job, error)
            return
        self._after_unit(job, progress)

    def _take(self) -> Job:
        with self._changed:
            while True:
                canceled = next((job for job in self._jobs if job.canceled), None)
                if canceled is not None:
                    return canceled
                now_s = time.monotonic()
                waiting = [job.waiting(now_s) for job in self._jobs]
                chosen = choose_next(waiting, self._share.used_s)
                if chosen is not None:
                    job = self._jobs[waiting.index(chosen)]
                    job.started, job.unit_since_s = True, now_s
                    return job
                self._changed.wait()

    def _after_unit(self, job: Job, progress: Progress | None) -> None:
        with self._changed:
            if job.unit_since_s is not None:
                took_s = time.monotonic() - job.unit_since_s
                self._share.charge(job.execution.request.tenant, took_s)
            job.unit_since_s, job.progress = None, progress
            if progress is None:
                self._jobs.remove(job)
        result = job.execution.result
        if progress is not None:
            job.listener.progressed(progress)
        elif result is not None:
            job.listener.finished(result)

    def _end(self, job: Job, error: Exception) -> None:
        with self._changed:
            job.unit_since_s = None
            self._jobs.remove(job)
        job.execution.close()
        message = (
            str(error) if isinstance(error, AllwardError) else "".join(traceback.format_exception(error))
        )
        job.listener.failed(type(error).__name__, message)
