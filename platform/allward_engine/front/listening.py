"""The engine's front door: a Unix socket that only its owner can open."""

import os
import socket
from pathlib import Path

from allward_sdk.errors import TemporaryError

_MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path. Source: unix(7), sun_path."""


def listen(path: Path) -> socket.socket:
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
