"""A real engine process for tests."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from allward_engine.client import EngineClient
from allward_sdk.errors import TemporaryError


@contextmanager
def running_engine(socket: Path, models: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start an engine, wait until it answers, and end it after the block."""
    socket.parent.mkdir(parents=True, exist_ok=True)
    models.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "allward_engine",
            "--socket",
            str(socket),
            "--models",
            str(models),
            "--threads",
            "1",
        ]
    )
    try:
        _wait(socket, process)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait(socket: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            EngineClient(socket).status()
            return
        except TemporaryError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
