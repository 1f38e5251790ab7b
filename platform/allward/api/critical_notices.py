"""Critical notices (危急值): listed, raised, told, acknowledged, withdrawn."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.report_asking import Granted, acting_on, may_tell_for, report_of
from allward.api.report_forms import AcknowledgeForm, BecauseForm, NoticeForm, TellForm
from allward.api.report_json import notices_json
from allward.identity.permissions import REPORT, REVIEW, VIEW
from allward.identity.sign_in import may_report_for
from allward.kernel.texts import Text
from allward.reporting import actions
from allward.reporting.actions.notices import Telling
from allward.reporting.models import CriticalNotice
from allward.reporting.queries import notices_of, waiting_notices


class CriticalNoticesView(APIView):
    """The notices of the hospitals that the caller reads."""

    def get_permissions(self) -> list[Any]:
        """Let who may view read, and who may report raise one."""
        return [requires(VIEW if self.request.method == "GET" else REPORT)()]

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List them: those that nobody was told of first."""
        readable = caller_of(request).scope.readable
        return Response({"waiting": waiting_notices(readable), "notices": notices_json(notices_of(readable))})

    @extend_schema(request=NoticeForm, responses={201: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request) -> Response:
        """Say that a finding is critical."""
        asked = NoticeForm(data=request.data)
        asked.is_valid(raise_exception=True)
        said, caller = asked.validated_data, caller_of(request)
        report = report_of(said["report_id"])
        with acting_on(caller, report.tenant_id):
            notice = actions.raise_notice(
                report.pk,
                finding_id=said["finding_id"],
                reason=Text(said["reason"]["en"], said["reason"]["zh"]),
                author_name=caller.display_name,
            )
        return Response(notices_json([notice])[0], status=status.HTTP_201_CREATED)


_Act = Callable[[UUID, dict[str, Any], str], CriticalNotice]


def _done(
    request: Request,
    notice_id: UUID,
    form: serializers.Serializer[dict[str, Any]],
    act: _Act,
    *,
    may: Granted = may_report_for,
) -> Response:
    """Carry out what a person does about a notice, and return it as it is then."""
    caller = caller_of(request)
    notice: CriticalNotice = get_object_or_404(CriticalNotice, pk=notice_id)
    form.is_valid(raise_exception=True)
    with acting_on(caller, notice.tenant_id, may=may):
        notice = act(notice.pk, form.validated_data, caller.display_name)
    return Response(notices_json([notice])[0])


class CriticalNoticeTellView(APIView):
    """Somebody was told."""

    permission_classes = (requires(REPORT, REVIEW),)

    @extend_schema(request=TellForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Note whom, how and when."""

        def tell(found: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
            telling = Telling(said["recipient"], said["way"], said["read_back"], said["at"])
            return actions.tell_notice(found, telling, author_name=name)

        return _done(request, notice_id, TellForm(data=request.data), tell, may=may_tell_for)


class CriticalNoticeAcknowledgeView(APIView):
    """The recipient has taken it over."""

    permission_classes = (requires(REPORT, REVIEW),)

    @extend_schema(request=AcknowledgeForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Note who and when."""

        def acknowledge(found: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
            return actions.acknowledge_notice(found, by=said["by"], at=said["at"], author_name=name)

        return _done(request, notice_id, AcknowledgeForm(data=request.data), acknowledge, may=may_tell_for)


class CriticalNoticeWithdrawView(APIView):
    """It is no critical finding after all."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=BecauseForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Withdraw it with the reason."""

        def withdraw(found: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
            return actions.withdraw_notice(found, because=said["reason"], author_name=name)

        return _done(request, notice_id, BecauseForm(data=request.data), withdraw)
