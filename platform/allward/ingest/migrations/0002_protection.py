from django.db import migrations

from allward.tenancy.protection import all_of, dispatcher_reads, dispatcher_table, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("ingest", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        tenant_table("ingest_senderrule"),
        dispatcher_reads("ingest_senderrule"),
        reference("ingest_senderrule", "department_id", "tenancy_department"),
        dispatcher_table("ingest_quarantinedinstance", rights="SELECT, INSERT, UPDATE"),
    )
