from django.db import migrations

from allward.tenancy.protection import all_of, control_table, global_table, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [("publishing", "0001_initial"), ("tenancy", "0002_protection")]
    operations = all_of(
        tenant_table("publishing_vendorkey"),
        tenant_table("publishing_submission"),
        tenant_table("publishing_checkline", append_only=True),
        control_table("publishing_reviewcase", dispatcher_rights="SELECT"),
        global_table("publishing_listedkey", rights="SELECT, INSERT"),
        reference("publishing_checkline", "submission_id", "publishing_submission"),
        reference("publishing_reviewcase", "submission_id", "publishing_submission"),
    )
