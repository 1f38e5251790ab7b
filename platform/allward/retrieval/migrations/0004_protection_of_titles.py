"""Titles become their hospital's own: those under which one hospital alone has called so far.

Where several hospitals call under one title, nobody here can tell whose it is. Their archives are switched off
and have no title until somebody enters one anew.
"""

from django.db import migrations

from allward.tenancy.protection import all_of, tenant_table

TAKE_OVER = """
ALTER TABLE retrieval_sourcearchive NO FORCE ROW LEVEL SECURITY;
UPDATE retrieval_sourcearchive SET calling_ae_title = '', move_destination = '' WHERE method = 'wado_rs';
INSERT INTO retrieval_owntitle (id, tenant_id, ae_title)
    SELECT gen_random_uuid(), min(tenant_id::text)::uuid, min(calling_ae_title)
    FROM retrieval_sourcearchive WHERE calling_ae_title <> ''
    GROUP BY upper(calling_ae_title) HAVING count(DISTINCT tenant_id) = 1;
UPDATE retrieval_sourcearchive SET enabled = false, calling_ae_title = ''
    WHERE calling_ae_title <> ''
    AND upper(calling_ae_title) NOT IN (SELECT upper(ae_title) FROM retrieval_owntitle);
ALTER TABLE retrieval_sourcearchive FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0003_own_titles"), ("tenancy", "0002_protection")]
    operations = [
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        *all_of(tenant_table("retrieval_owntitle")),
    ]
