"""Keeps processes running: one thread, one loop that wakes up when a child ends or a signal comes."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from allward.config.supervisor import logs
from allward.config.supervisor.alarm import Alarm
from allward.config.supervisor.backoff import Course, State
from allward.config.supervisor.program import Program, start_program
from allward.config.supervisor.report import write_report
from allward.config.supervisor.watch import Undertaker

PATIENCE_S = {1: 3.0, 0: 5.0}
"""From asking to insisting, by rank: with a last second for each it all stays below 10 s.

Whatever runs may be killed at any time; only the services would then need longer for their next start.
"""

NOT_STARTED = 127
"""Exit code of a process that could not even be started, as shells have it."""

_HURRIED_S = 1.0
_TRIM_EVERY_S = 60.0


class StopRequestedError(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM: not a fault, the way out of whatever is under way."""


class Supervisor:
    """The processes of one state folder.

    To be used from the main thread, as a context manager: leaving it ends every process.
    """

    def __init__(self, home: Path, *, variables: Mapping[str, str], kept_open: Sequence[int] = ()) -> None:
        """Prepare; nothing starts yet but the undertaker.

        Parameters
        ----------
        variables : the environment of every process
        kept_open : file descriptors of locks that hold until the last process has ended
        """
        self._home = home
        self._variables = dict(variables)
        self._programs: dict[str, Program] = {}
        self._courses: dict[str, Course] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._undertaker = Undertaker(kept_open=kept_open)
        self._reported: dict[str, Course] | None = None
        self._trimmed_s = time.monotonic()
        self._alarm = Alarm()

    def __enter__(self) -> "Supervisor":
        self._alarm.set()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stop()
            self._undertaker.dismiss()
        finally:
            self._alarm.unset()

    def log(self, name: str) -> Path:
        """Return where a process' output goes."""
        return self._home / "logs" / f"{name}.log"

    @property
    def courses(self) -> Mapping[str, Course]:
        """What became of every process so far, in the order of their starts."""
        return dict(self._courses)

    def start(self, program: Program) -> None:
        """Start a process and keep it running."""
        logs.set_aside(self.log(program.name))
        self._programs[program.name] = program
        self._courses[program.name] = Course(since_s=time.monotonic())
        self._spawn(program)

    def tend(self, *, for_s: float = 1.0) -> None:
        """Wait for something to happen, then do what it asks for.

        Raises
        ------
        StopRequestedError
            If a signal asked to stop.
        """
        self._alarm.wait(for_s)
        for name in list(self._processes):
            self._reap(name)
        for name, course in list(self._courses.items()):
            if course.is_due(time.monotonic()):
                self._spawn(self._programs[name])
        self._undertaker.tend()
        self._trim()
        self._report()
        if self._alarm.requests:
            raise StopRequestedError

    def wait_until(self, happens: Callable[[], bool], *, patience_s: float) -> bool:
        """Tend the processes until something is true.

        Returns
        -------
        False if it did not become true in time.
        """
        end_s = time.monotonic() + patience_s
        while not happens():
            if time.monotonic() > end_s:
                return False
            self.tend(for_s=0.2)
        return True

    def _spawn(self, program: Program) -> None:
        course = self._courses[program.name]
        try:
            with contextlib.ExitStack() as stack:
                log = stack.enter_context(self.log(program.name).open("ab"))
                terminal = stack.enter_context(open(1, "wb", closefd=False)) if program.once else None
                process = start_program(
                    program, variables=self._variables, output=terminal or log, errors=terminal and log
                )
        except OSError:  # no memory or no disk for it just now: tried again like a crash
            self._courses[program.name] = course.ended(exit_code=NOT_STARTED, now_s=time.monotonic())
            return
        self._processes[program.name] = process
        self._undertaker.add(process.pid, program)
        self._courses[program.name] = course.started(process_id=process.pid, now_s=time.monotonic())

    def _reap(self, name: str, *, asked: bool = False) -> bool:
        """Note the end of a process, and end what it left of its group; tell whether it has ended."""
        process = self._processes[name]
        exit_code = process.poll()
        if exit_code is None:
            return False
        del self._processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self._undertaker.drop(process.pid)
        then = Course.stopped if asked or self._programs[name].once else Course.ended
        self._courses[name] = then(self._courses[name], exit_code=exit_code, now_s=time.monotonic())
        return True

    def _trim(self) -> None:
        if time.monotonic() - self._trimmed_s > _TRIM_EVERY_S:
            self._trimmed_s = time.monotonic()
            with contextlib.suppress(OSError):  # a full disk must not end what runs
                for name in self._programs:
                    logs.trim(self.log(name))

    def _report(self) -> None:
        kept = {name: course for name, course in self._courses.items() if not self._programs[name].once}
        if kept != self._reported:
            with contextlib.suppress(OSError):  # a full disk: tried again the next time round
                write_report(self._home, kept, now_s=time.monotonic())
                self._reported = kept

    def _stop(self) -> None:
        for name, course in self._courses.items():
            if course.state is State.RESTARTING:
                self._courses[name] = course.stopped(exit_code=course.last_exit, now_s=time.monotonic())
        for rank in sorted({self._programs[name].rank for name in self._processes}, reverse=True):
            self._stop_rank([n for n in reversed(self._processes) if self._programs[n].rank == rank])
        self._report()

    def _stop_rank(self, names: Sequence[str]) -> None:
        """Ask processes to end; after a while, or at a second signal, insist; in the end, kill."""
        self._send(names, lambda program: program.stop_signal)
        self._wait_for(names, PATIENCE_S[self._programs[names[0]].rank], may_hurry=True)
        self._send(names, lambda program: program.hurry_signal)
        self._wait_for(names, _HURRIED_S, may_hurry=False)
        for name in names:
            if name in self._processes:
                self._processes[name].kill()
                self._processes[name].wait()
                self._reap(name, asked=True)

    def _send(self, names: Sequence[str], choose: Callable[[Program], signal.Signals]) -> None:
        for name in names:
            if name in self._processes:
                self._processes[name].send_signal(choose(self._programs[name]))

    def _wait_for(self, names: Sequence[str], patience_s: float, *, may_hurry: bool) -> None:
        end_s = time.monotonic() + patience_s
        requests = self._alarm.requests
        waiting = [name for name in names if name in self._processes]
        while waiting and time.monotonic() < end_s and not (may_hurry and self._alarm.requests > requests):
            self._alarm.wait(0.1)
            waiting = [name for name in waiting if not self._reap(name, asked=True)]
