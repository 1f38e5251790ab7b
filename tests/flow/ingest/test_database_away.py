"""The database stops while images come in: they are acknowledged, survive a kill, and are indexed later."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.flow.ingest.nodes import free_port, storescu
from tests.small_study import write_small_study

from allward.config.database_roles import prepare_database
from allward.config.embedded.account import ServiceAccount
from allward.config.embedded.postgres import EmbeddedPostgres
from allward.config.embedded.state_folder import prepare_home
from allward.config.supervisor.program import start_program

ROOT = Path(__file__).parents[3]
SEED = """
import django; django.setup()
from allward.ingest.actions import add_sender_rule
from allward.tenancy.actions import add_tenant
from allward.tenancy.scope import Scope, within
tenant, _ = add_tenant(code="only", name_en="Only", name_zh="唯一")
with within(Scope.of_tenant(tenant.pk)):
    add_sender_rule(called_ae_title="ALLWARD")
"""


class _Database:
    """A PostgreSQL of this test's own, which it may stop."""

    def __init__(self, home: Path) -> None:
        prepare_home(home)
        self.server = EmbeddedPostgres(ServiceAccount.of_home(home), durable=False)
        self.server.prepare()
        self._log = home / "logs" / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = start_program(
                self.server.program(), variables={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, output=output
            )
        for _ in range(600):
            if self.server.is_ready():
                return
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(self.server.program().stop_signal)
            self._process.wait(30)
            self._process = None

    def instances(self, name: str) -> int:
        url = self.server.superuser_url
        with psycopg.connect(url, dbname=name) as connection:
            row = connection.execute("SELECT count(*) FROM studies_instance").fetchone()
        return row[0] if row else 0


@pytest.fixture
def database(tmp_path_factory):
    made = _Database(tmp_path_factory.mktemp("pg"))
    made.start()
    yield made
    made.stop()


@contextmanager
def _receiver(variables, port, log):
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "allward.config.run_dimse"],
            env=variables,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        for _ in range(300):
            echo = ["echoscu", "-aec", "ALLWARD", "127.0.0.1", str(port)]
            if subprocess.run(echo, capture_output=True, check=False).returncode == 0:
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def test_images_are_taken_while_the_database_is_away_and_indexed_once_it_is_back(database, tmp_path):
    urls = prepare_database(database.server.superuser_url, name="away")
    port = free_port()
    variables = {
        **os.environ,
        **urls.as_variables(),
        "ALLWARD_HOME": str(tmp_path / "home"),
        "ALLWARD_STORAGE_URL": (tmp_path / "home" / "storage").as_uri(),
        "ALLWARD_DIMSE_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "allward.config.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT / 'apps'}",
    }
    migrate = ["manage.py", "migrate", "--database", "owner", "--skip-checks"]
    subprocess.run([sys.executable, *migrate], env=variables, cwd=ROOT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-c", SEED], env=variables, cwd=ROOT, check=True)
    studies = [write_small_study(tmp_path / str(seed), seed=seed) for seed in (1, 2, 3, 4)]
    log = tmp_path / "dimse.log"

    with _receiver(variables, port, log) as receiver:
        assert storescu(port, *studies[0])[0] == 0
        database.stop()
        assert storescu(port, *studies[1])[0] == 0
        receiver.send_signal(signal.SIGKILL)
    with _receiver(variables, port, log) as receiver:
        assert storescu(port, *studies[2])[0] == 0
        database.start()
        assert storescu(port, *studies[3])[0] == 0
        expected = sum(map(len, studies))
        for _ in range(600):
            if database.instances("away") == expected:
                break
            time.sleep(0.1)
        assert database.instances("away") == expected, log.read_text()[-3000:]
        receiver.send_signal(signal.SIGTERM)
        assert receiver.wait(30) == 0
    assert not list((tmp_path / "home" / "spool").iterdir())
