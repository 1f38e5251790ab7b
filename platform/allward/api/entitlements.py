"""What publishers allow a hospital, and what it has used; for the hospital's administrator."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.entitlement_forms import EntitlementForm, EntitlementsForm, TokenForm, UsageForm
from allward.api.errors import Refusal
from allward.entitlements.actions import UselessEntitlementError, install_entitlement, remove_entitlement
from allward.entitlements.models import InstalledEntitlement
from allward.entitlements.queries import (
    Held,
    held_by,
    month_of,
    studies_by_month,
    studies_in,
    time_for,
    usage_of,
)
from allward.identity.permissions import ADMINISTER
from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.registry.trust import trust_of
from allward.routing.actions import route_refused_again
from allward.tenancy.models import Tenant
from allward_sdk.errors import UntrustedError

_WRONG_MONTH = Text(
    "The month must be given as YYYY-MM, for instance 2027-01.", "月份格式应为 YYYY-MM，例如 2027-01。"
)


def _held_json(one: Held) -> dict[str, Any]:
    said, quota = one.entitlement, one.entitlement.quota
    return {
        "id": str(one.row.pk),
        "serial": str(said.id),
        "publisher": one.publisher or None,
        "keyid": said.keyid,
        "plugin": said.plugin,
        "kind": said.kind,
        "features": list(said.features),
        "not_before": said.not_before,
        "expires": said.expires,
        "grace_until": said.grace_until,
        "quota": {"studies": quota.studies, "per": quota.per, "used": one.used} if quota else None,
        "issued_at": said.issued_at,
        "installed_at": one.row.installed_at,
        "installed_by": one.row.installed_by,
        "state": one.standing.state,
        "runs": one.standing.runs,
        "text": one.standing.text.to_json(),
    }


class EntitlementsView(APIView):
    """The entitlements of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)
    parser_classes = (JSONParser,)

    @extend_schema(responses={200: EntitlementsForm})
    def get(self, request: Request) -> Response:
        """List them with how each stands, the one that is used first in front."""
        home = caller_of(request).scope.home
        tenant = Tenant.objects.get(pk=home)
        seen = time_for(home)
        behind = seen.behind
        return Response(
            {
                "hospital": {"id": str(home), "code": tenant.code, "tenant": f"{tenant.code}:{home}"},
                "clock": {
                    "at": seen.greatest,
                    "behind_s": None if behind is None else int(behind.total_seconds()),
                },
                "entitlements": [_held_json(one) for one in held_by(home, trust_of(home), seen)],
            }
        )

    @extend_schema(request=TokenForm, responses={201: EntitlementForm, 400: dict})
    def post(self, request: Request) -> Response:
        """Take in the token that is the body; studies that lately lacked one are routed again."""
        token = json.dumps(request.data)
        try:
            with transaction.atomic():
                held = install_entitlement(token, trust_of(caller_of(request).scope.home))
                route_refused_again()
        except UntrustedError as error:
            raise Refusal(
                "entitlement_refused", Text(f"The token is refused: {error}.", f"授权被拒绝：{error}。")
            ) from error
        except UselessEntitlementError as error:
            raise Refusal(
                "entitlement_refused",
                Text(f"The token is refused: {error.text.en}", f"授权被拒绝：{error.text.zh}"),
            ) from error
        return Response(_held_json(held), status=status.HTTP_201_CREATED)


class EntitlementView(APIView):
    """One entitlement of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={204: None, 404: dict})
    def delete(self, request: Request, entitlement_id: UUID) -> Response:
        """Take it out; what has begun under it goes on, and what was counted stays."""
        row = get_object_or_404(
            InstalledEntitlement,
            pk=entitlement_id,
            tenant_id=caller_of(request).scope.home,
            removed_at=None,
        )
        remove_entitlement(row)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CsvRenderer(BaseRenderer):
    """A month's usage as a table for spreadsheets: UTF-8 with its mark, CRLF (RFC 4180)."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the table; a refusal stays JSON."""
        if "usage" not in data:
            return JSONRenderer().render(data)
        text = io.StringIO(newline="")
        table = csv.writer(text)
        table.writerow(("month", "app", "plugin_id", "studies"))
        for line in data["usage"]:
            table.writerow((data["month"], line["app"], line["plugin_id"], line["studies"]))
        return text.getvalue().encode("utf-8-sig")


class UsageView(APIView):
    """How many studies the caller's own hospital had analysed."""

    permission_classes = (requires(ADMINISTER),)
    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        parameters=[
            OpenApiParameter("month", str, description="YYYY-MM, in UTC; left out: the present one"),
            OpenApiParameter("format", str, enum=["json", "csv"]),
        ],
        responses={(200, "application/json"): UsageForm, (200, "text/csv"): str, 400: dict},
    )
    def get(self, request: Request) -> Response:
        """Say it by app and plug-in, as JSON or as CSV."""
        home, month = caller_of(request).scope.home, _month_asked(request)
        lines = [
            {
                "app": line.app,
                "plugin_id": line.plugin_id,
                "studies": line.studies,
                "versions": line.versions,
            }
            for line in usage_of(home, month)
        ]
        months = studies_by_month(home, last=month_of(now()))
        return Response(
            {
                "month": f"{month:%Y-%m}",
                "studies": studies_in(home, month),
                "usage": lines,
                "months": [{"month": f"{one:%Y-%m}", "studies": studies} for one, studies in months],
            }
        )


def _month_asked(request: Request) -> date:
    asked = request.query_params.get("month")
    if asked is None:
        return month_of(now())
    try:
        return datetime.strptime(asked, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Refusal("invalid", _WRONG_MONTH) from error
