"""Who said so stands in the audit trail: a table that the dispatcher reads across hospitals names nobody."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("publishing", "0004_protection_of_usage_sharing")]
    operations = [migrations.RemoveField(model_name="usagesharing", name="said_by")]
