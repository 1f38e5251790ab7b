"""One log file for each process, with a few older ones beside it."""

import os
import shutil
from pathlib import Path
from typing import IO

KEPT = 3
"""Older files that are kept of each log."""

LARGEST_BYTES = 64 * 1024 * 1024
"""A log that grew beyond this is set aside while its process writes on."""


def open_log(path: Path) -> IO[bytes]:
    """Open a log for a process to append to."""
    return path.open("ab")


def set_aside(path: Path) -> None:
    """Keep a log of an earlier run as `.1`, what was `.1` as `.2`, and so on."""
    if not path.exists() or path.stat().st_size == 0:
        return
    _make_room(path)
    path.rename(_older(path, 1))


def trim(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> None:
    """Set a log's content aside if it has grown large; its process, appending, writes on."""
    if not path.exists() or path.stat().st_size <= largest_bytes:
        return
    _make_room(path)
    shutil.copyfile(path, _older(path, 1))
    os.truncate(path, 0)


def last_line(path: Path) -> str:
    """Return the last line that says something, most likely why a process ended."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing was logged")


def _make_room(path: Path) -> None:
    for number in range(KEPT - 1, 0, -1):
        if _older(path, number).exists():
            _older(path, number).replace(_older(path, number + 1))


def _older(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
