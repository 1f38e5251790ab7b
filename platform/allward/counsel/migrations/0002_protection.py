from django.db import migrations

from allward.tenancy.protection import all_of, references, tenant_table


class Migration(migrations.Migration):
    dependencies = [("counsel", "0001_initial"), ("results", "0002_protection")]
    operations = all_of(
        tenant_table("counsel_readeranswers", append_only=True),
        tenant_table("counsel_guidelineuse", append_only=True),
        references("counsel_readeranswers", {"result_id": "results_result", "study_id": "studies_study"}),
    )
