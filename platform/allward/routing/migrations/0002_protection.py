from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0001_initial"),
        ("registry", "0002_protection"),
        ("studies", "0002_protection"),
    ]
    operations = all_of(
        tenant_table("routing_routingrule"),
        references("routing_routingrule", {"installation_id": "registry_installation"}),
    )
