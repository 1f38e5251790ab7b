"""Starts the process that checks a package, hears its lines, and ends it where it goes too far."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from allward.kernel.texts import Text
from allward.publishing.checking_process import (
    ANYWAY,
    CONFINED_BY,
    MOST_MEMORY_BYTES,
    MOST_SECONDS,
    NOT_CONFINED,
    TOO_MUCH_MEMORY,
)
from allward_sdk.confinement import keeps_from_network
from allward_sdk.errors import PluginFaultError, TemporaryError

LONGEST_S = 1800.0
"""Of a whole check, waiting for the processor included."""
TICK_S = 5.0
"""So often the caller hears that the process is still at it."""
MOST_LINES = 1000
MOST_LINE_BYTES = 1 << 20
_KEYS = frozenset({"level", "rule", "verdict", "faults", "reason", "mend"})
_PIECE_BYTES = 1 << 16


class TooMuchError(PluginFaultError):
    """The package asks for more than a check may use; the text is for the vendor."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class NotConfinedError(TemporaryError):
    """This machine has no means to keep the check from the network. Told to the operator."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a check may take as a whole, and whether it may reach the network where nothing hinders it."""

    seconds: float = LONGEST_S
    unconfined: bool = False


USUAL = Allowance()
_NO_NETWORK = Text("the check could reach no network", "检查进程无法访问网络")
_TOO_LONG = Text(
    f"The check took longer than {LONGEST_S / 60:.0f} minutes. Make the models smaller, or fewer.",
    f"检查超过 {LONGEST_S / 60:.0f} 分钟。请减小模型或减少模型数量。",
)
_TOO_LARGE = Text(
    f"The check needed more than {MOST_MEMORY_BYTES >> 30} GiB of memory. Make the models smaller, or fewer.",
    f"检查所需内存超过 {MOST_MEMORY_BYTES >> 30} GiB。请减小模型或减少模型数量。",
)
_TOO_BUSY = Text(
    f"The check needed more than {MOST_SECONDS // 60} minutes of processor time. Make the models smaller.",
    f"检查占用处理器超过 {MOST_SECONDS // 60} 分钟。请减小模型。",
)
_TOO_TALKATIVE = Text(
    "The check found more than it can tell. Correct the first faults and hand the package in again.",
    "检查发现的问题过多，无法全部列出。请先更正最前面的问题，再重新提交。",
)


def checked_lines(
    path: Path, folder: Path, allowance: Allowance = USUAL
) -> Generator[dict[str, Any] | None, None, None]:
    """Check a package in a process of its own; gives each rule's line, and None where a tick brought none.

    Parameters
    ----------
    folder
        Where the process may write while it runs.

    Raises
    ------
    TooMuchError
        If the package asks for more than a check may use.
    NotConfinedError
        If the kernel has no means to keep the process from the network, and it may not run without.
    TemporaryError
        If the process ended for another reason: the check is to begin anew.
    """
    command = [sys.executable, "-I", "-X", "utf8", "-m", "allward.publishing.checking_process"]
    command += [str(path.resolve()), str(folder.resolve()), *([ANYWAY] if allowance.unconfined else [])]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, cwd=folder,
            env={"TMPDIR": str(folder), "OPENBLAS_NUM_THREADS": "1"}, start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        yield from _lines(process.stdout, time.monotonic() + allowance.seconds)
        _judge_end(process.wait(), folder)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def _lines(stream: IO[bytes], deadline: float) -> Iterator[dict[str, Any] | None]:
    pending, count = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if time.monotonic() > deadline:
                raise TooMuchError(_TOO_LONG)
            if not selector.select(timeout=TICK_S):
                yield None
                continue
            piece = os.read(stream.fileno(), _PIECE_BYTES)
            if not piece:
                return
            *whole, pending = (pending + piece).split(b"\n")
            count += len(whole)
            if count > MOST_LINES or len(pending) > MOST_LINE_BYTES:
                raise TooMuchError(_TOO_TALKATIVE)
            yield from map(_line, whole)


def _line(text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text.replace(b"\\u0000", b"\\ufffd"))  # PostgreSQL keeps no such character
    except ValueError as error:
        raise TemporaryError("the process that checks a package did not say what it found") from error
    if isinstance(line, dict) and set(line) == {CONFINED_BY}:
        return _line_of_means(line[CONFINED_BY])
    if not isinstance(line, dict) or set(line) != _KEYS:
        raise TemporaryError("the process that checks a package did not say what it found")
    return line


def _line_of_means(means: list[str]) -> dict[str, Any]:
    """Return what the log says of the confinement, in the form of a rule's line."""
    return {
        "level": "runs",
        "rule": _NO_NETWORK.to_json(),
        "verdict": "done" if keeps_from_network(means) else "exempt",
        "faults": [],
        "reason": ", ".join(means),
        "mend": None,
    }


def _judge_end(status: int, folder: Path) -> None:
    if status == NOT_CONFINED:
        raise NotConfinedError(
            "the kernel has no means to keep the check of a package from the network: allow user namespaces"
            " or seccomp to this container, or set ALLWARD_UNCONFINED_CHECKS=1"
        )
    if status == TOO_MUCH_MEMORY:
        raise TooMuchError(_TOO_LARGE)
    if status == -signal.SIGXCPU:
        raise TooMuchError(_TOO_BUSY)
    if status != 0:
        last = (folder / "said").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        raise TemporaryError(f"the process that checks a package ended with {status}: {last[:500]}")
