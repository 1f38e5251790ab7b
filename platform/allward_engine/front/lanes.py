"""A lane: its worker process, started, heard, killed and started again by the front."""

import logging
import signal
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from allward_engine.front.busy import BusyShare, UnitTimes
from allward_engine.front.jobs import Job
from allward_engine.front.loop import Loop
from allward_engine.front.spares import Spares, WorkerProcess
from allward_engine.memory import peak_resident_mib
from allward_engine.wire import Message
from allward_sdk.errors import TemporaryError

log = logging.getLogger(__name__)

URGENT, BULK = "urgent", "bulk"

_QUICK_DEATH_S = 2.0
"""A worker that dies so soon after its start, with no job to blame, is not started again at once."""

_LONGEST_PAUSE_S = 10.0
_MOST_FAILED_STARTS = 4


class LaneState(StrEnum):
    """What a lane's worker does."""

    ASLEEP = "asleep"
    """There is none: nothing has come for the lane yet, and the spare is warm."""
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"


@dataclass
class Busy:
    """What a lane's worker was told to do and has not answered yet."""

    what: str
    """step, load, rest or drop."""
    jobs: list[Job]
    predicted_s: float
    limit_s: float
    """After which the worker is taken for hung."""
    model: str | None = None
    items: int = 0
    stage: str = ""
    place: Hashable = None
    """What names the work on the processor, for predictions."""
    choices: list[Any] = field(default_factory=list)
    """What the policy said of each job, for the accounts."""
    since_s: float = field(default_factory=time.monotonic)


class Keeper(Protocol):
    """Who is told what a worker says."""

    def worker_said(self, lane: "Lane", message: Message, descriptors: list[int]) -> None:
        """Take a worker's answer."""

    def worker_died(self, lane: "Lane", how: str) -> None:
        """Take note that a worker is gone; a new one is on its way."""


class Lane:
    """One worker at a time.

    Attributes
    ----------
    busy
        What the worker is doing; None while it waits for a command.
    loads
        Models that it loads beside that, by key.
    device
        What really runs the models; empty until the first worker is ready.
    """

    def __init__(self, name: str, *, nice: int, spares: Spares, loop: Loop, keeper: Keeper) -> None:
        self.name = name
        self.state = LaneState.ASLEEP
        self.busy: Busy | None = None
        self.loads: dict[str, Busy] = {}
        self.device = ""
        self.restarts = 0
        self.peak_mib = 0.0
        self.share = BusyShare(time.monotonic())
        self.unit_times = UnitTimes()
        self._nice = nice
        self._spares = spares
        self._loop = loop
        self._keeper = keeper
        self._worker: WorkerProcess | None = None
        self._started_s = self._start_at_s = time.monotonic()
        self._failed_starts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None between two."""
        return None if self._worker is None else self._worker.pid

    @property
    def is_free(self) -> bool:
        """Whether the worker waits for a command."""
        return self.state is LaneState.READY and self.busy is None

    def start(self) -> None:
        """Give the lane a worker."""
        if self.state is LaneState.ASLEEP:
            self.state = LaneState.STARTING
        self._worker = self._spares.take()
        self._started_s = time.monotonic()
        self._loop.hand_over(self._worker.channel, self)
        self.send({"do": "serve", "lane": self.name, "nice": self._nice})

    def do(self, busy: Busy, command: Message) -> None:
        """Give the worker something to do; `busy` until it answers."""
        self.share.note(busy=False, now_s=busy.since_s)
        self.busy = busy
        self.send(command)

    def load(self, busy: Busy) -> None:
        """Let the worker load a model beside its units."""
        assert busy.model is not None
        self.loads[busy.model] = busy
        self.send({"do": "load", "model": busy.model})

    def overdue(self, now_s: float) -> list[Busy]:
        """Return what takes longer than it may."""
        every = [*self.loads.values(), *([] if self.busy is None else [self.busy])]
        return [busy for busy in every if now_s - busy.since_s > busy.limit_s]

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Tell the worker something that it does not answer."""
        assert self._worker is not None
        self._worker.channel.send(message, descriptors)

    def done(self, now_s: float) -> Busy:
        """Note that the worker has answered."""
        busy = self.busy
        assert busy is not None
        self.share.note(busy=True, now_s=now_s)
        self.busy = None
        return busy

    def kill(self) -> None:
        """End the worker at once, whatever it is deep in; a new one takes its place."""
        if self._worker is not None:
            self._worker.process.kill()

    def end(self) -> None:
        """End the worker for good."""
        if self._worker is not None:
            self._worker.process.kill()
            self._worker.process.wait()

    def tick(self, now_s: float) -> None:
        """Start a worker that is due."""
        self.share.note(busy=self.busy is not None, now_s=now_s)
        if self.state is LaneState.RESTARTING and self._worker is None and now_s >= self._start_at_s:
            self.start()

    def received(self, message: Message, descriptors: list[int]) -> None:
        """Take a message; see `Peer`."""
        kind = message["type"]
        if kind == "warm":
            return
        if kind == "ready":
            self.state, self.device = LaneState.READY, str(message["device"])
            self._failed_starts = 0
        elif kind == "refused":
            raise TemporaryError(str(message["message"]))
        self._keeper.worker_said(self, message, descriptors)

    def closed(self) -> None:
        """Take note that the worker is gone, and start another; see `Peer`."""
        how = self._reap()
        was_ready, self.state = self.state is LaneState.READY, LaneState.RESTARTING
        self.restarts += 1
        now_s = time.monotonic()
        log.error("the worker of lane %s %s", self.name, how)
        self._pause(now_s, was_ready=was_ready)
        self._keeper.worker_died(self, how)
        self.busy = None
        self.loads.clear()
        self.tick(now_s)

    def _pause(self, now_s: float, *, was_ready: bool) -> None:
        """Choose when the next worker starts: at once, unless this one died by itself straight away."""
        if not was_ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS and not self.device:
                raise TemporaryError(f"The worker of lane {self.name} does not start.")
        quick = self.busy is None and now_s - self._started_s < _QUICK_DEATH_S
        pause_s = min(_LONGEST_PAUSE_S, 0.25 * 2.0**self._failed_starts) if quick or not was_ready else 0.0
        self._start_at_s = now_s + pause_s

    def _reap(self) -> str:
        assert self._worker is not None
        process, self._worker = self._worker.process, None
        self.peak_mib = max(self.peak_mib, peak_resident_mib(process.pid) or 0.0)
        process.kill()  # it may have closed its end and still live
        code = process.wait()
        return f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
