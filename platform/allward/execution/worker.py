"""The executor's threads: each claims a job, keeps its lease alive, carries it out, and claims the next."""

import logging
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connections

from allward.execution.run_job import Executor, run_job
from allward.runs.claims import Claimed, claim_next, renew
from allward.runs.states import Priority

log = logging.getLogger(__name__)

WARM = 4
"""Plug-ins that a device is taken to hold; a wrong guess costs one load."""

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


class Device:
    """An engine, and which plug-ins it ran lately: their models are most likely still loaded."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._recent: deque[UUID] = deque(maxlen=WARM)

    @property
    def warm(self) -> frozenset[UUID]:
        """Versions of plug-ins."""
        return frozenset(self._recent)

    def used(self, plugin_version_id: UUID | None) -> None:
        """Note that a version runs here."""
        if plugin_version_id is not None and plugin_version_id not in self._recent:
            self._recent.append(plugin_version_id)


@dataclass(frozen=True)
class Signals:
    """What the process tells its threads."""

    wake: threading.Event
    """Set when there may be work."""
    stopping: threading.Event


class Worker(threading.Thread):
    """One job in hand at a time, carried out on one device."""

    def __init__(
        self, *, name: str, device: Device, signals: Signals, least: Priority = Priority.LOW
    ) -> None:
        """Prepare; `least` is the least urgent priority that this thread takes."""
        super().__init__(name=name, daemon=True)
        self._device, self._least = device, least
        self._wake, self._stopping = signals.wake, signals.stopping

    def run(self) -> None:
        """Work until the process ends; an unreachable database is waited for."""
        while not self._stopping.is_set():
            try:
                claimed = claim_next(worker=self.name, warm=self._device.warm, least=self._least)
                if claimed is None:
                    self._wake.wait(POLL_EVERY_S)
                    self._wake.clear()
                    continue
                self._device.used(claimed.plugin_version_id)
                with Heartbeat(claimed, self._stopping) as heartbeat:
                    executor = Executor(self.name, self._device.socket, heartbeat.should_stop)
                    run_job(claimed, executor)
            except DatabaseError as error:
                log.warning("the database is away: %s", error)
                self._stopping.wait(POLL_EVERY_S)
