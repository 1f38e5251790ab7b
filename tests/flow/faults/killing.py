"""kill -9 of what `allward up` runs, as an out-of-memory killer would do it."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.running_platform import Running


def children_of(process_id: int) -> list[int]:
    """Return the processes that a process has started and that still live."""
    found: list[int] = []
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def processes_of(running: Running) -> set[int]:
    """Return every process that carries this platform's state folder in its environment."""
    mark = f"ALLWARD_HOME={running.home}".encode()
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.add(int(process.name))
    return found


@dataclass
class Killer:
    """Kills one process after the other, chosen by a seed."""

    running: Running
    chance: random.Random
    killed: list[str] = field(default_factory=list)

    def kill_one(self) -> str:
        """Kill any one that runs just now; a step's own process (a child of the worker) is one too."""
        running = {row["name"]: row["pid"] for row in self.running.processes() if row["state"] == "running"}
        for number, child in enumerate(children_of(running.get("worker", -1))):
            running[f"worker child {number}"] = child
        name = self.chance.choice(sorted(running))
        with suppress(ProcessLookupError):
            os.kill(running[name], signal.SIGKILL)
        self.killed.append(name)
        return name


def kill(running: Running, name: str) -> None:
    """Kill the process of this name, once it runs."""
    deadline = time.monotonic() + 30
    while (row := next(row for row in running.processes() if row["name"] == name))["state"] != "running":
        assert time.monotonic() < deadline, row
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.kill(row["pid"], signal.SIGKILL)


@contextmanager
def kept_away(running: Running, name: str, *, seconds: float) -> Iterator[None]:
    """Kill the process of this name as often as it comes back, beside the block and for a while."""
    end_s = time.monotonic() + seconds

    def again() -> None:
        while time.monotonic() < end_s:
            if any(row["name"] == name and row["state"] == "running" for row in running.processes()):
                kill(running, name)
            time.sleep(0.1)

    killer = threading.Thread(target=again, name=f"no {name}", daemon=True)
    killer.start()
    try:
        yield
    finally:
        killer.join()
