"""The undertaker's other end: tells it which process groups there are, and starts it again if it dies."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence

from allward.config.supervisor import undertaker
from allward.config.supervisor.program import Program


class Undertaker:
    """A process that outlives this one just long enough to end what this one started."""

    def __init__(self, *, kept_open: Sequence[int]) -> None:
        """Start it.

        Parameters
        ----------
        kept_open : file descriptors that it holds as well: locks, so that nobody starts before it is done
        """
        self._kept_open = tuple(kept_open)
        self._programs: dict[int, Program] = {}
        self._process = self._start()

    @property
    def process_id(self) -> int:
        """The number of its process."""
        return self._process.pid

    def add(self, process_id: int, program: Program) -> None:
        """Tell it of a process, the first of its group."""
        self._programs[process_id] = program
        self._tell(_line(process_id, program))

    def drop(self, process_id: int) -> None:
        """Tell it that a group is gone."""
        if self._programs.pop(process_id, None) is not None:
            self._tell(f"drop {process_id}\n")

    def tend(self) -> None:
        """Start it again if it ended."""
        if self._process.poll() is None:
            return
        with contextlib.suppress(OSError):  # no memory for it just now: tried again the next time round
            self._process = self._start()

    def dismiss(self) -> None:
        """Let it go: everything was ended properly."""
        self._tell("end\n")
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _start(self) -> subprocess.Popen[str]:
        known = [_line(process_id, program) for process_id, program in self._programs.items()]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", undertaker.__file__, *known],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=self._kept_open,
            start_new_session=True,
        )

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it died; `tend` starts another and tells it all
                self._process.stdin.write(line)
                self._process.stdin.flush()


def _line(process_id: int, program: Program) -> str:
    return f"add {process_id} {int(program.stop_signal)} {program.rank}\n"
