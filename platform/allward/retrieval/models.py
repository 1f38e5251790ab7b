"""A hospital's archives, what is to be fetched from them, and whose turn it is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.retrieval.states import Method, Purpose, RetrievalState
from allward.tenancy.models import TenantRecord


class SourceArchive(TenantRecord):
    """A PACS or a DICOMweb server that a hospital's studies are fetched from."""

    name = models.TextField()
    method = models.TextField(choices=[(each.value, each.value) for each in Method])
    host = models.TextField(default="")
    port = models.IntegerField(default=104)
    called_ae_title = models.CharField(max_length=16, default="")
    calling_ae_title = models.CharField(max_length=16, default="")
    """One of the hospital's own, see `OwnTitle`; empty with DICOMweb."""
    move_destination = models.CharField(max_length=16, default="")
    """Our AE title, as the archive knows it, to which it sends at a C-MOVE."""
    base_url = models.TextField(default="")
    """Of its DICOMweb, for example https://pacs.example/dicom-web."""
    username = models.TextField(default="")
    """For Basic credentials; empty with a secret: the secret is a bearer token."""
    sealed_secret = models.TextField(default="")
    """Encrypted, see `sealing.py`."""
    fallback_charset = models.TextField(default="GB18030")
    """Specific Character Set assumed where an answer states none."""
    issuer_of_patient_id = models.TextField(default="")
    """Of the Patient IDs of answers that state none."""
    window = models.JSONField(null=True)
    """See `window.py`; None: at any time."""
    bits_per_s = models.BigIntegerField(null=True)
    """The cap of bandwidth; None: none."""
    max_associations = models.IntegerField(default=1)
    enabled = models.BooleanField(default=True)
    last_tested_at = models.DateTimeField(null=True)
    """When a person last had it asked whether it answers, as it is entered now; None: never."""
    last_test_error = models.TextField(default="")
    """Why it did not answer then; empty: it did."""

    class Meta:
        """Names are unique in a hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "name"], name="archive_name"),)


class OwnTitle(TenantRecord):
    """An AE title that is one hospital's: under it the hospital calls archives, and no other does."""

    ae_title = models.CharField(max_length=16)

    class Meta:
        """Unique across hospitals; upper and lower case are the same."""

        constraints = (models.UniqueConstraint(Upper("ae_title"), name="title_of_one_hospital"),)


class Retrieval(TenantRecord):
    """One study, or series of it, on the way from an archive."""

    archive = models.ForeignKey(SourceArchive, on_delete=models.CASCADE, db_constraint=False)
    study_instance_uid = models.CharField(max_length=64, default="")
    """Empty until the archive has said which study bears the accession number."""
    accession_number = models.TextField(default="")
    series_instance_uids = ArrayField(models.CharField(max_length=64), default=list)
    """Empty: all of them."""
    purpose = models.TextField(default=Purpose.BACKFILL)
    outside_window = models.BooleanField(default=False)
    state = models.TextField(default=RetrievalState.WAITING)
    attempts = models.IntegerField(default=0)
    """Begun since it was asked for; a wait for the window is none."""
    not_before = models.DateTimeField(default=now)
    instances_expected = models.IntegerField(null=True)
    """As many as the archive says there are."""
    instances_here = models.IntegerField(default=0)
    suboperations_failed = models.IntegerField(default=0)
    """Of all attempts, as the archive counted."""
    last_error = models.TextField(default="")
    """The archive's words, or why it has to wait; for a person to read."""
    asked_by = models.TextField()
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A study is under way from an archive once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "archive", "study_instance_uid"],
                condition=Q(state__in=["waiting", "retrieving"]) & ~Q(study_instance_uid=""),
                name="retrieval_once",
            ),
        )
        indexes = (
            models.Index(fields=["tenant_id", "archive", "not_before"], name="retrieval_waiting"),
            models.Index(fields=["tenant_id", "-created_at"], name="retrieval_by_time"),
        )


class ArchiveTurn(models.Model):
    """Control table: which archives have something due, and which process works on which, until when."""

    archive_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    due_at = models.DateTimeField(null=True)
    """None: nothing waits."""
    token = models.IntegerField(default=0)
    worker = models.TextField(default="")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        """Due rows are found by time."""

        indexes = (models.Index(fields=["due_at"], name="archive_turn_due"),)


class ExpectedMove(models.Model):
    """Control table: which hospital has asked which archive to send a study to us by C-MOVE."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    study_instance_uid = models.CharField(max_length=64)
    archive_ae_title = models.CharField(max_length=16)
    originator_ae_title = models.CharField(max_length=16)
    """(0000,1030) of what it sends: under this title we asked."""
    message_id = models.IntegerField()
    """(0000,1031) of what it sends."""
    archive_id = models.UUIDField(null=True)
    """Whose cap it is; None: noted before caps were."""
    bits_per_s = models.BigIntegerField(null=True)
    """The archive's cap of bandwidth when it was asked; None: none."""
    until = models.DateTimeField()
    """Images that were acknowledged by then may still wait in the spool."""

    class Meta:
        """Found by study."""

        indexes = (models.Index(fields=["study_instance_uid"], name="expected_by_study"),)
