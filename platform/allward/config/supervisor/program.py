"""What it takes to start a program, and the start itself: in a group of its own, tied to its starter's life."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from allward.config.supervisor import launch


@dataclass(frozen=True)
class Program:
    """One process to run.

    `rank` orders the end: the highest ranks are ended first, together; services that others need have rank 0.
    `user_id` and `group_id` are None where it runs as the present user.
    """

    name: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    user_id: int | None = None
    group_id: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    hurry_signal: signal.Signals = signal.SIGKILL
    rank: int = 1


def start_program(
    program: Program, *, variables: Mapping[str, str], output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a program that gets its stop signal when the calling thread's process dies.

    Parameters
    ----------
    variables : the environment of the new process; the program's own are added
    output : where its stdout and stderr go
    """
    launcher = (
        *(sys.executable, "-I", "-S", launch.__file__),
        *(str(os.getpid()), str(int(program.stop_signal))),
        *(str(-1 if number is None else number) for number in (program.user_id, program.group_id)),
    )
    return subprocess.Popen(
        [*launcher, *program.command],
        env={**variables, **program.variables},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=None if program.user_id is None else Path("/"),
        process_group=0,
    )
