"""The roles of the database and the database itself, prepared on any PostgreSQL server.

`allward_owner` owns the tables and migrates, `allward_app` lives under row-level security, and
`allward_dispatcher` sees the control tables. None of them is a superuser or bypasses row-level security.

`python -m allward.config.database_roles SUPERUSER_URL` prepares an outside server and prints the addresses.
"""

import hashlib
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from allward.config.variables import ConfigurationError

OWNER, APP, DISPATCHER = "allward_owner", "allward_app", "allward_dispatcher"
ROLES = (OWNER, APP, DISPATCHER)

DATABASE = "allward"


@dataclass(frozen=True)
class DatabaseUrls:
    """How each role reaches one database; passwords are inside."""

    owner: str
    app: str
    dispatcher: str

    def as_variables(self) -> dict[str, str]:
        """Return them under the names that `Environment.read` knows."""
        return {
            "ALLWARD_DATABASE_URL": self.app,
            "ALLWARD_DISPATCHER_DATABASE_URL": self.dispatcher,
            "ALLWARD_MIGRATION_DATABASE_URL": self.owner,
        }


def prepare_database(
    superuser_url: str,
    *,
    passwords: Mapping[str, str] | None = None,
    name: str = DATABASE,
    template: str | None = None,
) -> DatabaseUrls:
    """Create the roles and the database where they are missing; safe to repeat.

    Parameters
    ----------
    superuser_url : a login that may create roles and databases
    passwords : by role, set anew each time; by default always the same ones for this `superuser_url`
    name : of the database
    template : an existing database to copy; nobody may be connected to it

    Raises
    ------
    ConfigurationError
        If a role of ours is there with more rights than it may have.
    """
    secret = dict(passwords or {role: _derived_password(superuser_url, role) for role in ROLES})
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in ROLES:
            _prepare_role(connection, role, secret[role])
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
        _create_database(connection, name, template)
    with psycopg.connect(with_login(superuser_url, database=name), autocommit=True) as connection:
        _prepare_schema(connection)
    urls = {role: with_login(superuser_url, database=name, login=(role, secret[role])) for role in ROLES}
    return DatabaseUrls(owner=urls[OWNER], app=urls[APP], dispatcher=urls[DISPATCHER])


def drop_database(superuser_url: str, name: str) -> None:
    """Remove a database with all that is in it, ending the sessions that use it."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def with_login(url: str, *, database: str, login: tuple[str, str] | None = None) -> str:
    """Return a connection URI to another database of the same server, by default with the same login.

    Parameters
    ----------
    login : user and password
    """
    parts = urlsplit(url)
    user_info, _, host = parts.netloc.rpartition("@")
    if login is not None:
        user_info = ":".join(quote(part, safe="") for part in login)
    return urlunsplit((parts.scheme, f"{user_info}@{host}", f"/{quote(database, safe='')}", parts.query, ""))


def _derived_password(superuser_url: str, role: str) -> str:
    return hashlib.sha256(f"{role} {superuser_url}".encode()).hexdigest()


def _prepare_role(connection: psycopg.Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = %s",
        (role,),
    ).fetchone()
    if row is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    elif row[0]:
        raise ConfigurationError(
            f"The database role {role} may do too much: take SUPERUSER, BYPASSRLS, CREATEROLE and CREATEDB "
            f'from it (docs/configuration.md, section "Services").'
        )
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))


def _create_database(connection: psycopg.Connection, name: str, template: str | None) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
        )
    )


def _prepare_schema(connection: psycopg.Connection) -> None:
    """Let in nobody but our roles, and let the app role work with the rows of what the owner creates."""
    database, owner, app, dispatcher = (
        sql.Identifier(name) for name in (connection.info.dbname, OWNER, APP, DISPATCHER)
    )
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",  # COPY goes through a temporary table
        "GRANT CONNECT ON DATABASE {database} TO {dispatcher}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {dispatcher}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        "GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    ):
        connection.execute(
            sql.SQL(statement).format(database=database, owner=owner, app=app, dispatcher=dispatcher)
        )


def main(superuser_url: str, *, name: str = DATABASE) -> int:
    """Prepare an outside server, with new passwords, and print the settings; return the exit code."""
    try:
        passwords = {role: secrets.token_urlsafe(32) for role in ROLES}
        urls = prepare_database(superuser_url, passwords=passwords, name=name)
    except (ConfigurationError, psycopg.Error) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{name}={url}\n" for name, url in urls.as_variables().items())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
