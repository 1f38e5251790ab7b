from django.db import migrations, models

UNSIGNED_SO_FAR = """
UPDATE registry_pluginversion SET signer_keyid = 'before signatures' WHERE signer_keyid = ''
"""
"""What is installed runs on: see `BEFORE_SIGNATURES` in permits.py."""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_protection_of_imports_and_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="versionimport",
            name="listed",
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(UNSIGNED_SO_FAR, migrations.RunSQL.noop),
    ]
