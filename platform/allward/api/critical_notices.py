"""Critical notices (危急值): listed, raised, told, acknowledged, withdrawn."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.report_asking import acting_on, report_of
from allward.api.report_forms import AcknowledgeForm, BecauseForm, NoticeForm, TellForm
from allward.api.report_json import notices_json
from allward.identity.permissions import REPORT, REVIEW, VIEW
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


class _NoticeView(APIView):
    """What a person does about one notice."""

    form: type[serializers.Serializer[dict[str, Any]]]

    def _done(self, request: Request, notice_id: UUID) -> Response:
        caller = caller_of(request)
        notice: CriticalNotice = get_object_or_404(CriticalNotice, pk=notice_id)
        asked = self.form(data=request.data)
        asked.is_valid(raise_exception=True)
        with acting_on(caller, notice.tenant_id):
            notice = self.act(notice.pk, asked.validated_data, caller.display_name)
        return Response(notices_json([notice])[0])

    def act(self, notice_id: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
        """Do it."""
        raise NotImplementedError


class CriticalNoticeTellView(_NoticeView):
    """Somebody was told."""

    form = TellForm
    permission_classes = (requires(REPORT, REVIEW),)

    @extend_schema(request=TellForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Note whom, how and when."""
        return self._done(request, notice_id)

    def act(self, notice_id: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
        """Note it."""
        telling = Telling(said["recipient"], said["way"], said["read_back"], said["at"])
        return actions.tell_notice(notice_id, telling, author_name=name)


class CriticalNoticeAcknowledgeView(_NoticeView):
    """The recipient has taken it over."""

    form = AcknowledgeForm
    permission_classes = (requires(REPORT, REVIEW),)

    @extend_schema(request=AcknowledgeForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Note who and when."""
        return self._done(request, notice_id)

    def act(self, notice_id: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
        """Note it."""
        return actions.acknowledge_notice(notice_id, by=said["by"], at=said["at"], author_name=name)


class CriticalNoticeWithdrawView(_NoticeView):
    """It is no critical finding after all."""

    form = BecauseForm
    permission_classes = (requires(REPORT),)

    @extend_schema(request=BecauseForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Withdraw it with the reason."""
        return self._done(request, notice_id)

    def act(self, notice_id: UUID, said: dict[str, Any], name: str) -> CriticalNotice:
        """Withdraw it."""
        return actions.withdraw_notice(notice_id, because=said["reason"], author_name=name)
