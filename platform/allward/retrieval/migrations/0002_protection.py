from django.db import migrations

from allward.tenancy.protection import all_of, control_table, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        tenant_table("retrieval_sourcearchive"),
        tenant_table("retrieval_retrieval"),
        reference("retrieval_retrieval", "archive_id", "retrieval_sourcearchive"),
        control_table("retrieval_archiveturn", dispatcher_rights="SELECT, UPDATE"),
        reference("retrieval_archiveturn", "archive_id", "retrieval_sourcearchive", on_delete="CASCADE"),
        control_table("retrieval_expectedmove", dispatcher_rights="SELECT, DELETE"),
    )
