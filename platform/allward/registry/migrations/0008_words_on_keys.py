from django.db import migrations, models

BY_HAND_SO_FAR = """
ALTER TABLE registry_trustedkey NO FORCE ROW LEVEL SECURITY;
UPDATE registry_trustedkey SET hand_said = jsonb_build_object(
    'publisher', publisher, 'prefixes', prefixes, 'state', state, 'reason', reason
);
ALTER TABLE registry_trustedkey FORCE ROW LEVEL SECURITY
"""
"""Nobody noted who said what, so all of it counts as a person's word: no catalogue widens it from now on.

While this runs the owner of the tables sees every hospital's rows.
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_protection_of_policy_and_catalogue")]
    operations = [
        migrations.AddField("trustedkey", "hand_said", models.JSONField(null=True)),
        migrations.AddField("trustedkey", "catalogue_said", models.JSONField(null=True)),
        migrations.RunSQL(BY_HAND_SO_FAR, migrations.RunSQL.noop),
    ]
