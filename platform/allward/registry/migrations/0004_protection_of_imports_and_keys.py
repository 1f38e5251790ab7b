from django.db import migrations

from allward.tenancy.protection import all_of, tenant_table

KNOWN_BY_INSTALLATION = """
ALTER TABLE registry_installation NO FORCE ROW LEVEL SECURITY;
INSERT INTO registry_versionimport
    (id, tenant_id, plugin_version_id, imported_at, imported_by, yanked_by, yank_reason)
SELECT gen_random_uuid(), tenant_id, plugin_version_id, min(changed_at), min(changed_by), '', ''
FROM registry_installation GROUP BY tenant_id, plugin_version_id;
ALTER TABLE registry_installation FORCE ROW LEVEL SECURITY
"""
"""What is installed was taken in; while this runs the owner of the tables sees every hospital's rows."""


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_imports_and_keys"), ("tenancy", "0002_protection")]
    operations = [
        migrations.RunSQL(KNOWN_BY_INSTALLATION, migrations.RunSQL.noop),
        *all_of(tenant_table("registry_versionimport"), tenant_table("registry_trustedkey")),
    ]
