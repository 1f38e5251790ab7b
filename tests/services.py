"""A real PostgreSQL and a real Valkey for tests: started once, never shared with anything else.

`ALLWARD_TEST_DATABASE_URL` (a superuser's address) makes the same tests run on an outside PostgreSQL.
"""

import atexit
import contextlib
import functools
import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from allward.config.database_roles import DATABASE, DatabaseUrls, drop_database, prepare_database
from allward.config.embedded.temporary import temporary_postgres, temporary_valkey
from allward.config.environment import Environment


@dataclass(frozen=True)
class PostgresServer:
    """A server on which tests may make databases of their own."""

    superuser_url: str
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def create_database(self, *, template: str | None = None) -> tuple[str, DatabaseUrls]:
        """Return the name of a new database and how each role reaches it.

        `template` names a database to copy, migrated say; nobody may be connected to it.
        """
        name = f"allward_test_{os.getpid()}_{next(self._numbers)}"
        return name, prepare_database(self.superuser_url, name=name, template=template)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending the sessions that use it."""
        drop_database(self.superuser_url, name)


_until_exit = contextlib.ExitStack()


def _close(process_id: int) -> None:
    if os.getpid() == process_id:  # a fork of this process has no say in it
        _until_exit.close()


atexit.register(_close, os.getpid())


def _home() -> Path:
    return Path(_until_exit.enter_context(tempfile.TemporaryDirectory(prefix="allward-")))


@functools.cache
def postgres_server() -> PostgresServer:
    """Return the server of this test run; the first call starts it, the end of Python stops it."""
    outside = Environment.read().test_database_url
    if outside is not None:
        _refuse_real_installation(outside)
        return PostgresServer(outside)
    return PostgresServer(_until_exit.enter_context(temporary_postgres(_home())).superuser_url)


def _refuse_real_installation(superuser_url: str) -> None:
    """Tests set the passwords of our roles anew, which would cut off an installation on the same server."""
    with psycopg.connect(superuser_url) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            pytest.exit(
                f"ALLWARD_TEST_DATABASE_URL holds a database {DATABASE}: take a server without one", 1
            )


@functools.cache
def broker_url() -> str:
    """Return the address of this test run's Valkey; the first call starts it, the end of Python stops it."""
    return _until_exit.enter_context(temporary_valkey(_home())).url


@functools.cache
def service_variables() -> dict[str, str]:
    """Return the variables with which `Environment.read` finds a fresh database and this run's broker.

    To be put into the environment before Django's settings load (`pytest_configure` in conftest.py), and
    given to the processes that a flow test starts.
    """
    name, urls = postgres_server().create_database()
    _until_exit.callback(postgres_server().drop_database, name)
    return {
        **urls.as_variables(),
        "ALLWARD_BROKER_URL": broker_url(),
        "ALLWARD_HOME": str(_home()),
        "ALLWARD_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
        "ALLWARD_STUDY_QUIET_S": "1",
    }


@pytest.fixture(name="postgres_server", scope="session")
def _postgres_server() -> PostgresServer:
    return postgres_server()


@pytest.fixture
def fresh_database() -> Iterator[DatabaseUrls]:
    """Give a test an empty database with our roles, and remove it afterwards."""
    name, urls = postgres_server().create_database()
    yield urls
    postgres_server().drop_database(name)


@pytest.fixture(name="broker_url", scope="session")
def _broker_url() -> str:
    return broker_url()
