from django.db import migrations

from allward.tenancy.protection import tenant_table


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("tenancy", "0001_initial")]
    operations = tenant_table("audit_auditevent", append_only=True)
