"""The embedded PostgreSQL and Valkey keep what they were given, heal when killed, and let nobody else in."""

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
from tests.flow.services.nobody import AS_NOBODY
from tests.flow.services.running import Up, can_connect, eventually

from allward.config.embedded.account import ServiceAccount
from allward.config.embedded.postgres import EmbeddedPostgres
from allward.config.embedded.state_folder import make_private, prepare_home
from allward.config.environment import services_file
from allward.config.variables import ConfigurationError

Make = Callable[..., Up]

SERVICES = ("services",)

AS_ROOT = os.geteuid() == 0


def write_note(run: Up, text: str) -> None:
    with psycopg.connect(run.environment().migration_database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", (text,))


def notes(run: Up) -> list[str]:
    with psycopg.connect(run.environment().database_url) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text")]


def test_what_was_stored_is_there_after_a_restart_under_the_same_addresses(up: Make) -> None:
    run = up(options=SERVICES).start()
    before = services_file(run.home).read_text()
    write_note(run, "kept")
    redis.Redis.from_url(run.environment().broker_url).set("kept", "too")
    assert run.stop() == 0
    assert run.left_over() == {}
    assert not can_connect(run.environment().database_url)

    run.start()
    assert services_file(run.home).read_text() == before
    assert notes(run) == ["kept"]
    assert redis.Redis.from_url(run.environment().broker_url).get("kept") == b"too"


def test_a_killed_postgres_comes_back_with_everything_that_was_committed(up: Make) -> None:
    run = up(options=SERVICES).start()
    write_note(run, "committed")
    idle = psycopg.connect(run.environment().database_url)  # a back end that outlives its server for a moment
    run.kill("postgres")
    eventually(lambda: can_connect(run.environment().database_url))
    idle.close()
    assert notes(run) == ["committed"]
    assert run.report("postgres").last_exit == -signal.SIGKILL


def test_a_killed_valkey_comes_back_with_what_it_held(up: Make) -> None:
    run = up(options=SERVICES).start()
    client = redis.Redis.from_url(run.environment().broker_url)
    client.rpush("queue", "message")
    run.kill("valkey")

    def holds_message() -> bool:
        try:
            return client.lrange("queue", 0, -1) == [b"message"]
        except redis.RedisError:
            return False

    eventually(holds_message)


def test_services_end_with_a_supervisor_that_was_killed_outright(up: Make) -> None:
    run = up(options=SERVICES).start()
    write_note(run, "kept")
    run.send(signal.SIGKILL)
    run.wait()
    eventually(lambda: not run.left_over(), within_s=16)
    run.start()
    assert notes(run) == ["kept"]


def test_secrets_are_readable_by_their_owner_only(up: Make) -> None:
    run = up(options=SERVICES).start()
    for path in (services_file(run.home), run.home / "secret-key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_server_has_no_tcp_port_and_writes_safely(up: Make) -> None:
    run = up(options=SERVICES).start()
    with psycopg.connect(run.environment().database_url) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]
            for name in (
                "listen_addresses",
                "fsync",
                "synchronous_commit",
                "server_encoding",
            )
        }
    assert shown == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
    }


def test_without_the_password_nobody_gets_in(up: Make) -> None:
    run = up(options=SERVICES).start()
    environment = run.environment()
    user_info = environment.database_url.split("//")[1].split("@")[0]
    assert not can_connect(environment.database_url.replace(user_info, "allward_app:wrong"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(
            environment.broker_url.replace(environment.broker_url.split("@")[0], "redis://x:y")
        ).ping()


@pytest.mark.skipif(not AS_ROOT, reason="only root can try it as another user")
def test_another_user_of_the_machine_cannot_reach_the_socket_or_the_data(up: Make) -> None:
    run = up(options=SERVICES).start()
    account = ServiceAccount.of_home(run.home)
    for folder in (account.sockets, account.state / "postgres", account.state / "valkey"):
        tried = subprocess.run([*AS_NOBODY, "ls", str(folder)], capture_output=True, check=False)
        assert tried.returncode != 0, folder


@pytest.mark.skipif(not AS_ROOT, reason="somebody who is not root runs every test here this way")
def test_somebody_who_is_not_root_starts_the_services_in_the_state_folder(up: Make, home: Path) -> None:
    os.chmod(home, 0o755)
    theirs = home / "theirs"
    theirs.mkdir()
    subprocess.run(["chown", "nobody", str(theirs)], check=True)
    run = up(options=SERVICES, as_nobody=True, home=theirs).start()
    assert (theirs / "services" / "postgres" / "data" / "PG_VERSION").exists()
    assert can_connect(run.environment().database_url)
    run.kill("postgres")
    eventually(lambda: can_connect(run.environment().database_url))
    assert run.stop() == 0
    assert run.left_over() == {}


@pytest.mark.skipif(not AS_ROOT, reason="root's files lie in another place, so only root can compare")
def test_a_long_path_gets_a_short_folder_for_its_sockets(up: Make, home: Path) -> None:
    os.chmod(home, 0o755)
    theirs = home / ("long" * 30)
    theirs.mkdir()
    subprocess.run(["chown", "nobody", str(theirs)], check=True)
    run = up(options=SERVICES, as_nobody=True, home=theirs).start()
    assert can_connect(run.environment().database_url)
    assert len(str(run.environment().engine_socket)) < 90


def test_a_lock_file_that_names_somebody_else_does_not_stop_a_start(up: Make) -> None:
    run = up(options=SERVICES).start()
    run.stop()
    data = EmbeddedPostgres(ServiceAccount.of_home(run.home)).data
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (data / "postmaster.pid").write_text(f"{bystander.pid}\n{data}\n{int(time.time())}\n5432\n\n\n\n")
        run.start()
        assert can_connect(run.environment().database_url)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(home: Path) -> None:
    prepare_home(home)
    account = ServiceAccount.of_home(home)
    half_made = account.state / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(account, durable=False)
    server.prepare()
    assert (server.data / "pg_hba.conf").exists()
    assert not half_made.exists()


def test_data_of_another_major_version_are_left_alone(home: Path) -> None:
    prepare_home(home)
    server = EmbeddedPostgres(ServiceAccount.of_home(home))
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConfigurationError, match="written by PostgreSQL 16"):
        server.prepare()


def test_a_server_that_cannot_start_is_told_with_the_last_line_of_its_log(up: Make) -> None:
    run = up(options=SERVICES).start()
    run.stop()
    data = EmbeddedPostgres(ServiceAccount.of_home(run.home)).data
    (data / "global" / "pg_control").write_bytes(b"")
    said = run.refusal()
    assert said.startswith("postgres does not start: ")
    assert "pg_control" in said
    assert said.endswith("postgres.log).\n")
    assert run.left_over() == {}


def test_a_folder_in_tmp_that_somebody_else_made_first_is_not_used(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match="belongs to somebody else"):
        make_private(taken)
