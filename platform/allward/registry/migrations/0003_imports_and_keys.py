import django.db.models.deletion
from django.db import migrations, models

import allward.kernel.clock
import allward.kernel.ids
import allward.registry.states
import allward.tenancy.scope


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_protection"),
    ]

    operations = [
        migrations.AddField(
            model_name="pluginversion", name="signer_keyid", field=models.TextField(default="")
        ),
        migrations.CreateModel(
            name="VersionImport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allward.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=allward.tenancy.scope.acting_tenant_id, editable=False),
                ),
                ("imported_at", models.DateTimeField(default=allward.kernel.clock.now)),
                ("imported_by", models.TextField(default="")),
                ("yanked_at", models.DateTimeField(null=True)),
                ("yanked_by", models.TextField(default="")),
                ("yank_reason", models.TextField(default="")),
                (
                    "plugin_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="registry.pluginversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "plugin_version"), name="version_imported_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrustedKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allward.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=allward.tenancy.scope.acting_tenant_id, editable=False),
                ),
                ("keyid", models.CharField(max_length=64)),
                ("public", models.CharField(max_length=64)),
                ("publisher", models.TextField()),
                ("prefixes", models.JSONField(default=list)),
                ("state", models.TextField(default=allward.registry.states.KeyState["ACTIVE"])),
                ("reason", models.TextField(default="")),
                ("own", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField(default=allward.kernel.clock.now)),
                ("added_by", models.TextField(default="")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "keyid"), name="trusted_key_once")
                ],
            },
        ),
    ]
