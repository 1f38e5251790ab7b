"""The catalogue (global) and what each hospital installed from it (tenant)."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.registry.states import InstallationState
from allward.tenancy.models import Department, TenantRecord


class PluginVersion(models.Model):
    """One version of one plug-in, known by the digest of its package."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plugin_id = models.TextField()
    version = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    """sha256 of the .allward file."""
    manifest = models.JSONField()
    storage_key = models.TextField()
    imported_at = models.DateTimeField(default=now)

    class Meta:
        """A version is published once."""

        constraints = (models.UniqueConstraint(fields=["plugin_id", "version"], name="plugin_version_once"),)


class Installation(TenantRecord):
    """A version in a department of a hospital, or in the whole of it."""

    plugin_version = models.ForeignKey(PluginVersion, on_delete=models.PROTECT)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, db_constraint=False)
    state = models.TextField(default=InstallationState.IMPORTED)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.TextField(default="")

    class Meta:
        """A version is installed once in a department."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "plugin_version", "department"],
                name="installation_once",
                nulls_distinct=False,
            ),
        )
