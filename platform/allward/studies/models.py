"""Tables of the study index. DICOM JSON of each level is kept ready to serve."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from allward.kernel.clock import now
from allward.studies.states import StudyState
from allward.tenancy.models import TenantRecord


class Patient(TenantRecord):
    """A patient as one issuer numbers them: identity is (tenant, issuer, patient id)."""

    issuer = models.TextField(default="")
    """(0010,0021) Issuer of Patient ID; empty if none is stated."""
    patient_id = models.TextField()
    name_alphabetic = models.TextField(default="")
    name_ideographic = models.TextField(default="")
    name_phonetic = models.TextField(default="")
    sex = models.TextField(default="")
    birth_date = models.DateField(null=True)

    class Meta:
        """One row per number and issuer."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "issuer", "patient_id"], name="patient_number"),
        )


class PatientNameKey(TenantRecord):
    """A spelling under which a patient is found: characters, pinyin, initials, DICOM form."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, db_constraint=False)
    key = models.TextField()

    class Meta:
        """Prefixes are looked up as ranges of the key: LIKE loses its index under row-level security."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "key", "patient"], name="patient_name_key"),
        )


class PatientLink(TenantRecord):
    """A person's word on whether two numbers are the same patient; nothing is ever merged by itself."""

    one = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    other = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    same = models.BooleanField()
    decided_by = models.TextField()
    decided_at = models.DateTimeField(default=now)

    class Meta:
        """One word on each pair."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "one", "other"], name="patient_link_once"),
        )


class Study(TenantRecord):
    """A study; its revision rises each time it becomes complete with other images than before."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, db_constraint=False)
    department_id = models.UUIDField(null=True)
    study_instance_uid = models.CharField(max_length=64)
    accession_number = models.TextField(default="")
    issuer_of_accession_number = models.TextField(default="")
    """Of that very number; empty if the images that state the number state none."""
    placer_order_number = models.TextField(default="")
    filler_order_number = models.TextField(default="")
    study_date = models.DateField(null=True)
    study_time = models.TextField(default="")
    description = models.TextField(default="")
    body_part_examined = models.TextField(default="")
    institution_name = models.TextField(default="")
    modalities = ArrayField(models.TextField(), default=list)
    state = models.TextField(default=StudyState.RECEIVING)
    revision = models.IntegerField(default=0)
    completed_digest = models.CharField(max_length=64, default="")
    """Over the digests of the received instances at the last completion; empty before the first."""
    received_at = models.DateTimeField(default=now)
    last_received_at = models.DateTimeField(default=now)
    series_count = models.IntegerField(default=0)
    instance_count = models.IntegerField(default=0)
    synthetic = models.BooleanField(default=False)
    """Images made by the platform itself for demonstration."""
    dicom_json = models.TextField(default="{}")

    class Meta:
        """A UID is unique within a hospital, not across."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "study_instance_uid"], name="study_uid"),)
        indexes = (
            models.Index(fields=["tenant_id", "-received_at"], name="study_by_arrival"),
            models.Index(fields=["tenant_id", "study_date"], name="study_by_date"),
            models.Index(fields=["tenant_id", "accession_number"], name="study_by_accession"),
        )


class Series(TenantRecord):
    """A series of a study, received or written by the platform itself."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series_instance_uid = models.CharField(max_length=64)
    modality = models.TextField(default="")
    number = models.IntegerField(null=True)
    description = models.TextField(default="")
    body_part_examined = models.TextField(default="")
    instance_count = models.IntegerField(default=0)
    is_result = models.BooleanField(default=False)
    evaluable = models.BooleanField(null=True)
    """The geometry verdict at the last completion; None before it or where none applies."""
    reasons = models.JSONField(default=list)
    """Why it is no volume, as [{code, en, zh}]."""
    slice_spacing_mm = models.FloatField(null=True)
    geometry = models.JSONField(null=True)
    dicom_json = models.TextField(default="{}")

    class Meta:
        """A UID is unique within a study of a hospital."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "study", "series_instance_uid"], name="series_uid"),
        )


class Instance(TenantRecord):
    """One received object: where its bytes lie and what its header says."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    number = models.IntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    storage_key = models.TextField()
    size_bytes = models.BigIntegerField()
    rows = models.IntegerField(null=True)
    columns = models.IntegerField(null=True)
    number_of_frames = models.IntegerField(default=1)
    received_at = models.DateTimeField(default=now)
    source = models.TextField(default="")
    """Calling AE title, user, or "import"."""
    pixel_place = models.JSONField(null=True)
    """Where the pixels of each frame lie in the bytes; None if the object has none."""
    has_sidecar = models.BooleanField(default=False)
    """Whether the per-frame groups lie beside the bytes, see `storage.place.sidecar_key`."""
    dicom_json = models.TextField(default="{}")

    class Meta:
        """A SOP Instance UID is received once; what is sent again is recognised by its digest."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "sop_instance_uid"], name="instance_uid"),
        )
        indexes = (models.Index(fields=["tenant_id", "series"], name="instance_of_series"),)


class InstanceConflict(TenantRecord):
    """Different bytes that came under a SOP Instance UID known already; the first ones stay in use."""

    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, db_constraint=False)
    sha256 = models.CharField(max_length=64)
    storage_key = models.TextField()
    source = models.TextField(default="")
    received_at = models.DateTimeField(default=now)

    class Meta:
        """The same other bytes are noted once."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "instance", "sha256"], name="conflict_once"),
        )


class PendingCompletion(models.Model):
    """Control table: a study that is complete once `due_at` has passed without a new image."""

    study_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    due_at = models.DateTimeField()

    class Meta:
        """Due rows are found by time."""

        indexes = (models.Index(fields=["due_at"], name="completion_due"),)
