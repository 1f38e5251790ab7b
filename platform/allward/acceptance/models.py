"""Tables of sets, their cases and reports, of what was accepted on their ground, and of who asks for it."""

from django.db import models

from allward.acceptance.states import CaseState, SetState
from allward.kernel.clock import now
from allward.registry.models import Installation, PluginVersion
from allward.runs.models import Job
from allward.studies.models import Series, Study
from allward.tenancy.models import Department, TenantRecord


class AcceptanceSet(TenantRecord):
    """A plug-in version that is tried on past cases of which somebody knows what is there."""

    name = models.TextField()
    plugin_version = models.ForeignKey(PluginVersion, on_delete=models.PROTECT)
    slot = models.TextField()
    """What the plug-in is tried as: one of the slots that it fills."""
    label = models.TextField(default="")
    """Name of the manifest's label that marks and "present" are about; empty: none was chosen."""
    least_score = models.FloatField(null=True)
    """Score from which a candidate counts as reported; None: whatever the plug-in gives."""
    parameters = models.JSONField(default=dict)
    """Name -> value of the plug-in's parameters where they are not the vendor's, as the set was made."""
    secret = models.CharField(max_length=64)
    """Key under which the report pseudonymises the cases, in hexadecimal."""
    seed = models.IntegerField(default=0)
    """Of the bootstrap."""
    state = models.TextField(default=SetState.DRAFT)
    created_at = models.DateTimeField(default=now)
    created_by = models.TextField(default="")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When the last case was over."""
    reason = models.JSONField(null=True)
    """{en, zh}: why its report could not be made; None: nothing stood in the way."""

    class Meta:
        """Sets are listed by time."""

        indexes = (models.Index(fields=["tenant_id", "-created_at"], name="acceptance_by_time"),)


class AcceptanceCase(TenantRecord):
    """A stored series, what is known to be there, and what came of it."""

    acceptance_set = models.ForeignKey(AcceptanceSet, on_delete=models.CASCADE, db_constraint=False)
    number = models.IntegerField()
    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    segmentation = models.JSONField(null=True)
    """{series_instance_uid, sop_instance_uid, labels: {segment number: label}}; None: none."""
    marks = models.JSONField(null=True)
    """[{x_mm, y_mm, z_mm, diameter_mm, counts}], LPS; empty: a reader found nothing; None: nobody looked."""
    present = models.BooleanField(null=True)
    """Whether the condition is there; None: nobody said."""
    state = models.TextField(default=CaseState.WAITING)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, db_constraint=False)
    reason = models.JSONField(null=True)
    """{en, zh}: why it failed or was canceled."""
    groups = models.JSONField(default=dict)
    """Question -> answer, see `groups.py`."""
    outcome = models.JSONField(null=True)
    """What `comparing.py` found, as `Judged` has it."""

    class Meta:
        """A series stands once in a set."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "acceptance_set", "series"], name="acceptance_case_once"
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "job"], name="acceptance_case_of_job"),)


class AcceptanceReport(TenantRecord):
    """The signed report of a set; never changed."""

    acceptance_set = models.ForeignKey(AcceptanceSet, on_delete=models.CASCADE, db_constraint=False)
    digest = models.CharField(max_length=64)
    """sha256 of `report.json`, the signed envelope."""
    keyid = models.CharField(max_length=64)
    """Of the hospital's own key that signed it."""
    json_key = models.TextField()
    pdf_keys = models.JSONField(default=dict)
    """Language -> storage key."""
    pdf_keyid = models.CharField(max_length=64, default="")
    """Of the key that signed the PDFs too; empty: they were made before PDFs were signed."""
    made_at = models.DateTimeField(default=now)

    class Meta:
        """A set has one report."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "acceptance_set"], name="acceptance_report_once"),
        )


class AcceptedInstallation(TenantRecord):
    """A person's word that an installed version may be enabled, and on which report's ground."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, db_constraint=False)
    report = models.ForeignKey(AcceptanceReport, on_delete=models.PROTECT, db_constraint=False)
    remark = models.TextField(default="")
    accepted_at = models.DateTimeField(default=now)
    accepted_by = models.TextField()


class AcceptanceRule(TenantRecord):
    """Whether a department (None: the whole hospital) asks for acceptance before a version is enabled."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, null=True, db_constraint=False)
    required = models.BooleanField()

    class Meta:
        """One word for each place."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "department"], name="acceptance_rule_once", nulls_distinct=False
            ),
        )
