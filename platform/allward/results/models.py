"""Tables of results, findings, reviews and the objects written from them."""

from django.db import models

from allward.kernel.clock import now
from allward.results.states import ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.studies.models import Instance, Series, Study
from allward.tenancy.models import TenantRecord


class Result(TenantRecord):
    """What one run says about its series."""

    run = models.ForeignKey(AppRun, on_delete=models.CASCADE, db_constraint=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    status = models.TextField(default=ResultStatus.PRELIMINARY)
    """`preliminary` until every finding is reviewed, then `current`."""
    evaluable = models.BooleanField()
    reasons = models.JSONField(default=list)
    research_only = models.BooleanField(default=True)
    labelmap_key = models.TextField(default="")
    geometry = models.JSONField(null=True)
    arrays_key = models.TextField(default="")
    """Storage key of the arrays that `case_result.found` names (.npz); empty if it names none."""
    image_uids = models.JSONField(default=list)
    """SOP Instance UIDs of the images that its jobs read, by growing k; late images are not among them."""
    segments = models.JSONField(default=list)
    """[{value, name, title: {en, zh}, colour}]."""
    plugins = models.JSONField(default=list)
    case_result = models.JSONField()
    """The typed record (`allward_sdk.results.CaseResult`) as the app gave it."""
    objects_fault = models.JSONField(null=True)
    """{en, zh}: why the objects that say the present state could not be written; None if they were."""
    created_at = models.DateTimeField(default=now)

    class Meta:
        """Results are read by study; a run has one. A one-to-one field would be unique across hospitals."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "run"], name="result_of_run"),)
        indexes = (models.Index(fields=["tenant_id", "study"], name="result_of_study"),)


class FindingRecord(TenantRecord):
    """One finding and the present word on it."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, db_constraint=False)
    ordinal = models.IntegerField()
    finding = models.JSONField()
    """`allward_sdk.results.Finding`."""
    review_state = models.TextField(default=ReviewState.UNREVIEWED)
    version = models.IntegerField(default=1)
    """Rises with each review; a review that was made on an older one is refused."""

    class Meta:
        """Findings stand in the app's order."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "result", "ordinal"], name="finding_order"),
        )


class Review(TenantRecord):
    """A person's word on a finding; never changed. It belongs to the data's tenant and names the author's."""

    finding = models.ForeignKey(FindingRecord, on_delete=models.CASCADE, db_constraint=False)
    decision = models.TextField()
    reason = models.TextField(default="")
    author_id = models.UUIDField()
    author_name = models.TextField()
    author_tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)


class ObjectKind(models.TextChoices):
    """Which DICOM object."""

    SEG = "seg"
    SR = "sr"
    PARAMETRIC_MAP = "parametric map"
    SURFACE = "surface"
    ANNOTATIONS = "annotations"
    DOCUMENT = "document"
    REJECTION_NOTE = "rejection note"


class ResultObject(TenantRecord):
    """A DICOM object written from a result, stored as an instance like any other."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, db_constraint=False)
    kind = models.TextField(choices=ObjectKind.choices)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, db_constraint=False)
    verified = models.BooleanField(default=False)
    content_digest = models.CharField(max_length=64)
    """Hash over what it says: the same words are not written twice."""
    rejected_at = models.DateTimeField(null=True)
    """When a rejection note took it back. Its UID is never used again: the same words need a new object."""
    created_at = models.DateTimeField(default=now)

    class Meta:
        """One object per kind and content."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "result", "kind", "content_digest"], name="object_once"
            ),
        )
