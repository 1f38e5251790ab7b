"""Start the supervisor as an operator would, watch it, and see what it leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from tests.flow.services.nobody import AS_NOBODY, readable_by_nobody

from allward.config.environment import Environment
from allward.config.supervisor.report import ProcessReport, read_report

_ROOT = Path(__file__).parents[3]
SMALL_PLAN = Path(__file__).with_name("small_plan.py").relative_to(_ROOT)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(happens: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Fail if something does not become true in time."""
    end_s = time.monotonic() + within_s
    while not happens():
        assert time.monotonic() < end_s, f"not within {within_s} s"
        time.sleep(0.05)


def can_connect(url: str) -> bool:
    """Tell whether a database answers."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@dataclass
class Up:
    """One run of the supervisor on a state folder, with the small plan."""

    home: Path
    options: tuple[str, ...] = ()
    as_nobody: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        ports = {"ALLWARD_HTTP_PORT": str(free_port()), "ALLWARD_DIMSE_PORT": str(free_port())}
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ALLWARD_")}
        self.variables = {**ours, "ALLWARD_HOME": str(self.home), **ports, **self.variables}
        if self.as_nobody:
            self.variables = {**self.variables, **readable_by_nobody().variables}

    def start(self) -> "Up":
        """Start it and wait until it says that it is ready."""
        process = self._spawn()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ready"):
                return self
        raise AssertionError("".join(lines))

    def next_line(self) -> str:
        """Return the next line that it says."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def refusal(self) -> str:
        """Return the sentence with which it refuses to start."""
        process = self._spawn(stderr=subprocess.PIPE)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 1, said
        return said

    def send(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, *, within_s: float = 20.0) -> int:
        """Wait until it has ended; return its exit code."""
        assert self._process is not None
        return self._process.wait(timeout=within_s)

    def stop(self) -> int:
        """Ask it twice to end, so that it hurries; return its exit code."""
        self.send(signal.SIGTERM)
        time.sleep(0.6)
        self.send(signal.SIGTERM)
        return self.wait()

    def report(self, name: str) -> ProcessReport:
        """Return what the supervisor tells about a process."""
        found = {entry.name: entry for entry in read_report(self.home) or ()}
        return found[name]

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL and wait until it runs again."""
        before = self.report(name)
        assert before.pid is not None
        os.kill(before.pid, signal.SIGKILL)
        eventually(lambda: self.report(name).restarts > before.restarts and self.report(name).pid)

    def environment(self) -> Environment:
        """Return the settings as another terminal would read them."""
        return Environment.read(self.variables)

    def left_over(self) -> dict[int, str]:
        """Return the processes that were started for this state folder and still live."""
        return dict(_processes_with(f"ALLWARD_HOME={self.home}"))

    def clean_up(self) -> None:
        """End everything, however the test went."""
        if self._process is not None and self._process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self._process.kill()
        for process_id in self.left_over():
            os.kill(process_id, signal.SIGKILL)

    def _command(self) -> tuple[str, ...]:
        if not self.as_nobody:
            return sys.executable, str(_ROOT / SMALL_PLAN)
        readable = readable_by_nobody()
        return *AS_NOBODY, readable.python, str(readable.root / SMALL_PLAN)

    def _spawn(self, *, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [*self._command(), *self.options],
            env=dict(self.variables),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        return self._process


def _processes_with(variable: str) -> Iterator[tuple[int, str]]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                if variable.encode() in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name), (process / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it ended meanwhile, or belongs to somebody else
