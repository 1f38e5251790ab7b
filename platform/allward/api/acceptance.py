"""Acceptance: sets of past cases, put together, run, and deleted. Their reports: `acceptance_reports.py`."""

from datetime import date
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.acceptance import actions
from allward.acceptance.queries import Asked, counts_of, requirement_of, series_to_choose, sets_of
from allward.api.acceptance_forms import (
    AcceptanceSetDetailForm,
    AcceptanceSetsForm,
    CasesAddedForm,
    SeriesChoicesForm,
)
from allward.api.acceptance_json import choices_json, set_json, settings_json
from allward.api.acceptance_orders import AcceptanceSetOrderForm, CaseOrdersForm, TableParser, case_orders
from allward.api.acceptance_refusals import acceptance_set, detail_of, refusing
from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.parameters import refused_by_field
from allward.identity.permissions import ADMINISTER
from allward.kernel.texts import Text
from allward.registry.models import VersionImport
from allward_sdk.manifest import Manifest

_UNKNOWN_VERSION = Text("This hospital has not taken that version in.", "本院未导入该版本。")
_WRONG_DATE = Text("A date must be given as YYYY-MM-DD.", "日期格式应为 YYYY-MM-DD。")


class AcceptanceSetsView(APIView):
    """The sets of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(operation_id="acceptance_list", responses={200: AcceptanceSetsForm})
    def get(self, request: Request) -> Response:
        """List them, the newest first, with where acceptance is asked for."""
        home = caller_of(request).scope.home
        counted = counts_of(home)
        sets = [set_json(one, counted.get(one.pk, {})) for one in sets_of(home)]
        return Response({"sets": sets, "settings": settings_json(requirement_of(home))})

    @extend_schema(
        request=AcceptanceSetOrderForm,
        responses={201: AcceptanceSetDetailForm, 400: dict, 404: dict, 409: dict},
    )
    def post(self, request: Request) -> Response:
        """Make a set for a version that the hospital has taken in."""
        asked = AcceptanceSetOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        home = caller_of(request).scope.home
        known = VersionImport.objects.filter(tenant_id=home, plugin_version_id=said["version_id"])
        taken_in = known.select_related("plugin_version").first()
        if taken_in is None:
            raise Refusal("unknown_version", _UNKNOWN_VERSION)
        order = actions.SetOrder(
            name=said["name"],
            version=taken_in.plugin_version,
            slot=said["slot"],
            label=said["label"],
            least_score=said["least_score"],
            parameters=said["parameters"],
            cases_of=None if said["cases_of"] is None else acceptance_set(request, said["cases_of"]),
        )
        with refusing(), refused_by_field():
            made = actions.create_set(order)
        return Response(detail_of(request, made.pk), status=status.HTTP_201_CREATED)


class AcceptanceSetView(APIView):
    """One set."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(operation_id="acceptance_retrieve", responses={200: AcceptanceSetDetailForm, 404: dict})
    def get(self, request: Request, set_id: UUID) -> Response:
        """Say all of it, with its cases, and its figures once they are there."""
        return Response(detail_of(request, set_id))

    @extend_schema(responses={204: None, 404: dict, 409: dict})
    def delete(self, request: Request, set_id: UUID) -> Response:
        """Delete a set that has not run to its end."""
        one = acceptance_set(request, set_id)
        with refusing():
            actions.delete_set(one.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AcceptanceCasesView(APIView):
    """The cases of a set that is being put together."""

    permission_classes = (requires(ADMINISTER),)
    parser_classes = (JSONParser, TableParser)

    @extend_schema(
        request={"application/json": CaseOrdersForm, "text/csv": str},
        responses={200: CasesAddedForm, 400: dict, 404: dict, 409: dict},
    )
    def post(self, request: Request, set_id: UUID) -> Response:
        """Add cases, or change what is known of those that are there: all of them or none."""
        one = acceptance_set(request, set_id)
        with refusing():
            added, changed = actions.put_cases(one.pk, case_orders(request))
        return Response({"added": added, "changed": changed, "set": detail_of(request, one.pk)})


class AcceptanceCaseView(APIView):
    """One case."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={204: None, 404: dict, 409: dict})
    def delete(self, request: Request, set_id: UUID, case_id: UUID) -> Response:
        """Take it out of its set."""
        one = acceptance_set(request, set_id)
        with refusing():
            dropped = actions.drop_case(one.pk, case_id)
        if not dropped:
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class AcceptanceSeriesView(APIView):
    """Stored series that the plug-in of a set may be tried on."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "text", str, description="beginning of accession number, study or series description"
            ),
            OpenApiParameter("from", date, description="earliest study date"),
            OpenApiParameter("to", date, description="latest study date"),
        ],
        responses={200: SeriesChoicesForm, 400: dict, 404: dict},
    )
    def get(self, request: Request, set_id: UUID) -> Response:
        """List them, the newest study first; nothing is said of patients."""
        one = acceptance_set(request, set_id)
        asked = Asked(
            request.query_params.get("text", "").strip(), _date(request, "from"), _date(request, "to")
        )
        manifest = Manifest.model_validate(one.plugin_version.manifest)
        return Response(choices_json(one, series_to_choose(one.tenant_id, manifest, asked)))


def _date(request: Request, name: str) -> date | None:
    said = request.query_params.get(name)
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise Refusal("invalid", _WRONG_DATE) from error


class AcceptanceStartView(APIView):
    """The beginning of a set's run."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: AcceptanceSetDetailForm, 404: dict, 409: dict})
    def post(self, request: Request, set_id: UUID) -> Response:
        """Run every case that is not over, behind all other work."""
        one = acceptance_set(request, set_id)
        with refusing():
            actions.start_set(one.pk)
        return Response(detail_of(request, one.pk))


class AcceptanceCancelView(APIView):
    """The end of a set's run before its time."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: AcceptanceSetDetailForm, 404: dict, 409: dict})
    def post(self, request: Request, set_id: UUID) -> Response:
        """Run no further case; what is done stays."""
        one = acceptance_set(request, set_id)
        with refusing():
            actions.cancel_set(one.pk)
        return Response(detail_of(request, one.pk))
