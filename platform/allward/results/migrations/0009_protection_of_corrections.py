from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("results", "0008_corrections")]
    operations = all_of(
        tenant_table("results_findingedit", append_only=True),
        tenant_table("results_findingsight", append_only=True),
        tenant_table("results_reading"),
        references("results_findingedit", {"result_id": "results_result"}),
        references("results_findingsight", {"finding_id": "results_findingrecord"}),
        references("results_reading", {"study_id": "studies_study"}),
    )
