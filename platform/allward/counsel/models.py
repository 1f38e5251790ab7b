"""Tables of readers' answers and of the guidelines in use; rows are added, never changed."""

from django.db import models

from allward.kernel.clock import now
from allward.results.models import Result
from allward.studies.models import Study
from allward.tenancy.models import TenantRecord


class ReaderAnswers(TenantRecord):
    """All that readers had answered about a result at one time; the highest version counts."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, db_constraint=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    app = models.TextField()
    version = models.IntegerField()
    """From 1 on; answers that were made on an older one are refused."""
    answers = models.JSONField()
    """{of_patient: {name: answer}, of_findings: {record id: {name: answer}}}."""
    author_id = models.UUIDField()
    author_name = models.TextField()
    author_tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        """Answers of a result are numbered."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "result", "version"], name="answers_numbered"),
        )


class GuidelineUse(TenantRecord):
    """Which guidelines a hospital used with an app from one time on; the highest version counts."""

    app = models.TextField()
    version = models.IntegerField()
    """From 1 on."""
    in_use = models.JSONField(default=list)
    """Names of the app's guidelines, in the hospital's order of preference."""
    changed_by = models.TextField(default="")
    changed_at = models.DateTimeField(default=now)

    class Meta:
        """Orders of preference are numbered."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "app", "version"], name="guidelines_numbered"),
        )
