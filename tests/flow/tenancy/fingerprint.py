"""What a hospital holds, as one digest for each table: two that are equal say that nothing was touched."""

from django.apps import apps
from django.db import connection
from tests.platform_database import Hospital, inside


def fingerprint(hospital: Hospital) -> dict[str, str]:
    """Return a digest over the hospital's rows, for every table that belongs to tenants."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if any(field.name == "tenant_id" for field in model._meta.fields)
    ]
    found = {}
    with inside(hospital), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t"
                " WHERE tenant_id = %s",
                [hospital.tenant_id],
            )
            found[table] = cursor.fetchone()[0]
    return found
