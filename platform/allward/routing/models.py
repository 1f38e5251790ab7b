"""Rules of a hospital, and the trace of every decision."""

from django.db import models

from allward.kernel.clock import now
from allward.registry.models import Installation
from allward.runs.states import Priority
from allward.studies.models import Study
from allward.tenancy.models import TenantRecord


class RoutingRule(TenantRecord):
    """Run an app with one installed plug-in in its slot, on every series that the plug-in wants."""

    name = models.TextField()
    app = models.TextField()
    slot = models.TextField()
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, db_constraint=False)
    priority = models.IntegerField(default=Priority.MEDIUM)
    enabled = models.BooleanField(default=True)


class DecisionTrace(TenantRecord):
    """Why a rule did or did not start an app on a series."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series_id = models.UUIDField(null=True)
    """None: the decision is about the study as a whole."""
    study_revision = models.IntegerField()
    rule_name = models.TextField()
    app = models.TextField()
    ran = models.BooleanField()
    clause = models.TextField()
    """The clause that decided: `matched`, or the first that failed."""
    detail = models.JSONField()
    """{en, zh}."""
    at = models.DateTimeField(default=now)

    class Meta:
        """Read by study."""

        indexes = (models.Index(fields=["tenant_id", "study"], name="trace_of_study"),)
