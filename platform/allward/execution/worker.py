"""The executor's threads: each claims a job, keeps its lease alive, carries it out, and claims the next."""

import logging
import threading

from django.db import Error as DatabaseError
from django.db import connections

from allward.execution.run_job import run_job
from allward.runs.claims import Claimed, claim_next, renew

log = logging.getLogger(__name__)

RENEW_EVERY_S = 3.0
POLL_EVERY_S = 1.0


class Heartbeat:
    """Renews a lease while its job runs, and learns from it when the work should stop."""

    def __init__(self, claimed: Claimed, stopping: threading.Event) -> None:
        self._claimed, self._stopping = claimed, stopping
        self._over = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease {claimed.job_id}", daemon=True)

    def __enter__(self) -> "Heartbeat":
        """Begin to renew."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop renewing."""
        self._over.set()
        self._thread.join()

    def should_stop(self) -> bool:
        """Tell whether the job was cancelled, the lease lost, or the process is ending."""
        return self._lost.is_set() or self._stopping.is_set()

    def _beat(self) -> None:
        while not self._over.wait(RENEW_EVERY_S):
            try:
                if renew(self._claimed):
                    self._lost.set()
                    return
            except DatabaseError as error:
                log.warning("the lease of job %s could not be renewed: %s", self._claimed.job_id, error)
        connections.close_all()


class Worker(threading.Thread):
    """One lane of jobs."""

    def __init__(self, *, name: str, wake: threading.Event, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._wake, self._stopping = wake, stopping

    def run(self) -> None:
        """Work until the process ends; an unreachable database is waited for."""
        while not self._stopping.is_set():
            try:
                claimed = claim_next(worker=self.name)
                if claimed is None:
                    self._wake.wait(POLL_EVERY_S)
                    self._wake.clear()
                    continue
                with Heartbeat(claimed, self._stopping) as heartbeat:
                    run_job(claimed, worker=self.name, should_stop=heartbeat.should_stop)
            except DatabaseError as error:
                log.warning("the database is away: %s", error)
                self._stopping.wait(POLL_EVERY_S)
