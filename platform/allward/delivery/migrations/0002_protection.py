from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("results", "0002_protection")]
    operations = all_of(
        tenant_table("delivery_destination"),
        tenant_table("delivery_delivery"),
        references(
            "delivery_delivery",
            {"destination_id": "delivery_destination", "result_object_id": "results_resultobject"},
        ),
    )
