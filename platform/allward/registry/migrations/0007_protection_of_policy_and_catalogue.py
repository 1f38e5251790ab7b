from django.db import migrations, models

from allward.tenancy.protection import all_of, tenant_table


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_parameters_authority_catalogue"), ("tenancy", "0002_protection")]
    operations = [
        migrations.AddConstraint(
            model_name="versionimport",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "plugin_id", "version"), name="version_with_one_content"
            ),
        ),
        *all_of(tenant_table("registry_regulatorypolicy"), tenant_table("registry_followedcatalogue")),
    ]
