"""What it takes to start a program, and the start itself: in its own group, tied to its starter's life."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from allward.config.supervisor import launch


@dataclass(frozen=True)
class Program:
    """One process to run.

    `rank` orders the end: the highest ranks are ended first, together; services that others need have rank 0.
    `user_id` and `group_id` are None where it runs as the present user. `before_start` is called before every
    start, also after a crash. One that runs `once` ends by itself, and its stdout is the supervisor's own.
    """

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    user_id: int | None = None
    group_id: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGKILL
    rank: int = 1
    once: bool = False
    before_start: Callable[[], None] | None = None


def start_program(
    program: Program, *, variables: Mapping[str, str], output: IO[bytes], errors: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a program that gets its stop signal when the calling process dies.

    To be called from the main thread: the kernel means the thread, not the process, by "parent".

    Parameters
    ----------
    variables : the environment of the new process; the program's own are added
    errors : where its stderr goes, if not to `output` as well
    """
    launcher = (
        *(sys.executable, "-I", "-S", launch.__file__),
        *(str(os.getpid()), str(int(program.stop_signal))),
        *(str(-1 if number is None else number) for number in (program.user_id, program.group_id)),
    )
    if program.before_start is not None:
        program.before_start()
    return subprocess.Popen(
        [*launcher, *program.command],
        env={**variables, **program.variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if errors is None else errors,
        cwd=None if program.user_id is None else Path("/"),
        process_group=0,
    )
