"""One client of the engine: reads its messages on one thread, answers on another, so nobody waits for it."""

import logging
import os
import queue
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from allward_engine.execution import Execution
from allward_engine.lane import Job, Lane
from allward_engine.requests import VOXEL_TYPES, Progress, SegmentRequest, SegmentResult
from allward_engine.residency import Models
from allward_engine.wire import (
    ConnectionClosedError,
    Message,
    close_all,
    receive_message,
    send_message,
    share_array,
    shared_array,
)
from allward_sdk.errors import AllwardError, BadInputError, TemporaryError

log = logging.getLogger(__name__)

ALIVE_EVERY_S = 5.0
"""While a client waits, it hears at least this often that the engine lives."""

_SEND_TIMEOUT_S = 30
"""A client that does not read for so long is taken for dead."""


class Connection:
    """A client's connection; it carries at most one job at a time, and its end cancels that job."""

    def __init__(
        self, peer: socket.socket, *, lane: Lane, models: Models, status: Callable[[], Message]
    ) -> None:
        self._peer = peer
        self._lane = lane
        self._models = models
        self._status = status
        self._job: Job | None = None
        self._outbox: queue.SimpleQueue[tuple[Message, int | None] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False

    def serve(self) -> None:
        """Start both threads and return."""
        # A timeout of the socket object would hold for reading too, where waiting long is right.
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT_S, 0))
        threading.Thread(target=self._read, name="engine-read", daemon=True).start()
        threading.Thread(target=self._write, name="engine-write", daemon=True).start()

    def progressed(self, progress: Progress) -> None:
        """Send a job's progress; see `Listener`."""
        self._put({"type": "progress", "progress": progress.to_json()})

    def finished(self, result: SegmentResult) -> None:
        """Send a job's result; see `Listener`."""
        self._job = None
        try:
            descriptor = share_array(result.labels_kji, "allward-labels")
        except TemporaryError as error:
            self.failed(type(error).__name__, str(error))
            return
        message = {
            "type": "result",
            "shape": list(result.labels_kji.shape),
            "dtype": "uint8",
            "result": result.describe(),
        }
        self._put(message, descriptor)

    def failed(self, fault: str, message: str) -> None:
        """Send why a job ended; see `Listener`."""
        self._job = None
        self._put({"type": "error", "fault": fault, "message": message})

    def _read(self) -> None:
        try:
            while True:
                message, descriptors = receive_message(self._peer)
                self._handle(message, descriptors)
        except ConnectionClosedError:
            pass
        except AllwardError as error:
            log.warning("dropped a client: %s", error)
        finally:
            if (job := self._job) is not None:
                self._lane.cancel(job)
            self._outbox.put(None)

    def _handle(self, message: Message, descriptors: list[int]) -> None:
        kind = message.get("type")
        try:
            if kind == "segment":
                self._start(message, descriptors)
            elif kind == "cancel":
                if (job := self._job) is not None:
                    self._lane.cancel(job)
            elif kind == "status":
                self._put({"type": "status", "status": self._status()})
            elif kind == "release":  # nothing is kept in quarantine, so nothing was there
                self._put({"type": "released", "released": False})
            else:
                raise BadInputError(f"The engine knows no request {kind!r}.")
        except AllwardError as error:
            self.failed(type(error).__name__, str(error))
        finally:
            close_all(descriptors)

    def _start(self, message: Message, descriptors: list[int]) -> None:
        if self._job is not None:
            raise BadInputError("A connection carries one job at a time.")
        request = SegmentRequest.from_json(message)
        volume = _volume(message, descriptors)
        self._job = Job(
            execution=Execution(request=request, volume_kji=volume, models=self._models), listener=self
        )
        self._put({"type": "accepted"})
        self._lane.submit(self._job)

    def _put(self, message: Message, descriptor: int | None = None) -> None:
        with self._closing:
            if not self._closed:
                self._outbox.put((message, descriptor))
            elif descriptor is not None:
                os.close(descriptor)

    def _write(self) -> None:
        while (item := self._next()) is not None and self._send(*item):
            pass
        self._peer.shutdown(socket.SHUT_RDWR)
        with self._closing:
            self._closed = True
        while not self._outbox.empty():
            left = self._outbox.get()
            if left is not None and left[1] is not None:
                os.close(left[1])

    def _next(self) -> tuple[Message, int | None] | None:
        try:
            return self._outbox.get(timeout=ALIVE_EVERY_S)
        except queue.Empty:
            return {"type": "alive"}, None

    def _send(self, message: Message, descriptor: int | None) -> bool:
        try:
            send_message(self._peer, message, () if descriptor is None else (descriptor,))
        except ConnectionClosedError:
            return False
        finally:
            if descriptor is not None:
                os.close(descriptor)
        return True


def _volume(message: Message, descriptors: list[int]) -> Any:
    shape, dtype = message.get("shape"), message.get("dtype")
    if dtype not in VOXEL_TYPES:
        raise BadInputError(f"Voxels must be of one of the types {', '.join(VOXEL_TYPES)}, not {dtype!r}.")
    if not isinstance(shape, list) or len(shape) != 3 or not all(isinstance(n, int) for n in shape):
        raise BadInputError(f"A volume has three axes, not {shape!r}.")
    if len(descriptors) != 1:
        raise BadInputError("A request for segmentation brings one volume.")
    return shared_array(descriptors[0], tuple(shape), dtype)
