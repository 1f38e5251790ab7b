"""The way to a RIS: connections, messages that did not arrive, templates; and the way from it: the launch."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.report_forms import PolicyForm, RisConnectionForm, TemplateForm
from allward.api.report_json import connection_json, message_json, template_json
from allward.identity.permissions import ADMINISTER, REPORT, VIEW
from allward.kernel.texts import Text
from allward.reporting import actions
from allward.reporting.actions.sending import MessageNotFailedError
from allward.reporting.content import Layout, Words
from allward.reporting.facts import same_person_may_verify
from allward.reporting.models import MessageOut, ReportTemplate, RisConnection
from allward.reporting.states import MessageState
from allward.studies.queries import studies_of_order
from allward.tenancy.models import Tenant

_NOT_FAILED = Text(
    "Only a message that failed or waits can be sent again.", "仅发送失败或等待中的消息可重新发送。"
)
_NO_NUMBER = Text("Name the accession number.", "请提供检查号。")


def _settings(request: Request) -> actions.ConnectionSettings:
    asked = RisConnectionForm(data=request.data)
    asked.is_valid(raise_exception=True)
    return actions.ConnectionSettings(**asked.validated_data)


class RisConnectionsView(APIView):
    """The systems that take the reports of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List them, with the messages that did not arrive."""
        home = caller_of(request).scope.home
        rows = RisConnection.objects.filter(tenant_id=home).order_by("name")
        late = MessageOut.objects.filter(
            tenant_id=home, state__in=(MessageState.SCHEDULED, MessageState.FAILED)
        ).select_related("connection", "version")
        return Response(
            {
                "connections": [connection_json(row) for row in rows],
                "messages": [message_json(row) for row in late.order_by("-created_at")[:500]],
            }
        )

    @extend_schema(request=RisConnectionForm, responses={201: dict, 400: dict})
    def post(self, request: Request) -> Response:
        """Add one."""
        row = actions.add_connection(_settings(request))
        return Response(connection_json(row), status=status.HTTP_201_CREATED)


class RisConnectionView(APIView):
    """One of these systems."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=RisConnectionForm, responses={200: dict, 400: dict, 404: dict})
    def put(self, request: Request, connection_id: UUID) -> Response:
        """Change it; a token that is not sent stays."""
        home = caller_of(request).scope.home
        row = get_object_or_404(RisConnection, pk=connection_id, tenant_id=home)
        return Response(connection_json(actions.change_connection(row.pk, _settings(request))))


class ReportMessageRetryView(APIView):
    """The order to send a message again."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, message_id: UUID) -> Response:
        """Send a message of the caller's own hospital that failed or waits again: the same bytes."""
        row = get_object_or_404(MessageOut, pk=message_id, tenant_id=caller_of(request).scope.home)
        try:
            row = actions.retry_message(row.pk)
        except MessageNotFailedError as error:
            raise Refusal("over", _NOT_FAILED, status_code=status.HTTP_409_CONFLICT) from error
        return Response(message_json(row))


class ReportTemplatesView(APIView):
    """How the reports of the caller's own hospital look."""

    def get_permissions(self) -> list[Any]:
        """Let who reports read it, and the administrator change it."""
        return [requires(*((ADMINISTER, REPORT) if self.request.method == "GET" else (ADMINISTER,)))()]

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List the templates; the first one is that of all apps without one of their own."""
        return Response(_templates_json(caller_of(request).scope.home))

    @extend_schema(request=TemplateForm, responses={200: dict, 400: dict})
    def put(self, request: Request) -> Response:
        """Change the template of an app, or the general one."""
        asked = TemplateForm(data=request.data)
        asked.is_valid(raise_exception=True)
        actions.put_template(asked.validated_data["app"], asked.layout)
        return Response(_templates_json(caller_of(request).scope.home))

    @extend_schema(parameters=[OpenApiParameter("app", str)], responses={200: dict})
    def delete(self, request: Request) -> Response:
        """Let the reports of an app look as the others do."""
        actions.remove_template(request.query_params.get("app", ""))
        return Response(_templates_json(caller_of(request).scope.home))


class ReportPolicyView(APIView):
    """Who may verify a report in the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=PolicyForm, responses={200: dict, 400: dict})
    def put(self, request: Request) -> Response:
        """Change it."""
        asked = PolicyForm(data=request.data)
        asked.is_valid(raise_exception=True)
        actions.set_policy(same_person_may_verify=asked.validated_data["same_person_may_verify"])
        return Response(_templates_json(caller_of(request).scope.home))


def _templates_json(tenant_id: UUID) -> dict[str, Any]:
    tenant = Tenant.objects.get(pk=tenant_id)
    hospital = Words(en=tenant.name_en, zh=tenant.name_zh)
    rows = {row.app: row for row in ReportTemplate.objects.filter(tenant_id=tenant_id).order_by("app")}
    listed = [
        template_json(Layout.model_validate(row.layout), app=app, template_id=row.pk, hospital=hospital)
        for app, row in rows.items()
    ]
    if "" not in rows:
        listed.insert(0, template_json(Layout(), app="", template_id=None, hospital=hospital))
    return {"templates": listed, "same_person_may_verify": same_person_may_verify(tenant_id)}


class LaunchView(APIView):
    """The study that a RIS names by its accession number."""

    permission_classes = (requires(VIEW),)

    @extend_schema(
        parameters=[
            OpenApiParameter("accession", str, required=True),
            OpenApiParameter("issuer", str, description="of the accession number; without it any issuer"),
        ],
        responses={200: dict, 400: dict},
    )
    def get(self, request: Request) -> Response:
        """Find the one study; where there are several, nobody guesses."""
        number = request.query_params.get("accession", "").strip()
        if not number or "\0" in number:
            raise Refusal("no_number", _NO_NUMBER)
        issuer = request.query_params.get("issuer", "").strip().replace("\0", "")
        found = studies_of_order(caller_of(request).scope.readable, number, issuer=issuer or None)
        return Response(
            {
                "study_id": str(found[0].pk) if len(found) == 1 else None,
                "found": len(found),
                "issuers": sorted({study.issuer_of_accession_number for study in found}),
            }
        )
