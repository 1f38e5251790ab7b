from django.db import migrations

from allward.tenancy.protection import control_table


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_usage_sharing")]
    operations = control_table("publishing_usagesharing", dispatcher_rights="SELECT")
