"""The front as a whole: one loop, a listener, the desk, its lanes."""

import logging
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from allward_engine.front.clients import Clients
from allward_engine.front.desk import Desk, Limits
from allward_engine.front.lanes import BULK, URGENT, Lane
from allward_engine.front.listening import listen
from allward_engine.front.loop import Loop
from allward_engine.front.quarantine import Quarantine
from allward_engine.front.spares import Spares, WorkerPlan
from allward_engine.front.status import Status
from allward_engine.wire import Message

log = logging.getLogger(__name__)

QUARANTINE_FILE = "engine-quarantine.json"


@dataclass(frozen=True, slots=True)
class FrontPlan:
    """What a front is started with."""

    socket: Path
    state: Path
    lanes: int
    workers: WorkerPlan
    limits: Limits


class Front:
    """Takes jobs over a socket and has its workers run them."""

    def __init__(self, plan: FrontPlan) -> None:
        """Listen; nobody is answered before `run`.

        Raises
        ------
        TemporaryError
            If another engine listens there, or the path cannot be a socket.
        """
        self._path = plan.socket
        self._listener = listen(plan.socket)
        _allow_many_descriptors()
        self._loop = Loop()
        self._lanes: dict[str, Lane] = {}
        plan.state.mkdir(parents=True, exist_ok=True)
        self._desk = Desk(self._loop, self._lanes, Quarantine(plan.state / QUARANTINE_FILE), plan.limits)
        self._spares = Spares(plan.workers, self._loop)
        for name in (URGENT, BULK)[-plan.lanes :]:
            nice = plan.workers.nice[name]
            self._lanes[name] = Lane(name, nice=nice, spares=self._spares, loop=self._loop, keeper=self)
        self._status = Status(self._desk, self._spares)
        self._clients = Clients(self._loop, self._desk, self._status.describe)
        self._is_ready = False

    def run(self, *, should_end: Callable[[], bool]) -> None:
        """Run until `should_end`, which is asked a few times a second, says so, or an exception ends it.

        Raises
        ------
        TemporaryError
            If the device cannot be used, or the workers do not start.
        """
        self._lanes[BULK].start()  # the urgent lane sleeps until something comes for it

        def tick() -> None:
            if should_end():
                raise SystemExit(0)
            now_s = time.monotonic()
            self._desk.tick(now_s)
            self._spares.tick(now_s)
            self._clients.tick(now_s)

        self._loop.run(after_events=self._desk.pump, tick=tick)

    def worker_said(self, lane: Lane, message: Message, descriptors: list[int]) -> None:
        """Take a worker's answer; see `lanes.Keeper`."""
        self._desk.worker_said(lane, message, descriptors)
        if not self._is_ready and lane.device:
            self._is_ready = True
            self._loop.listen(self._listener, self._clients.accepted)
            log.info("ready: %s, pid %d", lane.device, os.getpid())

    def worker_died(self, lane: Lane, how: str) -> None:
        """Take note that a worker is gone; see `lanes.Keeper`."""
        self._desk.worker_died(lane, how)

    def close(self) -> None:
        """Stop listening, take the socket away, end the workers."""
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._spares.end()
        for lane in self._lanes.values():
            lane.end()


def _allow_many_descriptors() -> None:
    """Raise the limit of open files to what is allowed: every client and every waiting volume is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65536 if hard == resource.RLIM_INFINITY else hard
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
