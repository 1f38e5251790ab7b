"""Worker processes from their start to their lane: one more than there are lanes is kept warm.

To start one takes a second of processor time, and several on a busy machine; one that has everything imported
and nothing loaded takes the place of one that died at once.
"""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from allward_engine.front.channel import Channel
from allward_engine.front.loop import Loop
from allward_engine.wire import Message

log = logging.getLogger(__name__)

_PAUSE_S = 1.0
"""Before a spare is started: what the lanes need comes first."""


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """How workers are started."""

    models: Path
    device: str
    threads: int
    nice: dict[str, int]
    """Lane -> niceness; the urgent lane stands at the front's own."""
    options: Sequence[str] = ()
    """More words for their command line, see `allward_engine.worker.__main__`."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkerProcess:
    """A worker process and the front's end of its channel."""

    process: subprocess.Popen[bytes]
    channel: Channel

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid


class Spares:
    """Keeps one worker warm, and starts those that are needed sooner."""

    def __init__(self, plan: WorkerPlan, loop: Loop) -> None:
        self._plan = plan
        self._loop = loop
        self._spare: WorkerProcess | None = None
        self._start_at_s = float("inf")

    @property
    def pid(self) -> int | None:
        """Process id of the spare; None while there is none."""
        return None if self._spare is None else self._spare.pid

    def take(self) -> WorkerProcess:
        """Return the spare, or a worker that was started just now; its channel's peer is still to be set."""
        taken, self._spare = self._spare or self._spawned(), None
        self._start_at_s = time.monotonic() + _PAUSE_S
        return taken

    def tick(self, now_s: float) -> None:
        """Start a spare that is due."""
        if self._spare is None and now_s >= self._start_at_s:
            self._spare = self._spawned()

    def received(self, message: Message, descriptors: list[int]) -> None:
        """Take note that the spare is warm; see `Peer`."""

    def closed(self) -> None:
        """Take note that the spare is gone; see `Peer`."""
        if self._spare is not None:
            self._spare.process.kill()
            log.warning("the spare worker ended with %d", self._spare.process.wait())
        self._spare = None
        self._start_at_s = time.monotonic() + 10 * _PAUSE_S

    def end(self) -> None:
        """End the spare for good."""
        if self._spare is not None:
            self._spare.process.kill()
            self._spare.process.wait()

    def _spawned(self) -> WorkerProcess:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            process = subprocess.Popen(self._command(theirs.fileno()), pass_fds=(theirs.fileno(),))
        channel = Channel(ours)
        self._loop.add(channel, self)
        return WorkerProcess(process, channel)

    def _command(self, channel: int) -> Sequence[str]:
        return [
            *(sys.executable, "-m", "allward_engine.worker"),
            *("--channel", str(channel), "--front", str(os.getpid())),
            *("--models", str(self._plan.models), "--device", self._plan.device),
            *("--threads", str(self._plan.threads)),
            *self._plan.options,
        ]
