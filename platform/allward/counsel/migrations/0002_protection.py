from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("counsel", "0001_initial"), ("results", "0002_protection")]
    operations = all_of(
        tenant_table("counsel_readeranswers"),
        tenant_table("counsel_guidelineuse"),
        references("counsel_readeranswers", {"result_id": "results_result", "study_id": "studies_study"}),
    )
