"""The outbox's two tables: what happened, and which step has heard of it."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id


class OutboxEvent(models.Model):
    """One committed fact."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    kind = models.TextField()
    payload = models.JSONField()
    created_at = models.DateTimeField(default=now)
    expanded = models.BooleanField(default=False)
    """Whether its deliveries have been written."""

    class Meta:
        """Rows are taken by state, never by "highest id seen"."""

        indexes = (
            models.Index(fields=["created_at"], name="outbox_unexpanded", condition=models.Q(expanded=False)),
        )


class OutboxDelivery(models.Model):
    """One step that has to hear of one event; done in the same transaction as the step's effect."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    event_id = models.UUIDField()
    step = models.TextField()
    state = models.TextField(default="pending")
    """pending, done, failed."""
    attempts = models.IntegerField(default=0)
    """How often it was sent to a worker."""
    not_before = models.DateTimeField(default=now)
    """When it is sent (again), unless it is done by then."""
    last_error = models.TextField(default="")

    class Meta:
        """One row for each event and step."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "event_id", "step"], name="outbox_once"),)
        indexes = (
            models.Index(fields=["not_before"], name="outbox_pending", condition=models.Q(state="pending")),
        )
