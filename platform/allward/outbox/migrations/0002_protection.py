from django.db import migrations

from allward.tenancy.protection import all_of, control_table


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial"), ("tenancy", "0001_initial")]
    operations = all_of(
        control_table("outbox_outboxevent", dispatcher_rights="SELECT, UPDATE, DELETE"),
        control_table("outbox_outboxdelivery", dispatcher_rights="SELECT, INSERT, UPDATE, DELETE"),
    )
