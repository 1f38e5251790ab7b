"""Bytes of one connection: read into one large buffer, handed out without copies."""

import socket
import struct

_PDU_HEAD = struct.Struct(">BxI")
_FRAGMENT_HEAD = struct.Struct(">IBB")
BUFFER_BYTES = 1 << 20


class ConnectionEndedError(ConnectionError):
    """The peer closed the connection in the middle."""


class PduStream:
    """Reads PDUs and their fragments from a socket whose time-out is set by the caller."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0

    def pdu_head(self) -> tuple[int, int]:
        """Wait for a PDU; return its type and the length of what follows."""
        kind, length = _PDU_HEAD.unpack(self.take(_PDU_HEAD.size))
        return kind, length

    def fragment_head(self) -> tuple[int, int, int]:
        """Return length (of the value and two header bytes), context id and control byte of a fragment."""
        length, context_id, control = _FRAGMENT_HEAD.unpack(self.take(_FRAGMENT_HEAD.size))
        return length, context_id, control

    def take(self, size: int) -> bytes:
        """Return exactly `size` bytes.

        Raises
        ------
        ConnectionEndedError
            If the peer closes before.
        TimeoutError
            If it goes silent.
        """
        if size <= self._end - self._start:
            self._start += size
            return bytes(self._view[self._start - size : self._start])
        parts = []
        left = size
        while left:
            part = bytes(self.some(left))
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def some(self, at_most: int) -> memoryview:
        """Return some bytes, at least one; the view is good until the next call."""
        if self._start == self._end:
            self._start = 0
            self._end = self._socket.recv_into(self._view)
            if not self._end:
                raise ConnectionEndedError("the peer closed the connection")
        stop = min(self._end, self._start + at_most)
        view = self._view[self._start : stop]
        self._start = stop
        return view

    @property
    def is_empty(self) -> bool:
        """Whether nothing that was read still waits."""
        return self._start == self._end
