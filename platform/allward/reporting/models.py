"""Tables of reports, of what was signed, of critical notices, and of the way to a RIS."""

from django.db import models
from django.db.models import Q

from allward.kernel.clock import now
from allward.reporting.states import (
    WAITING,
    AmendmentState,
    MessageState,
    NoticeState,
    ReportState,
    WordKind,
)
from allward.results.models import Result
from allward.studies.models import Instance, Study
from allward.tenancy.models import TenantRecord


class Report(TenantRecord):
    """What is written on a study with the help of one app; the words that are worked on, and their state."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, db_constraint=False)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, db_constraint=False)
    """The one that is reported; a newer one takes its place only when somebody asks for a new draft."""
    app = models.TextField()
    state = models.TextField(default=ReportState.DRAFT)
    amendment = models.TextField(default=AmendmentState.NONE)
    amendment_reason = models.TextField(default="")
    revision = models.IntegerField(default=1)
    """Rises with each change; one that was made on an older revision is refused."""
    working = models.JSONField()
    """`working.Working`: the sentences, each with the digest of what it rests on."""
    advice = models.JSONField(default=list)
    """What guidelines and models said at the last draft: [`content.AdviceFacts`]."""
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        """A study has one report of an app; one that was entered in error makes room."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "study", "app"],
                condition=~Q(state=ReportState.ENTERED_IN_ERROR),
                name="report_of_study",
            ),
        )


class ReportVersion(TenantRecord):
    """What somebody signed; never changed."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, db_constraint=False)
    number = models.IntegerField()
    content = models.JSONField()
    """`content.Written`: all that is printed, sent and signed."""
    working = models.JSONField()
    """The sentences with what they rested on, for a reader who gives an amendment up."""
    result = models.ForeignKey(Result, on_delete=models.PROTECT, db_constraint=False, null=True)
    """The one that was reported; None: signed before it was kept."""
    digest = models.CharField(max_length=64)
    """sha256 of the content in its canonical form."""
    reason = models.TextField(default="")
    """Why the verified version before it was changed; empty: it is no amendment."""
    made_by = models.TextField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        """Versions of a report are counted."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "report", "number"], name="report_version"),
        )


class ReportWord(TenantRecord):
    """A person's word on a version: a signature, or why it was given back or withdrawn; never changed."""

    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, db_constraint=False)
    kind = models.TextField(choices=[(each.value, each.value) for each in WordKind])
    because = models.TextField(default="")
    author_id = models.UUIDField()
    author_name = models.TextField()
    author_tenant_id = models.UUIDField()
    at = models.DateTimeField(default=now)
    algorithm = models.TextField(default="")
    """Of the signature; empty where nothing is signed."""
    key_id = models.TextField(default="")
    """The hospital's key: it vouches that the person was signed in and said so."""
    envelope = models.TextField(default="")
    """The signed statement, a DSSE envelope: version, digest, role, person and time."""


class ReportDocument(TenantRecord):
    """A version as an encapsulated PDF in the study; never changed."""

    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, db_constraint=False)
    language = models.CharField(max_length=2)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, db_constraint=False)
    created_at = models.DateTimeField(default=now)

    class Meta:
        """One for each language."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "version", "language"], name="report_document"),
        )


class CriticalNotice(TenantRecord):
    """A finding of which somebody has to be told at once (危急值), and whether they were."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, db_constraint=False)
    finding_id = models.UUIDField(null=True)
    """Of the record, which a correction may take away; None: the whole examination."""
    reason = models.JSONField()
    """{en, zh}."""
    state = models.TextField(default=NoticeState.OPEN)
    raised_by = models.TextField()
    raised_at = models.DateTimeField(default=now)
    recipient = models.TextField(default="")
    way = models.TextField(default="")
    read_back = models.BooleanField(null=True)
    """The recipient repeated what they heard; None until somebody was told."""
    told_by = models.TextField(default="")
    told_at = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(default="")
    acknowledged_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(default="")

    class Meta:
        """A finding of a report waits once; when that is over, it may be raised again."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "report", "finding_id"],
                condition=Q(state__in=WAITING),
                name="notice_of_finding",
                nulls_distinct=False,
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "state"], name="notice_by_state"),)


class ReportTemplate(TenantRecord):
    """How a hospital's reports look: its header, and its sections in their order."""

    app = models.TextField(default="")
    """Empty: for every app that has none of its own."""
    layout = models.JSONField()
    """`content.Layout`."""

    class Meta:
        """One for each app, and one for all others."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "app"], name="template_of_app"),)


class ReportingPolicy(TenantRecord):
    """What a hospital decided of its reports; without a row the strict rule holds."""

    same_person_may_verify = models.BooleanField(default=False)

    class Meta:
        """One for each hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="reporting_policy"),)


class RisConnection(TenantRecord):
    """A system of the hospital that takes reports and keeps them: HL7 over MLLP, or FHIR."""

    name = models.TextField()
    kind = models.TextField()
    """`hl7_mllp` or `fhir`."""
    host = models.TextField(default="")
    port = models.IntegerField(default=0)
    base_url = models.TextField(default="")
    sealed_token = models.TextField(default="")
    """Bearer token of a FHIR server, encrypted, see `sealing.py`."""
    sending_application = models.TextField(default="ALLWARD")
    sending_facility = models.TextField(default="")
    receiving_application = models.TextField(default="")
    receiving_facility = models.TextField(default="")
    language = models.CharField(max_length=2, default="zh")
    sends_preliminary = models.BooleanField(default=False)
    for_research = models.BooleanField(default=False)
    """Takes reports on results that are marked research."""
    enabled = models.BooleanField(default=True)

    class Meta:
        """Names are unique in a hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "name"], name="ris_connection_name"),)


class MessageOut(TenantRecord):
    """One state of one report on its way to one connection; its bytes are the same at every attempt."""

    connection = models.ForeignKey(RisConnection, on_delete=models.PROTECT, db_constraint=False)
    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, db_constraint=False)
    status = models.TextField()
    """As FHIR names it."""
    control_id = models.CharField(max_length=20)
    """MSH-10; it stays, so that a receiver knows a message that it has."""
    payload = models.TextField()
    state = models.TextField(default=MessageState.SCHEDULED)
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(default="")
    sending_until = models.DateTimeField(null=True)
    """A worker is sending it; if this has passed, that worker is lost."""
    may_be_held = models.BooleanField(default=False)
    """Bytes left, so the receiver may have it even if it never said so."""
    created_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A state of a version goes to a connection once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "connection", "version", "status"], name="message_once"
            ),
            models.UniqueConstraint(fields=["tenant_id", "control_id"], name="message_control_id"),
        )
