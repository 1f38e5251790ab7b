from django.db import migrations

from allward.tenancy.protection import all_of, global_table, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        global_table("registry_pluginversion", rights="SELECT, INSERT"),
        tenant_table("registry_installation"),
        reference("registry_installation", "department_id", "tenancy_department"),
    )
