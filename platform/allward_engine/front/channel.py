"""A connection that never makes the front wait: what cannot be sent now is sent when the other side reads."""

import array
import json
import os
import socket
from collections import deque

from allward_engine.wire import (
    HEADER,
    MAX_JSON_BYTES,
    ConnectionClosedError,
    Message,
    close_all,
    descriptors_of,
    packed,
)
from allward_sdk.errors import BadInputError

_READ_BYTES = 2**18
_SPACE = socket.CMSG_SPACE(16 * array.array("i").itemsize)


class Channel:
    """Messages both ways over a Unix socket, one thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._incoming = bytearray()
        self._descriptors: deque[int] = deque()
        self._outgoing: deque[tuple[memoryview, tuple[int, ...]]] = deque()
        self.stuck_since_s: float | None = None
        """When the other side stopped reading; None while nothing waits to be sent. Kept by the loop."""

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector; -1 once it is closed."""
        return self._socket.fileno()

    @property
    def unsent(self) -> int:
        """Messages that wait for the other side to read."""
        return len(self._outgoing)

    def receive(self) -> list[tuple[Message, list[int]]]:
        """Return the messages that have come in whole; the caller owns their descriptors.

        Raises
        ------
        ConnectionClosedError
            If the other side is gone.
        BadInputError
            If what came is not a message.
        """
        try:
            data, ancillary, flags, _ = self._socket.recvmsg(_READ_BYTES, _SPACE, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ConnectionClosedError(f"The connection is lost: {error}") from error
        self._descriptors.extend(descriptors_of(ancillary))
        if flags & socket.MSG_CTRUNC:
            raise BadInputError("Too many descriptors came over the engine's socket.")
        if not data:
            raise ConnectionClosedError("The connection was closed.")
        self._incoming += data
        return self._whole_messages()

    def send(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Send a message, now or later; descriptors are copied, the caller keeps its own."""
        if self._socket.fileno() < 0:
            return
        copies = tuple(os.dup(descriptor) for descriptor in descriptors)
        self._outgoing.append((memoryview(packed(message, len(copies))), copies))
        if len(self._outgoing) == 1:
            self.flush()

    def flush(self) -> None:
        """Send what can be sent without waiting. That the other side is gone is told by `receive`."""
        while self._outgoing:
            packet, descriptors = self._outgoing[0]
            rights = (
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
            )
            try:
                sent = self._socket.sendmsg([packet], rights)
            except BlockingIOError:
                return
            except OSError:
                self._forget_outgoing()
                return
            close_all(list(descriptors))
            if sent < len(packet):
                self._outgoing[0] = (packet[sent:], ())
            else:
                self._outgoing.popleft()

    def close(self) -> None:
        """Close the connection and every descriptor on its way."""
        self._forget_outgoing()
        close_all(list(self._descriptors))
        self._descriptors.clear()
        self._socket.close()

    def _whole_messages(self) -> list[tuple[Message, list[int]]]:
        found: list[tuple[Message, list[int]]] = []
        while len(self._incoming) >= HEADER.size:
            length, count = HEADER.unpack_from(self._incoming)
            if length > MAX_JSON_BYTES or count > len(self._descriptors):
                raise BadInputError("What came over the engine's socket is not a message.")
            end = HEADER.size + length
            if len(self._incoming) < end:
                break
            body = bytes(self._incoming[HEADER.size : end])
            del self._incoming[:end]
            found.append((_parsed(body), [self._descriptors.popleft() for _ in range(count)]))
        return found

    def _forget_outgoing(self) -> None:
        for _, descriptors in self._outgoing:
            close_all(list(descriptors))
        self._outgoing.clear()


def _parsed(body: bytes) -> Message:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"What came over the engine's socket is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BadInputError("What came over the engine's socket is not a message.")
    return message
