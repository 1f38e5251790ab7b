"""The front's only thread: waits for sockets, timers and other threads, never for one of them alone."""

import logging
import os
import queue
import selectors
import socket
import time
from collections.abc import Callable
from typing import Protocol

from allward_engine.front.channel import Channel
from allward_engine.wire import ConnectionClosedError, Message, close_all
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How often limits are looked at."""

STUCK_S = 30.0
"""A client that does not read for so long is taken for dead."""


class Peer(Protocol):
    """Who is at the other end of a channel."""

    def received(self, message: Message, descriptors: list[int]) -> None:
        """Take a message; its descriptors are closed afterwards."""

    def closed(self) -> None:
        """Take note that the other side is gone."""


class Loop:
    """Runs callbacks, one at a time."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._channels: dict[Channel, Peer] = {}
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake, self._woken = os.pipe()
        self._wake, self._woken = self._woken, self._wake
        os.set_blocking(self._wake, False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._run_posted)

    def listen(self, listener: socket.socket, accepted: Callable[[socket.socket], None]) -> None:
        """Call `accepted` for each client."""

        def accept() -> None:
            try:
                peer, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                log.error("a client could not be taken: %s", error)
                time.sleep(0.05)  # out of descriptors: they come back when others end
                return
            accepted(peer)

        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, accept)

    def add(self, channel: Channel, peer: Peer) -> None:
        """Pass on what comes over a channel."""
        self._channels[channel] = peer
        self._selector.register(channel, selectors.EVENT_READ, channel)

    def hand_over(self, channel: Channel, peer: Peer) -> None:
        """Pass what comes over a channel on to somebody else from now on."""
        self._channels[channel] = peer

    def remove(self, channel: Channel) -> None:
        """Close a channel; its peer is not told."""
        if self._channels.pop(channel, None) is not None:
            self._selector.unregister(channel)
            channel.close()

    def post(self, callback: Callable[[], None]) -> None:
        """Run a callback on the loop's thread; may be called from any."""
        self._posted.put(callback)
        try:
            os.write(self._wake, b"x")
        except BlockingIOError:
            return  # it is full of wake-ups already

    def run(self, *, after_events: Callable[[], None], tick: Callable[[], None]) -> None:
        """Run until an exception ends it.

        Parameters
        ----------
        after_events
            Called when all that has come was handled, so that one decision answers it all.
        tick
            Called every `TICK_S`.
        """
        next_tick_s = time.monotonic()
        while True:
            for key, mask in self._selector.select(max(0.0, next_tick_s - time.monotonic())):
                if isinstance(key.data, Channel):
                    self._serve(key.data, mask)
                else:
                    key.data()
            after_events()
            if time.monotonic() >= next_tick_s:
                next_tick_s = time.monotonic() + TICK_S
                self._watch_senders()
                tick()

    def _serve(self, channel: Channel, mask: int) -> None:
        peer = self._channels.get(channel)
        if peer is None:
            return  # closed by what was handled before it
        if mask & selectors.EVENT_WRITE:
            channel.flush()
        try:
            messages = channel.receive() if mask & selectors.EVENT_READ else []
        except (ConnectionClosedError, BadInputError) as error:
            if isinstance(error, BadInputError):
                log.warning("dropped a client: %s", error)
            self._lost(channel, peer)
            return
        for message, descriptors in messages:
            try:
                peer.received(message, descriptors)
            finally:
                close_all(descriptors)

    def _watch_senders(self) -> None:
        """Wait for writing only where something is left to send, and not for ever."""
        now_s = time.monotonic()
        for channel, peer in list(self._channels.items()):
            if not channel.unsent:
                if channel.stuck_since_s is not None:
                    channel.stuck_since_s = None
                    self._selector.modify(channel, selectors.EVENT_READ, channel)
            elif channel.stuck_since_s is None:
                channel.stuck_since_s = now_s
                self._selector.modify(channel, selectors.EVENT_READ | selectors.EVENT_WRITE, channel)
            elif now_s - channel.stuck_since_s > STUCK_S:
                self._lost(channel, peer)

    def _lost(self, channel: Channel, peer: Peer) -> None:
        self.remove(channel)
        peer.closed()

    def _run_posted(self) -> None:
        os.read(self._woken, 4096)
        while not self._posted.empty():
            self._posted.get()()
