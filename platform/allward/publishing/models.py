"""A vendor's keys and submissions (tenant), the queue of reviews (control), whose a key is (global)."""

from django.db import models
from django.db.models import Q

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.publishing.states import IN_THE_WAY, KeyState, SubmissionState
from allward.tenancy.models import TenantRecord


class VendorKey(TenantRecord):
    """The public half of a key with which a vendor signs packages."""

    keyid = models.CharField(max_length=64)
    """As `securesystemslib` names the key."""
    public = models.CharField(max_length=64)
    """The 32 bytes of the Ed25519 public key, in hexadecimal."""
    prefixes = models.JSONField(default=list)
    """Beginnings of the plug-in ids that it may sign."""
    state = models.TextField(default=KeyState.ACTIVE)
    reason = models.TextField(default="")
    """Why it is no longer active."""
    added_at = models.DateTimeField(default=now)
    added_by = models.TextField(default="")

    class Meta:
        """A key is registered once."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "keyid"], name="vendor_key_once"),)


class Submission(TenantRecord):
    """A signed package on its way into the catalogue."""

    plugin_id = models.TextField()
    version = models.TextField()
    digest = models.CharField(max_length=64)
    """sha256 of the .allward file."""
    size_bytes = models.BigIntegerField()
    keyid = models.CharField(max_length=64)
    """Of the vendor's key that signed it."""
    manifest = models.JSONField()
    storage_key = models.TextField()
    state = models.TextField(default=SubmissionState.SUBMITTED)
    submitted_at = models.DateTimeField(default=now)
    submitted_by = models.TextField(default="")
    checks = models.IntegerField(default=0)
    """How often a check has begun; the lines of the last one count."""
    check_until = models.DateTimeField(null=True)
    """When the process that checks counts as lost, unless it is heard of before."""
    refusal = models.JSONField(null=True)
    """Why the check came to no end, {en, zh}; null: it did."""
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(default="")
    words = models.TextField(default="")
    """What the operator says to the vendor."""
    fault = models.TextField(default="")
    """Why the catalogue did not take it after it was accepted."""
    published_at = models.DateTimeField(null=True)
    """Since when the catalogue lists it."""
    yanked_at = models.DateTimeField(null=True)
    yanked_by = models.TextField(default="")
    yank_reason = models.TextField(default="")
    withdrawn_at = models.DateTimeField(null=True)
    """Since when the catalogue says that it was withdrawn."""

    class Meta:
        """A version is handed in once, unless it was refused or declined."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "plugin_id", "version"],
                condition=Q(state__in=[*map(str, IN_THE_WAY)]),
                name="submission_once",
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "-submitted_at"], name="submissions_of_vendor"),)


class CheckLine(TenantRecord):
    """What one rule said in one check; written once, never changed."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, db_constraint=False)
    check_number = models.IntegerField()
    number = models.IntegerField()
    """From 1, in the order in which the rules were applied."""
    said = models.JSONField()
    """As `RuleResult.to_json` gives it."""

    class Meta:
        """A line is written once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "submission", "check_number", "number"], name="check_line_once"
            ),
        )


class ReviewCase(TenantRecord):
    """A submission that an operator has to look at, or has looked at: ids, tenant and time alone."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, db_constraint=False)
    since = models.DateTimeField(default=now)
    is_open = models.BooleanField(default=True)

    class Meta:
        """One for each submission; the open ones are taken from the oldest on."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "submission"], name="review_case_once"),)
        indexes = (models.Index(fields=["since"], name="open_reviews", condition=Q(is_open=True)),)


class ListedKey(models.Model):
    """Whose a key is that the public catalogue lists, or is about to list."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    keyid = models.CharField(max_length=64, unique=True)
    tenant_id = models.UUIDField()
    listed_at = models.DateTimeField(default=now)


class UsageSharing(TenantRecord):
    """From when to when a hospital lets vendors count its studies in their sums: tenant and months alone."""

    since = models.DateField()
    """First day of the first month that counts."""
    until = models.DateField(null=True)
    """First day of the first month that no longer counts; null: it goes on."""

    class Meta:
        """A hospital says yes once, until it says no."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id"], condition=Q(until=None), name="usage_sharing_once"),
        )
