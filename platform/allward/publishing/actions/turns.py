"""What one vendor does at the same moment comes in turns, where a number of its packages decides."""

from uuid import UUID

from django.db import connection


def one_at_a_time(tenant_id: UUID) -> None:
    """Wait until no other transaction of this vendor is past here; it ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"submissions of {tenant_id}"]
        )
