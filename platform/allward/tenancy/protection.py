"""Migration operations that put a table under row-level security. Every tenant table goes through here.

A tenant table gets: row-level security, forced also on its owner; one policy for reading
(`tenant_id` among the readable) and one for writing (`tenant_id` is the acting one); a foreign key to
the tenant; a unique (tenant_id, id), so that other tables can refer to it together with the tenant.
"""

from collections.abc import Sequence

from django.db import migrations

APP_ROLE = "allward_app"
DISPATCHER_ROLE = "allward_dispatcher"

READABLE = (
    "tenant_id = ANY (string_to_array(nullif(current_setting('allward.readable', true), ''), ',')::uuid[])"
)
ACTING = "tenant_id = nullif(current_setting('allward.acting', true), '')::uuid"
OWN_USER = "user_id = nullif(current_setting('allward.user', true), '')::uuid"


def _run(forward: str, backward: str = "") -> migrations.RunSQL:
    return migrations.RunSQL(forward, backward or migrations.RunSQL.noop)


def _nothing_at_first(table: str) -> str:
    """Take away what default privileges may have given; rights are granted one by one after that."""
    return f"REVOKE ALL ON {table} FROM {APP_ROLE}, {DISPATCHER_ROLE}"


def dispatcher_table(table: str, *, rights: str) -> list[migrations.RunSQL]:
    """Give a table that belongs to no tenant yet to the dispatcher role alone."""
    return [_run(f"{_nothing_at_first(table)}; GRANT {rights} ON {table} TO {DISPATCHER_ROLE}")]


def tenant_table(
    table: str,
    *,
    also_readable: str | None = None,
    append_only: bool = False,
    refers_to_tenant: bool = True,
) -> list[migrations.RunSQL]:
    """Protect one table.

    Parameters
    ----------
    also_readable
        A further SQL condition under which rows may be read (a grant's other side, a user's own rows).
    append_only
        The application role may read and insert, never change or delete.
    """
    reads = f"({READABLE})" if also_readable is None else f"({READABLE} OR {also_readable})"
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    sql = [
        _nothing_at_first(table),
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY readable ON {table} FOR SELECT TO {APP_ROLE} USING {reads}",
        f"CREATE POLICY inserting ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({ACTING})",
        f"GRANT {rights} ON {table} TO {APP_ROLE}",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_in_tenant UNIQUE (tenant_id, id)",
    ]
    if not append_only:
        sql += [
            f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP_ROLE}"
            f" USING ({ACTING}) WITH CHECK ({ACTING})",
            f"CREATE POLICY deleting ON {table} FOR DELETE TO {APP_ROLE} USING ({ACTING})",
        ]
    if refers_to_tenant:
        sql.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_of_tenant"
            " FOREIGN KEY (tenant_id) REFERENCES tenancy_tenant (id)"
        )
    return [_run(";\n".join(sql))]


def control_table(table: str, *, dispatcher_rights: str = "SELECT, UPDATE") -> list[migrations.RunSQL]:
    """Protect a table of ids, tenant and state that the dispatcher role sees across tenants.

    The application role lives under the same policies as with a tenant table.
    """
    sql = [
        _nothing_at_first(table),
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY readable ON {table} FOR SELECT TO {APP_ROLE} USING ({READABLE})",
        f"CREATE POLICY inserting ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({ACTING})",
        f"CREATE POLICY changing ON {table} FOR UPDATE TO {APP_ROLE} USING ({ACTING}) WITH CHECK ({ACTING})",
        f"CREATE POLICY deleting ON {table} FOR DELETE TO {APP_ROLE} USING ({ACTING})",
        f"CREATE POLICY dispatching ON {table} FOR ALL TO {DISPATCHER_ROLE} USING (true) WITH CHECK (true)",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}",
        f"GRANT {dispatcher_rights} ON {table} TO {DISPATCHER_ROLE}",
    ]
    return [_run(";\n".join(sql))]


def dispatcher_reads(table: str) -> list[migrations.RunSQL]:
    """Let the dispatcher role read a tenant table (sender rules, whose tenant is what is looked for)."""
    return [
        _run(
            f"CREATE POLICY dispatching ON {table} FOR SELECT TO {DISPATCHER_ROLE} USING (true);"
            f" GRANT SELECT ON {table} TO {DISPATCHER_ROLE}"
        )
    ]


def global_table(table: str, *, rights: str = "SELECT", dispatcher: bool = False) -> list[migrations.RunSQL]:
    """Give the application role (and the dispatcher) rights on a table that belongs to no tenant."""
    sql = f"{_nothing_at_first(table)}; GRANT {rights} ON {table} TO {APP_ROLE}"
    if dispatcher:
        sql += f"; GRANT SELECT ON {table} TO {DISPATCHER_ROLE}"
    return [_run(sql)]


def reference(
    table: str, column: str, target: str, *, on_delete: str = "NO ACTION"
) -> list[migrations.RunSQL]:
    """Add a foreign key that includes the tenant, so that no row can point into another hospital.

    Foreign keys are checked without row-level security; only the tenant inside the key keeps them apart.
    """
    return [
        _run(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_in_tenant"
            f" FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)"
            f" ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED"
        )
    ]


def references(table: str, targets: dict[str, str]) -> list[migrations.RunSQL]:
    """Add several references: column to table."""
    return [op for column, target in targets.items() for op in reference(table, column, target)]


def all_of(*groups: Sequence[migrations.RunSQL]) -> list[migrations.RunSQL]:
    """Join the operations of several tables."""
    return [operation for group in groups for operation in group]
