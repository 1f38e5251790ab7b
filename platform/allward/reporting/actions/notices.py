"""Critical notices (危急值): raised, told to somebody, acknowledged, withdrawn with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import ForbiddenTransitionError, check_transition
from allward.kernel.texts import Text
from allward.reporting.actions.refusals import NO_REASON, ReportRefusedError, author_now
from allward.reporting.models import CriticalNotice, Report
from allward.reporting.states import NOTICE_MAY_BECOME, WAITING, NoticeState
from allward.results.models import FindingRecord
from allward.tenancy.scope import required_scope
from allward_sdk.errors import BadInputError

WAYS = ("phone", "in_person", "message")

_NOT_NOW = Text(
    "The notice does not allow this in its present state.", "该危急值通知的当前状态不允许此操作。"
)
_WHOM = Text("Say whom you told, and how.", "请填写被通知人和方式。")
_TIME = Text("The time lies in the future, or before the finding.", "时间晚于当前，或早于发现时间。")
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom somebody told, how, and when; `at` None: just now."""

    recipient: str
    way: str
    read_back: bool
    at: datetime | None = None


def raise_notice(
    report_id: UUID, *, finding_id: UUID | None, reason: Text, author_name: str
) -> CriticalNotice:
    """Say that a finding is critical; the notice that waits already is returned.

    Raises
    ------
    BadInputError
        If the finding is not of the reported result.
    ReportRefusedError
        If no reason is given.
    """
    with transaction.atomic():
        author_now(author_name)
        report = Report.objects.select_for_update().get(pk=report_id, tenant_id=required_scope().acting)
        if not reason.en.strip() and not reason.zh.strip():
            raise ReportRefusedError("reason", NO_REASON)
        known = FindingRecord.objects.filter(result=report.result)
        if finding_id is not None and not known.filter(pk=finding_id).exists():
            raise BadInputError("the finding is not of the result that is reported")
        notice, is_new = CriticalNotice.objects.get_or_create(
            report=report,
            finding_id=finding_id,
            state__in=WAITING,
            defaults={"reason": reason.to_json(), "raised_by": author_name},
        )
        if is_new:
            _note(notice, because=reason.en)
    return notice


def tell_notice(notice_id: UUID, telling: Telling, *, author_name: str) -> CriticalNotice:
    """Note that somebody was told, whom, how, and when.

    Raises
    ------
    ReportRefusedError
        If it is over, nobody is named, or the time is none.
    """
    with transaction.atomic():
        author_now(author_name)
        notice = _moved(notice_id, NoticeState.TOLD)
        if not telling.recipient.strip() or telling.way not in WAYS:
            raise ReportRefusedError(
                "recipient", Text("Say whom you told, and how.", "请填写被通知人和方式。")
            )
        notice.recipient, notice.way = telling.recipient.strip(), telling.way
        notice.read_back = telling.read_back
        notice.told_at = _moment(telling.at, after=notice.raised_at)
        notice.told_by = author_name
        notice.save()
        _note(notice, recipient=notice.recipient, way=notice.way, told_at=notice.told_at.isoformat())
    return notice


def acknowledge_notice(notice_id: UUID, *, by: str, at: datetime | None, author_name: str) -> CriticalNotice:
    """Note that the recipient has taken it over, and when.

    Parameters
    ----------
    by
        Who acknowledged; the recipient, or somebody in their place.

    Raises
    ------
    ReportRefusedError
        If nobody was told yet, it is over, nobody is named, or the time is none.
    """
    with transaction.atomic():
        author_now(author_name)
        notice = _moved(notice_id, NoticeState.ACKNOWLEDGED)
        if not by.strip():
            raise ReportRefusedError("recipient", Text("Say who acknowledged.", "请填写确认人。"))
        assert notice.told_at is not None  # only what was told is acknowledged
        notice.acknowledged_by = by.strip()
        notice.acknowledged_at = _moment(at, after=notice.told_at)
        notice.save()
        _note(notice, acknowledged_by=notice.acknowledged_by, noted_by=author_name)
    return notice


def withdraw_notice(notice_id: UUID, *, because: str, author_name: str) -> CriticalNotice:
    """Say that it is no critical finding after all.

    Raises
    ------
    ReportRefusedError
        If it is over already, or no reason is given.
    """
    with transaction.atomic():
        author_now(author_name)
        notice = _moved(notice_id, NoticeState.WITHDRAWN)
        if not because.strip():
            raise ReportRefusedError("reason", NO_REASON)
        notice.withdrawn_because = because.strip()
        notice.save()
        _note(notice, withdrawn_because=notice.withdrawn_because)
    return notice


def _moved(notice_id: UUID, new: NoticeState) -> CriticalNotice:
    notice = CriticalNotice.objects.select_for_update().get(pk=notice_id, tenant_id=required_scope().acting)
    try:
        check_transition(NOTICE_MAY_BECOME, old=NoticeState(notice.state), new=new, what="a notice")
    except ForbiddenTransitionError as error:
        raise ReportRefusedError("state", _NOT_NOW) from error
    notice.state = new
    return notice


def _moment(at: datetime | None, *, after: datetime) -> datetime:
    moment = now()
    if at is None:
        return moment
    if at > moment + _CLOCKS_DIFFER or at < after - _CLOCKS_DIFFER:
        raise ReportRefusedError("time", _TIME)
    return at


def _note(notice: CriticalNotice, **detail: object) -> None:
    scope = required_scope()
    record(
        tenant_id=notice.tenant_id, actor=scope.actor, action="change", what="critical notice",
        what_id=str(notice.pk), user_id=scope.user_id, user_tenant_id=scope.home,
        state=str(notice.state), **detail,
    )  # fmt: skip
