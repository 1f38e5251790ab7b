"""Messages on the engine's Unix socket: length-prefixed JSON, volumes beside it in sealed shared memory.

A message is eight bytes (length of the JSON, number of descriptors; big-endian) and the JSON. Volumes
never pass through the socket: they lie in a memfd whose descriptor goes along (SCM_RIGHTS). The
memfd is sealed against writing and resizing, so neither side can change or shorten what the other
is reading.
"""

import array
import fcntl
import json
import math
import mmap
import os
import socket
import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_sdk.errors import BadInputError, TemporaryError

Message = dict[str, Any]

HEADER = struct.Struct(">II")
"""Length of the JSON in bytes, and number of descriptors beside it."""

MAX_JSON_BYTES = 16 * 2**20
"""Far above any manifest; a longer message is not one of ours."""

_MAX_DESCRIPTORS = 4
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class ConnectionClosedError(TemporaryError):
    """The other side is gone."""


def packed(message: Message, descriptors: int) -> bytes:
    """Return a message as it travels, with the number of descriptors that go beside it."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return HEADER.pack(len(body), descriptors) + body


def descriptors_of(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    """Return the descriptors that came beside a message; the caller owns them."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def send_message(connection: socket.socket, message: Message, descriptors: tuple[int, ...] = ()) -> None:
    """Send a message and, beside it, open file descriptors.

    Raises
    ------
    ConnectionClosedError
        If the other side is gone, or does not read within the socket's timeout.
    """
    packet = memoryview(packed(message, len(descriptors)))
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    try:
        sent = connection.sendmsg([packet], rights)
        if sent < len(packet):
            connection.sendall(packet[sent:])
    except OSError as error:
        raise ConnectionClosedError(f"The connection to the engine is lost: {error}") from error


def receive_message(connection: socket.socket) -> tuple[Message, list[int]]:
    """Wait for a message; the caller owns the descriptors that came with it.

    Raises
    ------
    ConnectionClosedError
        If the other side is gone, or stops in the middle of a message.
    BadInputError
        If what came is not a message.
    """
    descriptors: list[int] = []
    try:
        head = _receive_head(connection, descriptors)
        length, count = HEADER.unpack(head)
        if length > MAX_JSON_BYTES or count != len(descriptors):
            raise BadInputError("What came over the engine's socket is not a message.")
        message = json.loads(_receive_rest(connection, b"", length))
        if not isinstance(message, dict):
            raise BadInputError("What came over the engine's socket is not a message.")
    except ValueError as error:
        close_all(descriptors)
        raise BadInputError(f"What came over the engine's socket is not JSON: {error}") from error
    except (BadInputError, ConnectionClosedError):
        close_all(descriptors)
        raise
    return message, descriptors


def close_all(descriptors: list[int]) -> None:
    """Close descriptors that nobody will use."""
    for descriptor in descriptors:
        os.close(descriptor)


def share_array(values: npt.NDArray[Any], name: str) -> int:
    """Copy an array into sealed shared memory, C-contiguous; the caller owns the descriptor."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(descriptor, max(values.nbytes, 1))
        with mmap.mmap(descriptor, max(values.nbytes, 1)) as shared:
            view = np.frombuffer(shared, values.dtype, count=values.size).reshape(values.shape)
            np.copyto(view, values)
            del view
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS | fcntl.F_SEAL_SEAL)
    except OSError as error:
        os.close(descriptor)
        raise TemporaryError(f"There is no shared memory left for a volume: {error}") from error
    return descriptor


def shared_array(descriptor: int, shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """Map sealed shared memory as a read-only array; the descriptor may be closed afterwards.

    Raises
    ------
    BadInputError
        If the memory is not sealed, or too small for the shape.
    """
    nbytes = checked_size(descriptor, shape, dtype)
    shared = mmap.mmap(descriptor, nbytes, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    return np.frombuffer(shared, np.dtype(dtype)).reshape(shape)


def checked_size(descriptor: int, shape: tuple[int, ...], dtype: str) -> int:
    """Return the bytes of an array in sealed shared memory, without mapping it; raises as `shared_array`."""
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        sealed = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError as error:
        raise BadInputError("The volume does not lie in shared memory.") from error
    if not sealed:
        raise BadInputError("The volume's shared memory is not sealed.")
    if min(shape, default=0) <= 0 or os.fstat(descriptor).st_size < nbytes:
        raise BadInputError(f"The shared memory is too small for a volume of {shape} {dtype}.")
    return nbytes


def _receive_head(connection: socket.socket, descriptors: list[int]) -> bytes:
    space = socket.CMSG_SPACE(_MAX_DESCRIPTORS * array.array("i").itemsize)
    try:
        head, ancillary, flags, _ = connection.recvmsg(HEADER.size, space, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise ConnectionClosedError(f"The connection to the engine is lost: {error}") from error
    descriptors.extend(descriptors_of(ancillary))
    if flags & socket.MSG_CTRUNC:
        raise BadInputError("Too many descriptors came over the engine's socket.")
    return _receive_rest(connection, head, HEADER.size)


def _receive_rest(connection: socket.socket, start: bytes, length: int) -> bytes:
    """Receive up to `length` bytes in all; the other side sends a message in one go, so this is quick."""
    parts = bytearray(start)
    while len(parts) < length:
        try:
            part = connection.recv(length - len(parts))
        except OSError as error:
            raise ConnectionClosedError(f"The connection to the engine is lost: {error}") from error
        if not part:
            raise ConnectionClosedError("The connection to the engine was closed.")
        parts += part
    return bytes(parts)
