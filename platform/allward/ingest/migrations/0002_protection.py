from django.db import migrations

from allward.tenancy.protection import DISPATCHER_ROLE, all_of, dispatcher_reads, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        tenant_table("ingest_senderrule"),
        dispatcher_reads("ingest_senderrule"),
        reference("ingest_senderrule", "department_id", "tenancy_department"),
        [
            migrations.RunSQL(
                f"GRANT SELECT, INSERT, UPDATE ON ingest_quarantinedinstance TO {DISPATCHER_ROLE}",
                migrations.RunSQL.noop,
            )
        ],
    )
