"""The engine's front door: a Unix socket that only its owner can open."""

import logging
import os
import socket
import threading
import time
from pathlib import Path

from allward_engine.connection import Connection
from allward_engine.lane import Lane
from allward_engine.memory import peak_resident_mib, resident_mib
from allward_engine.residency import Models
from allward_engine.wire import Message
from allward_sdk.errors import TemporaryError

log = logging.getLogger(__name__)

_MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path. Source: unix(7), sun_path."""

_ACCEPT_PAUSE_S = 0.1
"""Before clients are taken again when the process is out of descriptors."""


class EngineServer:
    """Listens on a socket, and feeds what comes to the lane."""

    def __init__(self, socket_path: Path, models: Models) -> None:
        self.lane = Lane()
        self._path = socket_path
        self._models = models
        self._started_s = time.monotonic()
        self._listener = _listen(socket_path)

    def start_lane(self) -> None:
        """Start the thread that owns the device."""
        threading.Thread(target=self._run_lane, name="engine-lane", daemon=True).start()

    def accept_forever(self) -> None:
        """Take clients until the process is told to end."""
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError as error:
                log.error("a client could not be taken: %s", error)
                time.sleep(_ACCEPT_PAUSE_S)
                continue
            Connection(peer, lane=self.lane, models=self._models, status=self.status).serve()

    def status(self) -> Message:
        """Return what the engine is and does, as JSON."""
        return {
            "pid": os.getpid(),
            "device": self._models.runtime.name,
            "models": self._models.describe(),
            "jobs": self.lane.describe(),
            "resident_mib": resident_mib(),
            "peak_resident_mib": peak_resident_mib(),
            "uptime_s": round(time.monotonic() - self._started_s, 1),
        }

    def close(self) -> None:
        """Stop listening and take the socket away."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _run_lane(self) -> None:
        try:
            self.lane.run()
        finally:
            # Without its lane the process would take jobs and never run them.
            log.critical("the lane has ended; so does the engine")
            os._exit(70)


def _listen(path: Path) -> socket.socket:
    """Bind a socket of mode 600, replacing one that a dead engine left.

    Raises
    ------
    TemporaryError
        If another engine listens there, or the path cannot be a socket.
    """
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        raise TemporaryError(
            f"The path of the engine's socket is longer than {_MAX_SOCKET_PATH} bytes: {path}"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_mask = os.umask(0o177)
    try:
        if _is_stale(path):
            path.unlink(missing_ok=True)
        listener.bind(os.fspath(path))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise TemporaryError(f"The engine cannot listen on {path}: {error}") from error
    finally:
        os.umask(old_mask)
    return listener


def _is_stale(path: Path) -> bool:
    """Tell whether a socket lies there that nobody listens on; raises if somebody does."""
    if not path.is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            return True
    raise TemporaryError(f"Another engine listens on {path} already.")
