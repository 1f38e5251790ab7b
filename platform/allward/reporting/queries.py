"""Reports, versions, notices and messages, as others ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, Value, When

from allward.reporting.content import SignedBy, Written, digest_of
from allward.reporting.facts import written_now
from allward.reporting.models import CriticalNotice, MessageOut, Report, ReportVersion, ReportWord
from allward.reporting.states import (
    SIGNATURES,
    VERIFIED,
    WAITING,
    NoticeState,
    ReportState,
    WordKind,
)
from allward.reporting.working import read_working


def versions_of(report: Report) -> list[ReportVersion]:
    """Return what was signed, oldest first."""
    return list(ReportVersion.objects.filter(report=report).order_by("number"))


def latest_version(report: Report) -> ReportVersion | None:
    """Return what was signed last; None: nothing yet."""
    return ReportVersion.objects.filter(report=report).order_by("number").last()


def verified_version(report: Report) -> ReportVersion | None:
    """Return the version in force; None: nothing was verified."""
    verified = ReportWord.objects.filter(version__report=report, kind=WordKind.VERIFYING)
    rows = ReportVersion.objects.filter(report=report, pk__in=verified.values("version_id"))
    return rows.order_by("number").last()


def words_on(versions: Iterable[ReportVersion]) -> dict[UUID, list[ReportWord]]:
    """Return what people said of versions, oldest first, by version."""
    listed = list(versions)
    words: dict[UUID, list[ReportWord]] = {version.pk: [] for version in listed}
    for word in ReportWord.objects.filter(version__in=listed).order_by("at", "pk"):
        words[word.version_id].append(word)
    return words


def reporting_physician(version: ReportVersion) -> UUID | None:
    """Return who signed a version as 报告医师."""
    rows = ReportWord.objects.filter(version=version, kind=WordKind.REPORTING).order_by("at")
    return rows.values_list("author_id", flat=True).first()


@dataclass(frozen=True, slots=True)
class Released:
    """A version as it may leave the room: what it says, how it stands, and who signed it."""

    written: Written
    state: ReportState
    digest: str
    signatures: tuple[SignedBy, ...]
    withdrawn_because: str = ""

    @property
    def is_unsigned(self) -> bool:
        """Whether nobody has signed it."""
        return not self.signatures


def released(version: ReportVersion) -> Released:
    """Return a version with its signatures, and the state that it gives the report."""
    words = words_on([version])[version.pk]
    withdrawn = next((word for word in words if word.kind == WordKind.WITHDRAWN), None)
    return Released(
        written=Written.model_validate(version.content),
        state=_state_of(version, {word.kind for word in words}),
        digest=version.digest,
        signatures=tuple(
            SignedBy(
                id=str(word.pk),
                kind="verifying" if word.kind == WordKind.VERIFYING else "reporting",
                name=word.author_name,
                at=word.at,
                algorithm=word.algorithm,
                key_id=word.key_id,
                user=str(word.author_id),
            )
            for word in words
            if word.kind in SIGNATURES
        ),
        withdrawn_because="" if withdrawn is None else withdrawn.because,
    )


def _state_of(version: ReportVersion, kinds: set[str]) -> ReportState:
    if WordKind.WITHDRAWN in kinds:
        return ReportState.ENTERED_IN_ERROR
    if WordKind.VERIFYING in kinds:
        return ReportState.AMENDED if version.reason else ReportState.FINAL
    return ReportState.PRELIMINARY


def version_in_force(report: Report) -> ReportVersion | None:
    """Return the version that stands for the report outside: verified, else what is preliminary."""
    if report.state in VERIFIED:
        return verified_version(report)
    if report.state == ReportState.DRAFT:
        return None
    return verified_version(report) or latest_version(report)


def waiting_notices(tenant_ids: Iterable[UUID]) -> int:
    """Count the notices that somebody still has to hear of, or to acknowledge."""
    return CriticalNotice.objects.filter(tenant_id__in=list(tenant_ids), state__in=WAITING).count()


def notices_of(tenant_ids: Iterable[UUID], *, most: int = 200) -> list[CriticalNotice]:
    """Return notices: those of which nobody was told first, then unacknowledged ones, oldest first."""
    urgency = Case(
        When(state=NoticeState.OPEN, then=Value(0)),
        When(state=NoticeState.TOLD, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = CriticalNotice.objects.filter(tenant_id__in=list(tenant_ids)).annotate(urgency=urgency)
    waiting = list(rows.filter(urgency__lt=2).order_by("urgency", "raised_at"))
    over = list(rows.filter(urgency=2).order_by("-raised_at")[:most])
    return [*waiting, *over]


def messages_of(report: Report) -> list[MessageOut]:
    """Return what was sent of a report, newest first."""
    rows = MessageOut.objects.filter(version__report=report).select_related("connection", "version")
    return list(rows.order_by("-created_at"))


def unsigned(report: Report) -> Released:
    """Return what is worked on as nobody has signed it yet."""
    versions = versions_of(report)
    written = written_now(report, read_working(report.working), version=len(versions) + 1)
    return Released(written=written, state=ReportState.PRELIMINARY, digest=digest_of(written), signatures=())
