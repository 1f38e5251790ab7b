from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("results", "0001_initial"), ("runs", "0002_protection")]
    operations = all_of(
        tenant_table("results_result"),
        tenant_table("results_findingrecord"),
        tenant_table("results_review", append_only=True),
        tenant_table("results_resultobject"),
        references(
            "results_result",
            {"run_id": "runs_apprun", "study_id": "studies_study", "series_id": "studies_series"},
        ),
        references("results_findingrecord", {"result_id": "results_result"}),
        references("results_review", {"finding_id": "results_findingrecord"}),
        references(
            "results_resultobject", {"result_id": "results_result", "instance_id": "studies_instance"}
        ),
    )
