from typing import Any

from django.db import migrations, models

import allward.kernel.clock
import allward.kernel.ids
import allward.tenancy.scope

NAMED_BY_VERSION = """
ALTER TABLE registry_versionimport NO FORCE ROW LEVEL SECURITY;
UPDATE registry_versionimport SET plugin_id = known.plugin_id, version = known.version
FROM registry_pluginversion known WHERE known.id = registry_versionimport.plugin_version_id;
ALTER TABLE registry_versionimport FORCE ROW LEVEL SECURITY
"""
"""What was taken in bears its names; while this runs the owner of the tables sees every hospital's rows."""


def _of_tenant() -> list[tuple[str, Any]]:
    return [
        (
            "id",
            models.UUIDField(
                default=allward.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
            ),
        ),
        ("tenant_id", models.UUIDField(default=allward.tenancy.scope.acting_tenant_id, editable=False)),
    ]


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_listed")]
    operations = [
        migrations.AddField(
            model_name="installation", name="parameters", field=models.JSONField(default=dict)
        ),
        migrations.RemoveConstraint(model_name="pluginversion", name="plugin_version_once"),
        migrations.AddField(
            model_name="versionimport",
            name="plugin_id",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="versionimport",
            name="version",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(NAMED_BY_VERSION, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="RegulatoryPolicy",
            fields=[
                *_of_tenant(),
                ("authority", models.TextField(default="")),
                ("changed_at", models.DateTimeField(default=allward.kernel.clock.now)),
                ("changed_by", models.TextField(default="")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id",), name="regulatory_policy_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowedCatalogue",
            fields=[
                *_of_tenant(),
                ("source", models.TextField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("entries", models.JSONField(default=list)),
                ("expires", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("tried_at", models.DateTimeField(null=True)),
                ("fault", models.TextField(default="")),
                ("named_at", models.DateTimeField(default=allward.kernel.clock.now)),
                ("named_by", models.TextField(default="")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id",), name="followed_catalogue_once")
                ],
            },
        ),
    ]
