"""Services that live as long as a block of code, for tests and benchmarks: quick to start, then gone."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from allward.config.embedded.account import ServiceAccount
from allward.config.embedded.postgres import EmbeddedPostgres
from allward.config.embedded.state_folder import prepare_home
from allward.config.embedded.valkey import EmbeddedValkey
from allward.config.supervisor.program import Program, start_program
from allward.config.variables import ConfigurationError

_NO_VARIABLES: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


@contextlib.contextmanager
def temporary_postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    """Run a PostgreSQL that does not outlive the block and that nothing else sees.

    Parameters
    ----------
    home : an empty folder
    """
    account = _account(home)
    server = EmbeddedPostgres(account, durable=False)
    server.prepare()
    try:
        with _running(server.program(), server.is_ready, log=home / "logs" / "postgres.log"):
            yield server
    finally:
        shutil.rmtree(account.state, ignore_errors=True)


@contextlib.contextmanager
def temporary_valkey(home: Path) -> Iterator[EmbeddedValkey]:
    """Run a Valkey that does not outlive the block and whose port and password nobody else knows.

    Parameters
    ----------
    home : an empty folder
    """
    account = _account(home)
    server = EmbeddedValkey(account, EmbeddedValkey.choose_url(None))
    server.prepare()
    try:
        with _running(server.program(), server.is_ready, log=home / "logs" / "valkey.log"):
            yield server
    finally:
        shutil.rmtree(account.state, ignore_errors=True)


def _account(home: Path) -> ServiceAccount:
    prepare_home(home)
    return ServiceAccount.of_home(home)


@contextlib.contextmanager
def _running(program: Program, is_ready: Callable[[], bool], *, log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = start_program(program, variables=_NO_VARIABLES, output=output)
    try:
        _wait(process, is_ready, log)
        yield
    finally:
        process.send_signal(program.stop_signal)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.send_signal(program.hurry_signal)
            process.wait(timeout=10)


def _wait(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    end_s = time.monotonic() + 60
    while not is_ready():
        if process.poll() is not None or time.monotonic() > end_s:
            last = log.read_text(errors="replace").strip().rpartition("\n")[2]
            raise ConfigurationError(f"{process.args!r} did not start: {last}")
        time.sleep(0.05)
