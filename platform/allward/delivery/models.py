"""Where results go, and how far they got."""

from django.db import models

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
    state = models.TextField(default="scheduled")
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """An object goes to a destination once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "destination", "result_object"], name="delivery_once"
            ),
        )
