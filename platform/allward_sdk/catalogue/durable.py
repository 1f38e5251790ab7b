"""Files that appear under their name whole and on disk, or not at all; one writer at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from allward_sdk.errors import BusyError


@contextmanager
def replacing(target: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Open a file that takes the name `target`, synced, if the block ends well, and vanishes if not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.replace(name, target)
        _sync_folder(target.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def write(target: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step: a reader sees what was there before, or all of `content`."""
    with replacing(target, mode=mode) as file:
        file.write(content)


@contextmanager
def alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Wait until nobody else holds the folder, and hold it; the lock dies with its process.

    Raises
    ------
    BusyError
        If somebody else holds it, and nobody is to `wait`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError("Somebody else reads this catalogue just now: try again in a minute.") from error
        yield


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
