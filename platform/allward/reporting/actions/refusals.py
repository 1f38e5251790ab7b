"""Why a report is not changed or signed, in words for the person who asked; and what all actions share."""

from dataclasses import dataclass
from uuid import UUID

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import ForbiddenTransitionError, check_transition
from allward.kernel.texts import Text
from allward.reporting.models import Report
from allward.reporting.states import (
    AMENDMENT_MAY_BECOME,
    REPORT_MAY_BECOME,
    AmendmentState,
    ReportState,
)
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError

MOVED = Text("Somebody else has changed this report; look at it again.", "该报告已被他人修改，请刷新后再看。")
NOBODY = Text("Only a person who is signed in writes reports.", "仅登录的医师可书写报告。")
NOT_NOW = Text("The report does not allow this in its present state.", "报告的当前状态不允许此操作。")
NO_REASON = Text("Say why.", "请说明原因。")


class ReportRefusedError(AllwardError):
    """This cannot be done to the report.

    Attributes
    ----------
    code
        Stable, for the page.
    """

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.code = code
        self.text = text


class ReportConflictError(ReportRefusedError):
    """Somebody else has changed the report in the meantime."""

    def __init__(self) -> None:
        super().__init__("conflict", MOVED)


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: the account, as it is signed in, and the name to be printed."""

    user_id: UUID
    tenant_id: UUID
    name: str


def author_now(name: str) -> Author:
    """Return who acts.

    Raises
    ------
    ReportRefusedError
        If it is no person.
    """
    scope = required_scope()
    if scope.user_id is None:
        raise ReportRefusedError("nobody", NOBODY)
    return Author(scope.user_id, scope.home, name)


def locked_report(report_id: UUID, *, revision: int) -> Report:
    """Return a report of the acting hospital, locked, as the person saw it.

    Raises
    ------
    ReportConflictError
        If it has been changed since.
    Report.DoesNotExist
        If there is none.
    """
    rows = Report.objects.select_for_update(of=("self",)).select_related("result__run", "study__patient")
    report = rows.get(pk=report_id, tenant_id=required_scope().acting)
    if report.revision != revision:
        raise ReportConflictError
    return report


def move(report: Report, new: ReportState) -> None:
    """Let the table decide whether a report may become this."""
    try:
        check_transition(REPORT_MAY_BECOME, old=ReportState(report.state), new=new, what="a report")
    except ForbiddenTransitionError as error:
        raise ReportRefusedError("state", NOT_NOW) from error
    report.state = new


def move_amendment(report: Report, new: AmendmentState) -> None:
    """Let the table decide whether an amendment may become this."""
    try:
        check_transition(
            AMENDMENT_MAY_BECOME, old=AmendmentState(report.amendment), new=new, what="an amendment"
        )
    except ForbiddenTransitionError as error:
        raise ReportRefusedError("state", NOT_NOW) from error
    report.amendment = new


def save(report: Report, **detail: object) -> None:
    """Keep a changed report under a new revision, and say who changed it."""
    report.revision += 1
    report.changed_at = now()
    report.save()
    note(report, **detail)


def note(report: Report, **detail: object) -> None:
    """Write down who did what to a report."""
    scope = required_scope()
    record(
        tenant_id=report.tenant_id, actor=scope.actor, action="change", what="report",
        what_id=str(report.pk), user_id=scope.user_id, user_tenant_id=scope.home,
        state=str(report.state), revision=report.revision, **detail,
    )  # fmt: skip
