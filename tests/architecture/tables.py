"""Which table belongs to whom, and what PostgreSQL's catalogue says of their protection."""

from typing import Any

import psycopg

TENANT_TABLES = frozenset(
    {
        "acceptance_acceptancecase",
        "acceptance_acceptancereport",
        "acceptance_acceptancerule",
        "acceptance_acceptanceset",
        "acceptance_acceptedinstallation",
        "audit_auditevent",
        "counsel_guidelineuse",
        "counsel_readeranswers",
        "delivery_delivery",
        "delivery_destination",
        "entitlements_installedentitlement",
        "entitlements_seentime",
        "entitlements_usagerecord",
        "identity_membership",
        "ingest_senderrule",
        "registry_followedcatalogue",
        "publishing_checkline",
        "publishing_submission",
        "publishing_vendorkey",
        "registry_installation",
        "registry_regulatorypolicy",
        "registry_trustedkey",
        "registry_versionimport",
        "results_findingedit",
        "reporting_criticalnotice",
        "reporting_messageout",
        "reporting_report",
        "reporting_reportdocument",
        "reporting_reportingpolicy",
        "reporting_reporttemplate",
        "reporting_reportversion",
        "reporting_reportword",
        "reporting_risconnection",
        "results_findingrecord",
        "results_findingsight",
        "results_reading",
        "retrieval_owntitle",
        "retrieval_retrieval",
        "retrieval_sourcearchive",
        "results_result",
        "results_resultobject",
        "results_review",
        "routing_routingrule",
        "runs_apprun",
        "runs_attempt",
        "runs_decisiontrace",
        "runs_job",
        "runs_runjob",
        "shadow_shadow",
        "shadow_shadowpair",
        "studies_instance",
        "studies_instanceconflict",
        "studies_patient",
        "studies_patientlink",
        "studies_patientnamekey",
        "studies_series",
        "studies_study",
        "tenancy_department",
        "tenancy_sharinggrant",
    }
)
"""Rows of one hospital, under row-level security."""

CONTROL_TABLES = frozenset(
    {
        "outbox_outboxdelivery",
        "outbox_outboxevent",
        "publishing_reviewcase",
        "publishing_usagesharing",
        "retrieval_archiveturn",
        "retrieval_expectedmove",
        "runs_claim",
        "studies_pendingcompletion",
    }
)
"""Ids, tenant and state alone, which the dispatcher role sees across hospitals."""

GLOBAL_TABLES = {
    "django_content_type": "names of our own records, the same everywhere",
    "django_migrations": "which migrations ran; read at start",
    "django_session": "a signed-in browser; its contents are checked against memberships at each request",
    "identity_apitoken": "looked up by its digest before the hospital is known",
    "identity_user": "a person may work in several hospitals; what they may do stands in memberships",
    "ingest_quarantinedinstance": "images whose hospital could not be told; only the dispatcher sees them",
    "publishing_listedkey": "whose a key is that the public catalogue lists: a namespace has one owner",
    "registry_pluginversion": "the catalogue of published plug-ins, the same everywhere",
    "tenancy_tenant": "the list of hospitals: names, no data of theirs",
}
"""Rows that belong to no hospital: table -> why that is right."""

DISPATCHER_READS = {
    "ingest_senderrule": "whose an image is, is what is looked for: rules are read before there is a tenant",
}
"""Tenant tables that the dispatcher role may read: table -> why."""

DEFINER_FUNCTIONS: dict[str, str] = {}
"""Functions that run with their owner's rights: name -> why, and which tenant predicate they carry."""

LOOSE_IDS = {
    ("counsel_readeranswers", "author_id"): "a reader of another hospital may be the author; kept for ever",
    ("counsel_readeranswers", "author_tenant_id"): "the author's hospital, maybe another one",
    ("audit_auditevent", "user_id"): "kept when the user is gone",
    ("audit_auditevent", "user_tenant_id"): "the home of whoever acted, maybe another hospital",
    ("entitlements_usagerecord", "study_id"): "what was used stays counted when the study is gone",
    ("outbox_outboxdelivery", "event_id"): "events are forgotten together with their deliveries",
    ("results_findingedit", "author_id"): "a reader of another hospital may be the author; kept for ever",
    ("results_findingedit", "author_tenant_id"): "the author's hospital, maybe another one",
    ("results_findingsight", "viewer_id"): "a reader of another hospital may look",
    ("results_findingsight", "viewer_tenant_id"): "the viewer's hospital, maybe another one",
    ("results_reading", "reader_id"): "a reader of another hospital may read",
    ("results_reading", "reader_tenant_id"): "the reader's hospital, maybe another one",
    ("reporting_criticalnotice", "finding_id"): "a correction may take the finding away; the notice stays",
    ("reporting_reportword", "author_id"): "a reader of another hospital may be the author; kept for ever",
    ("reporting_reportword", "author_tenant_id"): "the author's hospital, maybe another one",
    ("results_review", "author_id"): "a reader of another hospital may be the author; kept for ever",
    ("results_review", "author_tenant_id"): "the author's hospital, maybe another one",
    ("retrieval_expectedmove", "archive_id"): "whose cap it is; the row is forgotten within a day or two",
    ("runs_claim", "job_id"): "written and deleted with the job in one transaction",
    ("runs_claim", "plugin_version_id"): "a hint of what is loaded where; a version is never deleted",
    (
        "studies_pendingcompletion",
        "study_id",
    ): "written and deleted with the study's change in one transaction",
    ("tenancy_sharinggrant", "reader_tenant_id"): "the other hospital",
    ("runs_apprun", "department_id"): "the department as it was when the run began",
}
"""Columns that hold an id without a foreign key of (tenant, id): (table, column) -> why."""

PROTECTED = TENANT_TABLES | CONTROL_TABLES

Connection = psycopg.Connection[tuple[Any, ...]]


def all_tables(database: Connection) -> set[str]:
    """Return the names of every table in the schema."""
    return _names(database, f"SELECT c.relname FROM {_TABLES}")


def without_forced_security(database: Connection) -> set[str]:
    """Return tables whose row-level security is not both enabled and forced."""
    return _names(
        database, f"SELECT c.relname FROM {_TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
    )


def without_policy(database: Connection, *, role: str) -> set[str]:
    """Return tables that lack a policy of `role` for reading or for inserting."""
    sql = f"""
        SELECT c.relname FROM {_TABLES} AND EXISTS (
            SELECT FROM (VALUES ('SELECT'), ('INSERT')) AS wanted (command)
            WHERE NOT EXISTS (
                SELECT FROM pg_policies p
                WHERE p.tablename = c.relname AND p.cmd IN (wanted.command, 'ALL') AND %s = ANY (p.roles)
            )
        )"""
    return _names(database, sql, role)


def open_policies(database: Connection, *, role: str) -> set[tuple[str, str]]:
    """Return (table, policy) of policies of `role` that do not ask for the tenant."""
    sql = """
        SELECT tablename, policyname FROM pg_policies
        WHERE (roles && ARRAY[%s, 'public']::name[])
        AND coalesce(qual, with_check) NOT LIKE '%%tenant_id%%'"""
    return {(table, policy) for table, policy in database.execute(sql, [role])}


UNIQUE_ACROSS_TENANTS = frozenset({"title_of_one_hospital"})
"""Meant to be: an AE title is one hospital's. Only the operator writes words of his own there, so who is
refused is told nothing of another hospital."""


def unique_without_tenant(database: Connection, tables: frozenset[str]) -> set[str]:
    """Return unique indexes of these tables that leave the tenant out, but for generated primary keys.

    A unique constraint is checked over all rows, also those that the role cannot see.
    """
    sql = f"""
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relname = ANY (%s) AND i.indisunique
        AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE {_TENANT_OF_TABLE} AND a.attnum = ANY (i.indkey::int2[])
        )
        AND NOT (i.indisprimary AND i.indnkeyatts = 1 AND EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.atttypid = 'uuid'::regtype
        ))"""
    return _names(database, sql, list(tables))


def references_without_tenant(database: Connection, tables: frozenset[str]) -> set[str]:
    """Return foreign keys from one of these tables to another one that leave the tenant out."""
    sql = f"""
        SELECT k.conname FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class target ON target.oid = k.confrelid
        WHERE k.contype = 'f' AND c.relname = ANY (%s) AND target.relname = ANY (%s)
        AND NOT EXISTS (SELECT FROM pg_attribute a WHERE {_TENANT_OF_TABLE} AND a.attnum = ANY (k.conkey))"""
    return _names(database, sql, list(tables), list(tables))


def loose_ids(database: Connection, tables: frozenset[str]) -> set[tuple[str, str]]:
    """Return (table, column) of ids in these tables that no foreign key holds."""
    sql = """
        SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relname = ANY (%s) AND a.attname LIKE '%%\\_id' AND a.attname <> 'tenant_id'
        AND NOT a.attisdropped AND a.atttypid = 'uuid'::regtype
        AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.contype = 'f' AND k.conrelid = c.oid AND a.attnum = ANY (k.conkey)
        )"""
    return {(table, column) for table, column in database.execute(sql, [list(tables)])}


def used_by(database: Connection, role: str) -> set[str]:
    """Return the tables on which a role has any right."""
    rights = "has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"
    return _names(database, f"SELECT c.relname FROM {_TABLES} AND {rights}", role)


def definer_functions(database: Connection) -> set[str]:
    """Return the functions that run with their owner's rights instead of the caller's."""
    return _names(
        database,
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
    )


_TABLES = "pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
_TENANT_OF_TABLE = "a.attrelid = c.oid AND a.attname = 'tenant_id'"


def _names(database: Connection, sql: str, *parameters: object) -> set[str]:
    return {name for (name,) in database.execute(sql.encode(), parameters or None)}
