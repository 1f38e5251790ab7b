from django.db import migrations

from allward.tenancy.protection import all_of, global_table, tenant_table


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]
    operations = all_of(
        global_table("tenancy_tenant", dispatcher=True),
        tenant_table("tenancy_department"),
        tenant_table(
            "tenancy_sharinggrant",
            also_readable="reader_tenant_id = nullif(current_setting('allward.acting', true), '')::uuid",
        ),
    )
