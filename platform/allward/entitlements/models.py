"""Tokens of a hospital, the studies that were counted, and the latest moment that was ever seen."""

from django.db import models

from allward.kernel.clock import now
from allward.tenancy.models import TenantRecord


class InstalledEntitlement(TenantRecord):
    """A token that a hospital has taken in; what it says stands in the token alone."""

    serial = models.UUIDField()
    """The token's own id."""
    plugin = models.TextField()
    """What it covers, for finding it."""
    token = models.TextField()
    """As its publisher signed it; read and verified again at each use."""
    installed_at = models.DateTimeField(default=now)
    installed_by = models.TextField(default="")
    removed_at = models.DateTimeField(null=True)
    """Since when it is no longer used; the row stays, with what was counted under it."""
    removed_by = models.TextField(default="")

    class Meta:
        """A token is taken in once: taking it out and in again gives no second quota."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "serial"], name="entitlement_once"),)


class UsageRecord(TenantRecord):
    """A study that an app analysed with a plug-in version in a month; written once, never changed."""

    app = models.TextField()
    plugin_id = models.TextField()
    plugin_version = models.TextField()
    study_id = models.UUIDField()
    month = models.DateField()
    """Its first day; months are counted in UTC."""
    counted_at = models.DateTimeField(default=now)
    entitlement = models.ForeignKey(
        InstalledEntitlement, on_delete=models.PROTECT, null=True, db_constraint=False
    )
    """Whose quota it counts for; None: none was needed, or the study was counted before."""

    class Meta:
        """A study is counted once, however often it runs."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "month", "app", "plugin_id", "plugin_version", "study_id"],
                name="study_counted_once",
            ),
        )
        indexes = (
            models.Index(fields=["tenant_id", "plugin_id", "study_id"], name="usage_of_study"),
            models.Index(fields=["tenant_id", "entitlement"], name="usage_of_entitlement"),
        )


class SeenTime(TenantRecord):
    """What was seen of time, see `clock.py`; the lock on it lets one study in after the other."""

    greatest = models.DateTimeField()
    latest = models.DateTimeField()

    class Meta:
        """One for each hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="seen_time_once"),)
