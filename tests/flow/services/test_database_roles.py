"""Our roles can do what they must and no more, on any PostgreSQL server."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.services import PostgresServer, fresh_database, postgres_server

from allward.config.database_roles import (
    APP,
    DISPATCHER,
    OWNER,
    DatabaseUrls,
    main,
    prepare_database,
    with_login,
)
from allward.config.embedded.temporary import temporary_postgres
from allward.config.environment import Environment
from allward.config.variables import ConfigurationError

__all__ = ["fresh_database"]


@pytest.fixture
def server() -> PostgresServer:
    return postgres_server()


@pytest.fixture
def named_database(server: PostgresServer) -> Iterator[tuple[str, DatabaseUrls]]:
    name, urls = server.create_database()
    yield name, urls
    server.drop_database(name)


def test_no_role_of_ours_is_powerful_or_owns_what_it_should_not(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(fresh_database.app) as connection:
        rows = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
            "WHERE rolname LIKE 'allward%'"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert {row[0] for row in rows} == {OWNER, APP, DISPATCHER}
    assert not any(any(row[1:]) for row in rows)
    assert owner == (OWNER,)


def test_the_app_works_with_rows_but_changes_no_table(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(fresh_database.owner) as connection:
        connection.execute("CREATE TABLE patient (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    with psycopg.connect(fresh_database.app) as connection:
        connection.execute("INSERT INTO patient (name) VALUES ('x')")
        connection.execute("CREATE TEMPORARY TABLE arrived (name text)")
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (1,)
    for statement in ("DROP TABLE patient", "ALTER TABLE patient ADD x int", "CREATE TABLE own (x int)"):
        with (
            psycopg.connect(fresh_database.app) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_the_dispatcher_sees_only_what_it_is_given(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(fresh_database.owner) as connection:
        connection.execute("CREATE TABLE patient (name text)")
        connection.execute("CREATE TABLE claim (id int)")
        connection.execute(f"GRANT SELECT ON claim TO {DISPATCHER}")
    with psycopg.connect(fresh_database.dispatcher) as connection:
        assert connection.execute("SELECT count(*) FROM claim").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM patient")


def test_the_owner_may_add_the_extensions_that_searching_needs(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(fresh_database.owner) as connection:
        for extension in ("pg_trgm", "btree_gin"):
            connection.execute(f"CREATE EXTENSION {extension}")


def test_preparing_again_keeps_what_is_there(
    server: PostgresServer, named_database: tuple[str, DatabaseUrls]
) -> None:
    name, urls = named_database
    with psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    assert prepare_database(server.superuser_url, name=name) == urls
    with psycopg.connect(urls.app) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_copied_database_has_the_tables_of_its_template(
    server: PostgresServer, named_database: tuple[str, DatabaseUrls]
) -> None:
    with psycopg.connect(named_database[1].owner) as connection:
        connection.execute("CREATE TABLE migrated (x int)")
    name, urls = server.create_database(template=named_database[0])
    try:
        with psycopg.connect(urls.app) as connection:
            assert connection.execute("SELECT count(*) FROM migrated").fetchone() == (0,)
    finally:
        server.drop_database(name)


def test_a_role_that_could_look_past_row_level_security_is_refused(server: PostgresServer) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {APP} BYPASSRLS")
        try:
            with pytest.raises(ConfigurationError, match=APP):
                server.create_database()
        finally:
            connection.execute(f"ALTER ROLE {APP} NOBYPASSRLS")


def test_letters_of_every_language_are_folded_and_sorted(fresh_database: DatabaseUrls) -> None:
    with psycopg.connect(fresh_database.app) as connection:
        assert connection.execute("SELECT lower('ÄÉ'), '张三' ~ '^张'").fetchone() == ("äé", True)


def test_an_administrator_who_is_no_superuser_can_prepare_a_server(home: Path) -> None:
    with temporary_postgres(home) as server:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("CREATE ROLE administrator LOGIN CREATEROLE CREATEDB PASSWORD 'word'")
        url = with_login(server.superuser_url, database="postgres", login=("administrator", "word"))
        for _ in range(2):
            urls = prepare_database(url)
        with psycopg.connect(urls.owner) as connection:
            connection.execute("CREATE TABLE patient (name text)")
        with psycopg.connect(urls.app) as connection:
            assert connection.execute("SELECT count(*) FROM patient").fetchone() == (0,)


def test_the_command_prints_settings_that_work(
    server: PostgresServer, named_database: tuple[str, DatabaseUrls], capsys: pytest.CaptureFixture[str]
) -> None:
    name, former = named_database
    try:
        assert main(server.superuser_url, name=name) == 0
        variables = dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())
        environment = Environment.read({**variables, "ALLWARD_SECRET_KEY": "k" * 40})
        with psycopg.connect(environment.database_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (APP,)
    finally:
        assert prepare_database(server.superuser_url, name=name) == former  # other tests' passwords


def test_the_command_says_in_a_sentence_why_it_could_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("postgresql://nobody@/postgres?host=/nonexistent") == 1
    assert "/nonexistent" in capsys.readouterr().err
