"""The catalogue (global) and what each hospital installed from it (tenant)."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.registry.states import InstallationState, KeyState
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
    signer_keyid = models.TextField(default="")
    """Key whose signature was found right when the package was read; empty: unsigned."""
    imported_at = models.DateTimeField(default=now)

    class Meta:
        """A version is published once."""

        constraints = (models.UniqueConstraint(fields=["plugin_id", "version"], name="plugin_version_once"),)


class VersionImport(TenantRecord):
    """A version that a hospital has taken in: what a hospital does not know, it cannot install."""

    plugin_version = models.ForeignKey(PluginVersion, on_delete=models.PROTECT)
    imported_at = models.DateTimeField(default=now)
    imported_by = models.TextField(default="")
    listed = models.BooleanField(default=False)
    """Whether it came from a catalogue that listed it: then the signature of a rotated key holds."""
    yanked_at = models.DateTimeField(null=True)
    """Since when no new run begins with it here, by its publisher's or the hospital's own word."""
    yanked_by = models.TextField(default="")
    yank_reason = models.TextField(default="")

    class Meta:
        """A version is taken in once."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "plugin_version"], name="version_imported_once"),
        )


class TrustedKey(TenantRecord):
    """A publisher's key that a hospital believes, or believed."""

    keyid = models.CharField(max_length=64)
    """As `securesystemslib` names the key."""
    public = models.CharField(max_length=64)
    """The 32 bytes of the Ed25519 public key, in hexadecimal."""
    publisher = models.TextField()
    prefixes = models.JSONField(default=list)
    """Beginnings of the plug-in ids that it may sign."""
    state = models.TextField(default=KeyState.ACTIVE)
    reason = models.TextField(default="")
    """Why it is no longer active."""
    own = models.BooleanField(default=False)
    """The hospital's own key."""
    added_at = models.DateTimeField(default=now)
    added_by = models.TextField(default="")

    class Meta:
        """A key stands once."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "keyid"], name="trusted_key_once"),)


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
