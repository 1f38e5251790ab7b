from django.db import migrations

from allward.tenancy.protection import OWN_USER, all_of, global_table, reference, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
        ("tenancy", "0002_protection"),
        ("sessions", "0001_initial"),
    ]
    operations = all_of(
        global_table("identity_user", rights="SELECT, INSERT, UPDATE"),
        global_table("identity_apitoken", rights="SELECT, INSERT, UPDATE"),
        global_table("django_session", rights="SELECT, INSERT, UPDATE, DELETE"),
        global_table("django_content_type"),
        global_table("django_migrations", dispatcher=True),
        tenant_table("identity_membership", also_readable=OWN_USER),
        reference("identity_membership", "department_id", "tenancy_department"),
    )
