from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("shadow", "0001_initial"), ("runs", "0002_protection"), ("registry", "0002_protection")]
    operations = all_of(
        tenant_table("shadow_shadow"),
        tenant_table("shadow_shadowpair"),
        references("shadow_shadow", {"installation_id": "registry_installation"}),
        references(
            "shadow_shadowpair",
            {
                "shadow_id": "shadow_shadow",
                "study_id": "studies_study",
                "series_id": "studies_series",
                "job_id": "runs_job",
                "enabled_job_id": "runs_job",
                "enabled_run_id": "runs_apprun",
            },
        ),
    )
