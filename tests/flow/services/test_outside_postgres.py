"""The same tests once more on a PostgreSQL that somebody else runs: Debian's, over TCP, with a password."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.running_platform import ROOT, free_port

AGAIN = tuple(f"tests/flow/{room}" for room in ["ingest", "nodes", "outbox", "pipeline", "tenancy"])
"""Where another server may differ: roles and row security, locks that are skipped, notifications, triggers.

The tests of tenancy ask for every table and every endpoint. The others use the same ways once more.
"""

NOT_AGAIN = "tests/flow/ingest/test_database_away.py"
"""It stops and starts a server that it owns."""


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    reason = "Debian's package postgresql is not here"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def outside_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server of Debian's as an unprivileged user; return the address of its superuser."""
    binaries, port = _binaries(), free_port()
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/outside-XXXXXX"], text=True).strip())
    password = folder / "password"
    password.write_text("a-secret")
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
        shutil.chown(password, user)
    data = folder / "data"

    def run(name: str, *arguments: str) -> None:
        command = [str(binaries / name), "-D", str(data), *arguments]
        subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)

    run("initdb", "-U", "admin", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://admin:a-secret@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.mark.timeout(1500)
def test_the_core_runs_on_a_postgres_that_somebody_else_runs(outside_postgres: str) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("ALLWARD_")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            *AGAIN,
            f"--ignore={NOT_AGAIN}",
        ],
        cwd=ROOT,
        env={**variables, "ALLWARD_TEST_DATABASE_URL": outside_postgres},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
