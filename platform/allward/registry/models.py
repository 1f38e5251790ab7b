"""The catalogue (global) and what each hospital installed from it (tenant)."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.registry.states import InstallationState, KeyState
from allward.tenancy.models import Department, TenantRecord


class PluginVersion(models.Model):
    """One version of one plug-in, known by the digest of its package.

    Two hospitals may know other content under the same id and version; one hospital never does.
    """

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


class VersionImport(TenantRecord):
    """A version that a hospital has taken in: what a hospital does not know, it cannot install."""

    plugin_version = models.ForeignKey(PluginVersion, on_delete=models.PROTECT)
    plugin_id = models.TextField()
    """Of the version; here too, so that the database keeps other content out of this hospital."""
    version = models.TextField()
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
            models.UniqueConstraint(
                fields=["tenant_id", "plugin_id", "version"], name="version_with_one_content"
            ),
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
    hand_said = models.JSONField(null=True)
    """What a person of the hospital decided: {publisher, prefixes, state, reason}; None: nobody has.

    The columns above are what holds of both words (`registry/words_on_keys.py`).
    """
    catalogue_said = models.JSONField(null=True)
    """What a catalogue said last, in the same form; None: none has spoken of it."""
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
    parameters = models.JSONField(default=dict)
    """Values that this place sets, by name; a rule's go before them, the vendor's defaults stand behind."""
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


class RegulatoryPolicy(TenantRecord):
    """Whose registrations count in a hospital."""

    authority = models.TextField(default="")
    """NMPA, CE or FDA; empty: nobody has said it, so every registration of a version has to hold."""
    changed_at = models.DateTimeField(default=now)
    changed_by = models.TextField(default="")

    class Meta:
        """A hospital has one."""

        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="regulatory_policy_once"),)


class FollowedCatalogue(TenantRecord):
    """The catalogue that a hospital follows, and what was last seen of it."""

    source = models.TextField()
    """A folder of this machine, or an address."""
    fingerprint = models.CharField(max_length=64)
    """sha256 of the root.json that the hospital's administrator gave."""
    entries = models.JSONField(default=list)
    """What it lists: [{plugin, version, digest, size_bytes, yanked}]."""
    expires = models.DateTimeField(null=True)
    """Its greatest age; None: it was not read yet."""
    read_at = models.DateTimeField(null=True)
    """When it was last read and found whole."""
    tried_at = models.DateTimeField(null=True)
    fault = models.TextField(default="")
    """Why it could not be read when it was tried last; empty: it could."""
    named_at = models.DateTimeField(default=now)
    named_by = models.TextField(default="")

    class Meta:
        """A hospital follows one."""

        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="followed_catalogue_once"),)
