"""No row crosses a tenant: asked of a migrated PostgreSQL itself, and planted breaches are found."""

import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from allward.config.database_roles import APP, DISPATCHER, OWNER, DatabaseUrls
from tests import services
from tests.architecture import tables
from tests.architecture.tables import CONTROL_TABLES, GLOBAL_TABLES, PROTECTED, TENANT_TABLES, Connection
from tests.architecture.tree import ROOT


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    name, urls = services.postgres_server().create_database()
    variables = {
        **os.environ,
        **urls.as_variables(),
        "ALLWARD_HOME": str(tmp_path_factory.mktemp("home")),
        "ALLWARD_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
        "ALLWARD_BROKER_URL": "redis://127.0.0.1:1/0",
    }
    migrate = [
        sys.executable,
        "manage.py",
        "migrate",
        "--database",
        "owner",
        "--skip-checks",
        "--verbosity",
        "0",
    ]
    subprocess.run(migrate, cwd=ROOT, env=variables, check=True)
    yield urls
    services.postgres_server().drop_database(name)


@pytest.fixture
def as_owner(migrated: DatabaseUrls) -> Iterator[Connection]:
    """Connect as the owner of the tables; what a test does is rolled back."""
    with psycopg.connect(migrated.owner) as database:
        yield database
        database.rollback()


@pytest.fixture
def as_app(migrated: DatabaseUrls) -> Iterator[Connection]:
    with psycopg.connect(migrated.app) as database:
        yield database
        database.rollback()


def test_every_table_is_a_tenants_or_control_or_global(as_owner: Connection) -> None:
    classed = [*TENANT_TABLES, *CONTROL_TABLES, *GLOBAL_TABLES]
    assert len(classed) == len(set(classed))
    assert tables.all_tables(as_owner) == set(classed)


def test_security_is_enabled_and_forced_on_every_table_of_a_tenant_and_of_control(
    as_owner: Connection,
) -> None:
    assert tables.without_forced_security(as_owner) & PROTECTED == set()
    assert tables.without_policy(as_owner, role=APP) & PROTECTED == set()


def test_every_policy_of_the_application_asks_for_the_tenant(as_owner: Connection) -> None:
    assert tables.open_policies(as_owner, role=APP) == set()


@pytest.mark.parametrize("role", [APP, DISPATCHER])
def test_the_roles_of_the_processes_have_no_way_around_the_policies(as_owner: Connection, role: str) -> None:
    rights = as_owner.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
        " WHERE rolname = %s",
        [role],
    ).fetchone()
    assert rights == (False, False, False, False, False)
    owned = as_owner.execute("SELECT relname FROM pg_class WHERE relowner = %s::regrole", [role]).fetchall()
    assert owned == []
    for stronger in {APP, DISPATCHER, OWNER} - {role}:
        member = as_owner.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [role, stronger]).fetchone()
        assert member == (False,), f"{role} may become {stronger}"


def test_the_application_connects_as_its_own_role(as_app: Connection) -> None:
    assert as_app.execute("SELECT current_user, session_user").fetchone() == (APP, APP)


def test_every_unique_constraint_includes_the_tenant(as_owner: Connection) -> None:
    assert tables.unique_without_tenant(as_owner, PROTECTED) == tables.UNIQUE_ACROSS_TENANTS


def test_every_reference_between_tables_of_tenants_includes_the_tenant(as_owner: Connection) -> None:
    assert tables.references_without_tenant(as_owner, PROTECTED) == set()


def test_every_id_in_a_tenants_table_is_held_by_a_reference_or_says_why_not(as_owner: Connection) -> None:
    assert tables.loose_ids(as_owner, PROTECTED) == set(tables.LOOSE_IDS)


def test_every_function_with_its_owners_rights_says_why(as_owner: Connection) -> None:
    assert tables.definer_functions(as_owner) == set(tables.DEFINER_FUNCTIONS)


def test_the_dispatcher_sees_control_tables_and_little_else(as_owner: Connection) -> None:
    allowed = CONTROL_TABLES | set(tables.DISPATCHER_READS) | set(GLOBAL_TABLES)
    assert tables.used_by(as_owner, DISPATCHER) - allowed == set()


def test_the_audit_trail_can_be_added_to_and_not_changed(as_app: Connection) -> None:
    rights = as_app.execute(
        "SELECT has_table_privilege('audit_auditevent', 'INSERT'),"
        " has_table_privilege('audit_auditevent', 'UPDATE, DELETE, TRUNCATE')"
    ).fetchone()
    assert rights == (True, False)


def act_for(database: Connection, tenant: object) -> None:
    for name in ("readable", "acting"):
        database.execute("SELECT set_config(%s, %s, true)", [f"allward.{name}", str(tenant)])


@pytest.mark.parametrize("table", sorted(PROTECTED))
def test_without_a_scope_no_row_is_seen_and_with_a_foreign_one_none_is_written(
    as_app: Connection, table: str
) -> None:
    assert as_app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    act_for(as_app, uuid4())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_app.execute(f"INSERT INTO {table} (tenant_id) VALUES (%s)", [uuid4()])


def plant(database: Connection, *statements: str) -> frozenset[str]:
    """Make a table as a hurried migration might, and return its name."""
    database.execute(
        "CREATE TABLE planted (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, study_id uuid, uid text)"
    )
    for statement in statements:
        database.execute(statement)
    return frozenset({"planted"})


def test_a_table_that_nobody_classed_is_found(as_owner: Connection) -> None:
    assert plant(as_owner) <= tables.all_tables(as_owner) - PROTECTED - set(GLOBAL_TABLES)


def test_a_table_without_security_is_found(as_owner: Connection) -> None:
    planted = plant(as_owner)
    assert planted <= tables.without_forced_security(as_owner)
    assert planted <= tables.without_policy(as_owner, role=APP)


def test_security_that_is_enabled_but_not_forced_is_found(as_owner: Connection) -> None:
    planted = plant(as_owner, "ALTER TABLE planted ENABLE ROW LEVEL SECURITY")
    assert planted <= tables.without_forced_security(as_owner)


def test_a_policy_that_lets_everybody_read_is_found(as_owner: Connection) -> None:
    plant(as_owner, f"CREATE POLICY wide ON planted FOR SELECT TO {APP} USING (true)")
    assert ("planted", "wide") in tables.open_policies(as_owner, role=APP)


def test_a_unique_constraint_without_the_tenant_is_found(as_owner: Connection) -> None:
    planted = plant(as_owner, "ALTER TABLE planted ADD CONSTRAINT uid_once UNIQUE (uid)")
    assert tables.unique_without_tenant(as_owner, planted) == {"uid_once"}


def test_a_reference_without_the_tenant_is_found(as_owner: Connection) -> None:
    reference = (
        "ALTER TABLE planted ADD CONSTRAINT of_study FOREIGN KEY (study_id) REFERENCES studies_study (id)"
    )
    planted = plant(as_owner, reference)
    assert tables.references_without_tenant(as_owner, planted | {"studies_study"}) >= {"of_study"}


def test_an_id_without_any_reference_is_found(as_owner: Connection) -> None:
    assert tables.loose_ids(as_owner, plant(as_owner)) == {("planted", "study_id")}
