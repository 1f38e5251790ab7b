"""Where results go, and how far they got."""

from django.db import models

from allward.delivery.states import DeliveryState
from allward.kernel.clock import now
from allward.results.models import ResultObject
from allward.tenancy.models import TenantRecord


class Destination(TenantRecord):
    """A DICOM node that receives results by C-STORE."""

    name = models.TextField()
    host = models.TextField()
    port = models.IntegerField()
    called_ae_title = models.CharField(max_length=16)
    calling_ae_title = models.CharField(max_length=16, default="ALLWARD")
    sends_unreviewed = models.BooleanField(default=False)
    """Opt-in: results go out before anybody has looked, marked UNVERIFIED."""
    for_research = models.BooleanField(default=False)
    """Takes results of versions that are marked research."""
    enabled = models.BooleanField(default=True)

    class Meta:
        """Names are unique in a hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "name"], name="destination_name"),)


class Delivery(TenantRecord):
    """One object on its way to one destination."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, db_constraint=False)
    result_object = models.ForeignKey(ResultObject, on_delete=models.CASCADE, db_constraint=False)
    state = models.TextField(default=DeliveryState.SCHEDULED)
    attempts = models.IntegerField(default=0)
    """Sendings begun since it was last scheduled."""
    last_error = models.TextField(default="")
    """Why it is not there yet, or what the destination remarked; for a person to read."""
    sending_until = models.DateTimeField(null=True)
    """A worker is sending it; if this has passed, that worker is lost."""
    may_be_held = models.BooleanField(default=False)
    """Bytes left, so the destination may hold the object even if it never said so."""
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """An object goes to a destination once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "destination", "result_object"], name="delivery_once"
            ),
        )
