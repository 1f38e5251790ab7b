"""One client of the engine: what it asks, and what it is told."""

import logging
import os
import socket
import time
from collections.abc import Callable

from allward_engine.front.channel import Channel
from allward_engine.front.desk import Desk
from allward_engine.front.jobs import Job
from allward_engine.front.loop import Loop
from allward_engine.requests import VOXEL_TYPES
from allward_engine.wire import Message, checked_size
from allward_sdk.errors import AllwardError, BadInputError

log = logging.getLogger(__name__)

ALIVE_EVERY_S = 5.0
"""While a client waits, it hears at least this often that the engine lives."""

_MOST_UNSENT = 256
"""Progress is left out for a client that does not keep up."""


class Client:
    """A client's connection; it carries at most one job at a time, and its end cancels that job."""

    def __init__(self, channel: Channel, *, loop: Loop, desk: Desk, status: Callable[[], Message]) -> None:
        self._channel = channel
        self._loop = loop
        self._desk = desk
        self._status = status
        self._job: Job | None = None
        self._told_s = time.monotonic()

    def received(self, message: Message, descriptors: list[int]) -> None:
        """Take a request; see `Peer`."""
        try:
            self._handle(message, descriptors)
        except AllwardError as error:
            self.tell({"type": "error", "fault": type(error).__name__, "message": str(error)})

    def closed(self) -> None:
        """Cancel what it asked for; see `Peer`."""
        if self._job is not None:
            self._desk.cancel(self._job)

    def tell(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Pass a message on; see `Listener`."""
        if message["type"] == "progress" and self._channel.unsent > _MOST_UNSENT:
            return
        self._told_s = time.monotonic()
        self._channel.send(message, descriptors)

    def ended(self, job: Job) -> None:
        """Be free for another job; see `Listener`."""
        self._job = None

    def tick(self, now_s: float) -> None:
        """Say that the engine lives, if nothing else was said for a while."""
        if now_s - self._told_s >= ALIVE_EVERY_S:
            self.tell({"type": "alive"})

    @property
    def is_open(self) -> bool:
        """Whether the other side is still there."""
        return self._channel.fileno() >= 0

    def _handle(self, message: Message, descriptors: list[int]) -> None:
        kind, key = message.get("type"), str(message.get("key"))
        if kind == "segment":
            self._start(message, descriptors)
        elif kind == "cancel":
            if self._job is not None:
                self._desk.cancel(self._job)
        elif kind == "status":
            self.tell({"type": "status", "status": self._status()})
        elif kind == "quarantine":
            self.tell({"type": "quarantine", "quarantine": self._desk.quarantine.describe()})
        elif kind == "release":
            self.tell({"type": "released", "released": self._desk.quarantine.release(key)})
        elif kind == "pin":
            self._desk.dispatcher.residency.pin(key, pinned=message.get("pinned") is True)
            self.tell({"type": "pinned"})
        else:
            raise BadInputError(f"The engine knows no request {kind!r}.")

    def _start(self, message: Message, descriptors: list[int]) -> None:
        if self._job is not None:
            raise BadInputError("A connection carries one job at a time.")
        _check_images(message, descriptors)
        volume = os.dup(descriptors[0])
        try:
            self._job = self._desk.submit(message, volume, self)
        except AllwardError:
            os.close(volume)
            raise
        if self._job not in self._desk.jobs:
            self._job = None  # it has ended already


class Clients:
    """All clients."""

    def __init__(self, loop: Loop, desk: Desk, status: Callable[[], Message]) -> None:
        self._loop = loop
        self._desk = desk
        self._status = status
        self._all: list[Client] = []

    def accepted(self, peer: socket.socket) -> None:
        """Take a new client."""
        channel = Channel(peer)
        client = Client(channel, loop=self._loop, desk=self._desk, status=self._status)
        self._all.append(client)
        self._loop.add(channel, client)

    def tick(self, now_s: float) -> None:
        """Tell those that wait that the engine lives, and forget those that are gone."""
        self._all = [client for client in self._all if client.is_open]
        for client in self._all:
            client.tick(now_s)


def _check_images(message: Message, descriptors: list[int]) -> None:
    shape, dtype = message.get("shape"), message.get("dtype")
    if dtype not in VOXEL_TYPES:
        raise BadInputError(f"Voxels must be of one of the types {', '.join(VOXEL_TYPES)}, not {dtype!r}.")
    axes = 4 if "tiles" in message else 3
    if not isinstance(shape, list) or len(shape) != axes or not all(isinstance(n, int) for n in shape):
        raise BadInputError(f"A volume has three axes, a stack of tiles four; not {shape!r}.")
    if len(descriptors) != 1:
        raise BadInputError("A request brings one volume, or one stack of tiles.")
    checked_size(descriptors[0], tuple(shape), dtype)
