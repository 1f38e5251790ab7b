from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("acceptance", "0001_initial"),
        ("registry", "0002_protection"),
        ("runs", "0002_protection"),
        ("studies", "0002_protection"),
        ("tenancy", "0002_protection"),
    ]
    operations = all_of(
        tenant_table("acceptance_acceptanceset"),
        tenant_table("acceptance_acceptancecase"),
        tenant_table("acceptance_acceptancereport", append_only=True),
        tenant_table("acceptance_acceptedinstallation", append_only=True),
        tenant_table("acceptance_acceptancerule"),
        references(
            "acceptance_acceptancecase",
            {
                "acceptance_set_id": "acceptance_acceptanceset",
                "study_id": "studies_study",
                "series_id": "studies_series",
                "job_id": "runs_job",
            },
        ),
        references("acceptance_acceptancereport", {"acceptance_set_id": "acceptance_acceptanceset"}),
        references(
            "acceptance_acceptedinstallation",
            {"installation_id": "registry_installation", "report_id": "acceptance_acceptancereport"},
        ),
        references("acceptance_acceptancerule", {"department_id": "tenancy_department"}),
    )
