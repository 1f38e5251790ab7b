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
    labels = models.JSONField(null=True)
    """Labels (`allward_sdk.manifest.Label`) of the map that the app drew; None: its first plug-in drew it."""
    plugins = models.JSONField(default=list)
    case_result = models.JSONField()
    """The typed record (`allward_sdk.results.CaseResult`) as the app gave it."""
    objects_fault = models.JSONField(null=True)
    """{en, zh}: why the objects that say the present state could not be written; None if they were."""
    version = models.IntegerField(default=1)
    """Rises with each correction; one that was made on an older one is refused."""
    created_at = models.DateTimeField(default=now)

    class Meta:
        """Results are read by study; a run has one. A one-to-one field would be unique across hospitals."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "run"], name="result_of_run"),)
        indexes = (models.Index(fields=["tenant_id", "study"], name="result_of_study"),)


class SegmentAlgorithmType(models.TextChoices):
    """Who drew an outline. Source: PS3.3 C.8.20.4, Segment Algorithm Type (0062,0008)."""

    AUTOMATIC = "AUTOMATIC"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    MANUAL = "MANUAL"


class _InForce(models.Manager["FindingRecord"]):
    """Findings that a result consists of now, without those that a correction took away."""

    def get_queryset(self) -> models.QuerySet["FindingRecord"]:
        return super().get_queryset().filter(in_force=True)


class FindingRecord(TenantRecord):
    """One finding and the present word on it."""

    objects = _InForce()
    every: models.Manager["FindingRecord"] = models.Manager()
    """Those that a correction took away too: histories point at them, and an undo brings them back."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, db_constraint=False)
    ordinal = models.IntegerField()
    finding = models.JSONField()
    """`allward_sdk.results.Finding`."""
    review_state = models.TextField(default=ReviewState.UNREVIEWED)
    version = models.IntegerField(default=1)
    """Rises with each review and each correction; a review that was made on an older one is refused."""
    in_force = models.BooleanField(default=True)
    """Whether the result consists of it now."""
    edits = models.IntegerField(default=0)
    """How often it was corrected; who saw it before has not seen it as it is."""
    outline = models.TextField(choices=SegmentAlgorithmType.choices, default=SegmentAlgorithmType.AUTOMATIC)
    """Who drew its voxels."""

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


class EditKind(models.TextChoices):
    """How a reader corrects a result."""

    CALIPERS = "calipers"
    OUTLINE = "outline"
    ADD = "add"
    ADD_OUTLINE = "add_outline"
    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"


class FindingEdit(TenantRecord):
    """One correction of a result, with all that it changed; never changed itself."""

    result = models.ForeignKey(Result, on_delete=models.CASCADE, db_constraint=False)
    number = models.IntegerField()
    kind = models.TextField(choices=EditKind.choices)
    before = models.JSONField()
    """`allward.results.edit_states.EditState`: what it changed, as it was."""
    after = models.JSONField()
    """The same, as it became."""
    calipers = models.JSONField(null=True)
    """{long_lps_mm, short_lps_mm}: the lines that were drawn, mm LPS; None where none were."""
    undoes = models.IntegerField(null=True)
    """Number of the correction that an undo takes back."""
    app_version = models.TextField()
    """Version of the app's logic that measured anew."""
    author_id = models.UUIDField()
    author_name = models.TextField()
    author_tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        """Corrections of a result are numbered."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "result", "number"], name="edit_order"),)


class FindingSight(TenantRecord):
    """Somebody had a finding on the screen, as it was after so many corrections; never changed."""

    finding = models.ForeignKey(FindingRecord, on_delete=models.CASCADE, db_constraint=False)
    edits = models.IntegerField()
    """`FindingRecord.edits` at that moment."""
    viewer_id = models.UUIDField()
    viewer_tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)

    class Meta:
        """Each person sees each state once."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "finding", "viewer_id", "edits"], name="sight_once"),
        )


class Reading(TenantRecord):
    """One sitting of a person in front of a study. It belongs to the data's tenant and names the reader's."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    app = models.TextField(default="")
    """Whose room it was; empty: no app's."""
    reader_id = models.UUIDField()
    reader_name = models.TextField()
    reader_tenant_id = models.UUIDField()
    opened_at = models.DateTimeField(default=now)
    active_at = models.DateTimeField(default=now)
    """When the page last told of it."""
    active_s = models.FloatField(default=0.0)
    """Seconds with a hand on it."""
    ended_at = models.DateTimeField(null=True)
    """None: it goes on, or the page was closed without a word."""

    class Meta:
        """Statistics are made by month."""

        indexes = (models.Index(fields=["tenant_id", "opened_at"], name="reading_by_time"),)


class ObjectKind(models.TextChoices):
    """Which DICOM object."""

    SEG = "seg"
    SR = "sr"
    PARAMETRIC_MAP = "parametric map"
    SURFACE = "surface"
    ANNOTATIONS = "annotations"
    DOCUMENT = "document"
    KEY_IMAGES = "key images"
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
