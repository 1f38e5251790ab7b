from django.db import migrations

from allward.tenancy.protection import all_of, control_table, references, tenant_table

OF_STUDY = {"study_id": "studies_study", "series_id": "studies_series"}


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial"), ("studies", "0002_protection")]
    operations = all_of(
        tenant_table("runs_apprun"),
        tenant_table("runs_job"),
        tenant_table("runs_runjob"),
        tenant_table("runs_attempt"),
        tenant_table("runs_decisiontrace"),
        control_table("runs_claim", dispatcher_rights="SELECT, UPDATE"),
        references("runs_apprun", OF_STUDY),
        references("runs_job", OF_STUDY),
        references("runs_runjob", {"run_id": "runs_apprun", "job_id": "runs_job"}),
        references("runs_decisiontrace", OF_STUDY),
        references("runs_attempt", {"job_id": "runs_job"}),
    )
