"""Rules of a hospital."""

from django.db import models

from allward.registry.models import Installation
from allward.runs.states import Priority
from allward.tenancy.models import TenantRecord


class RoutingRule(TenantRecord):
    """Run an app with one installed plug-in in its slot, on every series that the plug-in wants."""

    name = models.TextField()
    app = models.TextField()
    slot = models.TextField()
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, db_constraint=False)
    priority = models.IntegerField(default=Priority.MEDIUM)
    due_within_s = models.IntegerField(null=True)
    """So long after the study is complete, the result should be there; None: no time is named."""
    conditions = models.JSONField(default=dict)
    """What the hospital asks beyond what the plug-in wants; see `conditions.py`."""
    parameters = models.JSONField(default=dict)
    """Values of the plug-in's parameters, by name; they go before those of the installation."""
    enabled = models.BooleanField(default=True)
