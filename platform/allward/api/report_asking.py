"""What every address of reports does first: find the report within reach, and act for its hospital."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from allward.api.authentication import caller_of
from allward.api.errors import Refusal
from allward.api.report_json import report_json
from allward.audit.actions import record
from allward.identity.sign_in import Caller, may_report_for, may_review_for, may_verify_for
from allward.kernel.texts import Text
from allward.reporting.actions import ReportRefusedError
from allward.reporting.models import Report
from allward.tenancy.scope import Scope, within

_NO_GRANT = Text(
    "This hospital lets you read its studies, not do this to their reports.",
    "该医院仅授权您阅览，未授权对其报告执行此操作。",
)

Granted = Callable[[Scope, UUID], bool]
"""Whether the caller's hospital was let do something for another one, see `allward.identity.sign_in`."""


def may_tell_for(scope: Scope, tenant_id: UUID) -> bool:
    """Tell whether the caller's hospital may pass critical findings of that hospital on."""
    return may_review_for(scope, tenant_id) or may_report_for(scope, tenant_id)


def may_withdraw_for(scope: Scope, tenant_id: UUID) -> bool:
    """Tell whether the caller's hospital may withdraw any report of that hospital; which, its state says."""
    return may_report_for(scope, tenant_id) or may_verify_for(scope, tenant_id)


def report_of(report_id: UUID) -> Report:
    """Return a report that the caller may see; anything else does not exist."""
    rows = Report.objects.select_related("result__run", "study__patient")
    found: Report = get_object_or_404(rows, pk=report_id)
    return found


@contextmanager
def acting_on(caller: Caller, tenant_id: UUID, *, may: Granted = may_report_for) -> Iterator[None]:
    """Act for the hospital whose data it is, if it lets the caller's; refusals become answers."""
    if not may(caller.scope, tenant_id):
        raise Refusal("permission_denied", _NO_GRANT, status_code=status.HTTP_403_FORBIDDEN)
    try:
        with within(caller.scope.acting_for(tenant_id)):
            yield
    except ReportRefusedError as error:
        raise Refusal(error.code, error.text, status_code=status.HTTP_409_CONFLICT) from error


def answered(request: Request, report_id: UUID) -> Response:
    """Return the report as it is now."""
    return Response(report_json(report_of(report_id), caller_of(request)))


def done(
    request: Request,
    report_id: UUID,
    act: Callable[[Report, Caller], object],
    *,
    may: Granted = may_report_for,
) -> Response:
    """Carry out what is asked of a report and return it as it is then."""
    caller, report = caller_of(request), report_of(report_id)
    with acting_on(caller, report.tenant_id, may=may):
        act(report, caller)
    return answered(request, report.pk)


def note_view(caller: Caller, report: Report, *, form: str) -> None:
    """Write down that somebody looked at a report."""
    with within(caller.scope.acting_for(report.tenant_id)):
        record(
            tenant_id=report.tenant_id, actor=caller.username, action="view", what="report",
            what_id=str(report.pk), user_id=caller.user_id, user_tenant_id=caller.scope.home, form=form,
        )  # fmt: skip
