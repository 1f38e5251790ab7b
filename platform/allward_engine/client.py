"""How other processes use the engine."""

import os
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt

from allward_engine.requests import VOXEL_TYPES, Progress, SegmentResult
from allward_engine.result_messages import result_of_message
from allward_engine.tile_requests import AnyRequest
from allward_engine.wire import Message, close_all, receive_message, send_message, share_array
from allward_sdk.errors import (
    AllwardError,
    BadInputError,
    CanceledError,
    ManifestError,
    PluginFaultError,
    QuarantinedError,
    TemporaryError,
)

_FAULTS: dict[str, type[AllwardError]] = {
    fault.__name__: fault
    for fault in (
        BadInputError,
        PluginFaultError,
        ManifestError,
        QuarantinedError,
        TemporaryError,
        CanceledError,
    )
}

_TICK_S = 0.2
"""How often `is_cancelled` is asked."""

_SILENCE_S = 60.0
"""An engine that says nothing for so long is taken for dead; it speaks every five seconds."""


class EngineBugError(RuntimeError):
    """The engine met a fault of its own; the message is its traceback. Nobody else is to blame."""


class EngineClient:
    """Talks to one engine process. Safe to use from several threads: each call has its own connection."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def status(self) -> dict[str, Any]:
        """Return what the engine is and does: device, lanes, jobs, models, ledgers, counters, memory.

        Raises
        ------
        TemporaryError
            If there is no engine, or it does not answer.
        """
        with self._connect() as connection:
            send_message(connection, {"type": "status"})
            message = self._answer(connection, "status", lambda: False, lambda progress: None)[0]
        status: dict[str, Any] = message["status"]
        return status

    def quarantine(self) -> list[dict[str, Any]]:
        """Return which plug-in on which images is not tried again: key, plugin, job_id, reason, since.

        Raises
        ------
        TemporaryError
            If there is no engine, or it does not answer.
        """
        with self._connect() as connection:
            send_message(connection, {"type": "quarantine"})
            message = self._answer(connection, "quarantine", lambda: False, lambda progress: None)[0]
        entries: list[dict[str, Any]] = message["quarantine"]
        return entries

    def pin(self, sha256: str, *, pinned: bool = True) -> None:
        """Keep a model's graph on the device once it is loaded, or no longer; raises as `status`."""
        with self._connect() as connection:
            send_message(connection, {"type": "pin", "key": sha256, "pinned": pinned})
            self._answer(connection, "pinned", lambda: False, lambda progress: None)

    def release(self, key: str) -> bool:
        """Take a key out of quarantine, so that its job may be tried again.

        Returns
        -------
        Whether it was there.

        Raises
        ------
        TemporaryError
            If there is no engine, or it does not answer.
        """
        with self._connect() as connection:
            send_message(connection, {"type": "release", "key": key})
            message = self._answer(connection, "released", lambda: False, lambda progress: None)[0]
        return message["released"] is True

    def segment(
        self,
        request: AnyRequest,
        images: npt.NDArray[Any],
        *,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> SegmentResult:
        """Run a plug-in on a volume, or on a stack of tiles, and wait for the result.

        Parameters
        ----------
        images : shape (k, j, i), HU or stored units; int16, uint16, int32, uint8 or float32
            Of tiles: shape (n, rows, columns, 3), uint8.
        on_progress
            Called on this thread after every unit.
        is_cancelled
            Asked on this thread about five times a second.

        Raises
        ------
        BadInputError, PluginFaultError
            As the engine says.
        QuarantinedError
            If this plug-in has brought the engine down twice on these images.
        TemporaryError
            If there is no engine, or it ends or falls silent before the job is done.
        CanceledError
            If `is_cancelled` said so; the engine stops after the unit that runs.
        EngineBugError
            If the engine met a fault of its own.
        """
        if images.dtype.name not in VOXEL_TYPES:
            raise BadInputError(f"Voxels of type {images.dtype.name} cannot be given to the engine.")
        with self._connect() as connection:
            descriptor = share_array(images, "allward-images")
            try:
                message = {
                    "type": "segment",
                    "shape": list(images.shape),
                    "dtype": images.dtype.name,
                    **request.to_json(),
                }
                send_message(connection, message, (descriptor,))
            finally:
                os.close(descriptor)
            answer, descriptors = self._answer(connection, "result", is_cancelled, on_progress)
            result = _result(answer, descriptors)
            if answer["progress"] is not None:  # the last one, that came just before the end
                on_progress(Progress.from_json(answer["progress"]))
            return result

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_SILENCE_S)
        try:
            connection.connect(os.fspath(self._path))
        except OSError as error:
            connection.close()
            raise TemporaryError(f"The engine is not there: {error}") from error
        return connection

    def _answer(
        self,
        connection: socket.socket,
        kind: str,
        is_cancelled: Callable[[], bool],
        on_progress: Callable[[Progress], None],
    ) -> tuple[Message, list[int]]:
        """Wait for a message of one kind, passing on what comes before it."""
        heard_s = time.monotonic()
        while True:
            if is_cancelled():
                send_message(connection, {"type": "cancel"})
                raise CanceledError("Canceled.")
            if not _readable(connection):
                if time.monotonic() - heard_s > _SILENCE_S:
                    raise TemporaryError("The engine does not answer.")
                continue
            heard_s = time.monotonic()
            message, descriptors = receive_message(connection)
            if message.get("type") == kind:
                return message, descriptors
            close_all(descriptors)
            if message.get("type") == "progress":
                on_progress(Progress.from_json(message["progress"]))
            elif message.get("type") == "error":
                raise _fault(message)


def _readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(_TICK_S * 1000))


def _fault(message: Message) -> Exception:
    fault = _FAULTS.get(str(message.get("fault")))
    return EngineBugError(message.get("message")) if fault is None else fault(message.get("message"))


def _result(answer: Message, descriptors: list[int]) -> SegmentResult:
    try:
        return result_of_message(answer, descriptors)
    finally:
        close_all(descriptors)
