"""The audit trail's table."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id


class AuditEvent(models.Model):
    """One act on one tenant's data; the application role may insert and read it, nothing else."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)
    user_id = models.UUIDField(null=True)
    user_tenant_id = models.UUIDField(null=True)
    actor = models.TextField()
    """User name, AE title or process, as it was at the time."""
    action = models.TextField()
    """sign-in, sign-out, search, view, download, receive, run, review, deliver, change, export."""
    what = models.TextField()
    """Kind of the thing acted upon: study, result, finding, membership, …"""
    what_id = models.TextField()
    detail = models.JSONField(default=dict)

    class Meta:
        """Rows of one tenant are read in order of time, all of them or those of one thing."""

        indexes = (
            models.Index(fields=["tenant_id", "at"], name="audit_by_time"),
            models.Index(fields=["tenant_id", "what", "what_id", "at"], name="audit_by_thing"),
        )
