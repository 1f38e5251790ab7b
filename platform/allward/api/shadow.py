"""Versions in shadow and the drift of enabled ones, for the hospital's administrator."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.shadow_forms import DriftForm, ShadowOrderForm, ShadowsForm
from allward.identity.permissions import ADMINISTER
from allward.registry.models import Installation
from allward.registry.trust import NotPermittedError
from allward.shadow.actions import ShadowRefusedError, begin_shadow, end_shadow
from allward.shadow.drift import ALPHA, BASELINE, BLOCK, Change
from allward.shadow.guard import Guard
from allward.shadow.models import Shadow
from allward.shadow.observing import drift_here, titles_of
from allward.shadow.queries import cases_of, is_stopped, shadows_of, waiting_pairs
from allward.shadow.statistics import Statistics, Table, statistics_of


def _installation(request: Request, installation_id: UUID) -> Installation:
    rows = Installation.objects.select_related("plugin_version")
    return get_object_or_404(rows, pk=installation_id, tenant_id=caller_of(request).scope.home)


class ShadowsView(APIView):
    """The shadow of an installed version."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: ShadowsForm, 404: dict})
    def get(self, request: Request, installation_id: UUID) -> Response:
        """Say how the latest one stands, and that others were before it."""
        return Response(_shadows_json(_installation(request, installation_id)))

    @extend_schema(request=ShadowOrderForm, responses={201: ShadowsForm, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """Begin one: the version runs beside the enabled one, shown to nobody."""
        asked = ShadowOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        installation = _installation(request, installation_id)
        guard = Guard(**asked.validated_data["guard"])
        try:
            begin_shadow(installation.pk, share_percent=asked.validated_data["share_percent"], guard=guard)
        except (ShadowRefusedError, NotPermittedError) as error:
            raise Refusal(error.code, error.text, status_code=status.HTTP_409_CONFLICT) from error
        return Response(_shadows_json(installation), status=status.HTTP_201_CREATED)


class ShadowEndView(APIView):
    """The end of a shadow."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: ShadowsForm, 404: dict, 409: dict})
    def post(self, request: Request, installation_id: UUID) -> Response:
        """End it; what it has been given is still compared."""
        installation = _installation(request, installation_id)
        try:
            end_shadow(installation.pk)
        except ShadowRefusedError as error:
            raise Refusal(error.code, error.text, status_code=status.HTTP_409_CONFLICT) from error
        return Response(_shadows_json(installation))


class DriftView(APIView):
    """What an enabled version says over time."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: DriftForm, 404: dict})
    def get(self, request: Request, installation_id: UUID) -> Response:
        """Say it week by week, and what changed against the first studies."""
        installation = _installation(request, installation_id)
        drift, titles = drift_here(installation), titles_of(installation.plugin_version)
        return Response(
            {
                "studies": drift.studies,
                "watched": drift.watched,
                "baseline": BASELINE,
                "block": BLOCK,
                "alpha": ALPHA,
                "labels": [{"name": name, "title": title.to_json()} for name, title in titles.items()],
                "weeks": [asdict(week) for week in drift.weeks],
                "changes": [_change_json(change) for change in drift.changes],
            }
        )


def _change_json(change: Change) -> dict[str, Any]:
    told = asdict(change) | {"of": change.label, "text": change.text.to_json()}
    return {name: value for name, value in told.items() if name not in ("label", "name")}


def _shadows_json(installation: Installation) -> dict[str, Any]:
    rows = list(shadows_of(installation.tenant_id, installation.pk))
    return {
        "shadow": _detail_json(rows[0], installation) if rows else None,
        "earlier": [_shadow_json(row) for row in rows[1:]],
    }


def _shadow_json(row: Shadow) -> dict[str, Any]:
    state = "ended" if row.ended_at else "stopped" if is_stopped(row) else "running"
    return {
        "id": str(row.pk),
        "state": state,
        "share_percent": row.share_percent,
        "guard": row.guard,
        "begun_at": row.begun_at,
        "begun_by": row.begun_by,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by,
        "worse": {"at": row.worse_at, "reasons": row.worse_reasons} if row.worse_at else None,
        "kept_back": row.kept_back,
    }


def _detail_json(row: Shadow, installation: Installation) -> dict[str, Any]:
    told = statistics_of(cases_of(row))
    return {
        **_shadow_json(row),
        "waiting": waiting_pairs(row),
        "statistics": _statistics_json(told, installation),
    }


def _statistics_json(told: Statistics, installation: Installation) -> dict[str, Any]:
    titles = titles_of(installation.plugin_version)
    return {
        **asdict(told),
        "found": _table_json(told.found),
        "failed": _table_json(told.failed),
        "right": _table_json(told.right),
        "labels": [
            {"name": name, "title": titles[name].to_json(), **asdict(label)}
            for name, label in told.labels.items()
        ],
    }


def _table_json(table: Table) -> dict[str, Any]:
    counts = asdict(table)
    del counts["differences"]
    return {**counts, "kappa": table.kappa, "p": table.p}
