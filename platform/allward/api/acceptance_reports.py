"""Reports of sets of past cases, what is accepted on their ground, and where that is asked for."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.acceptance import actions
from allward.acceptance.models import AcceptanceReport
from allward.acceptance.pdf import LANGUAGES
from allward.acceptance.queries import report_of, requirement_of
from allward.api.acceptance_forms import AcceptanceSetDetailForm, AcceptanceSettingsForm
from allward.api.acceptance_json import settings_json
from allward.api.acceptance_orders import AcceptOrderForm, RequirementOrderForm
from allward.api.acceptance_refusals import acceptance_set, detail_of, refusing
from allward.api.authentication import caller_of, requires
from allward.api.results import BytesRenderer
from allward.identity.permissions import ADMINISTER
from allward.registry.models import Installation
from allward.registry.queries import departments_of
from allward.storage.place import storage


def _report(request: Request, set_id: UUID) -> AcceptanceReport:
    report = report_of(acceptance_set(request, set_id))
    if report is None:
        raise Http404
    return report


def _file(key: str, *, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(storage().read(key), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class PdfRenderer(BytesRenderer):
    """Lets a caller ask for a PDF by its media type."""

    media_type = "application/pdf"
    format = "pdf"


class AcceptanceReportJsonView(APIView):
    """The report of a set: a DSSE envelope that the hospital's own key signed."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(
        operation_id="acceptance_report_json", responses={(200, "application/json"): bytes, 404: dict}
    )
    def get(self, request: Request, set_id: UUID) -> HttpResponse:
        """Send the file whose sha256 is the report's digest."""
        report = _report(request, set_id)
        name = f"acceptance-{report.digest[:12]}.json"
        return _file(report.json_key, content_type="application/json", name=name)


class AcceptanceReportPdfView(APIView):
    """The report of a set, for people."""

    renderer_classes = (PdfRenderer, JSONRenderer)
    permission_classes = (requires(ADMINISTER),)

    @extend_schema(
        operation_id="acceptance_report_pdf",
        parameters=[OpenApiParameter("language", str, enum=list(LANGUAGES))],
        responses={(200, "application/pdf"): bytes, 404: dict},
    )
    def get(self, request: Request, set_id: UUID) -> HttpResponse:
        """Send it in English, or in the language that is asked for."""
        report = _report(request, set_id)
        asked = request.query_params.get("language", "en")
        language = asked if asked in LANGUAGES else "en"
        name = f"acceptance-{report.digest[:12]}-{language}.pdf"
        return _file(report.pdf_keys[language], content_type="application/pdf", name=name)


class AcceptanceAcceptView(APIView):
    """The word of an administrator that a version may be enabled."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(
        request=AcceptOrderForm, responses={200: AcceptanceSetDetailForm, 400: dict, 404: dict, 409: dict}
    )
    def post(self, request: Request, set_id: UUID) -> Response:
        """Accept an installation of the set's version on the ground of its report."""
        asked = AcceptOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        one = acceptance_set(request, set_id)
        rows = Installation.objects.filter(tenant_id=one.tenant_id, plugin_version=one.plugin_version)
        row = get_object_or_404(rows, pk=asked.validated_data["installation_id"])
        with refusing():
            actions.accept_version(one.pk, installation_id=row.pk, remark=asked.validated_data["remark"])
        return Response(detail_of(request, one.pk))


class AcceptanceSettingsView(APIView):
    """Where a version has to be accepted before it is enabled."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(operation_id="acceptance_settings", responses={200: AcceptanceSettingsForm})
    def get(self, request: Request) -> Response:
        """Say it for the hospital and each department."""
        return Response(settings_json(requirement_of(caller_of(request).scope.home)))

    @extend_schema(
        request=RequirementOrderForm, responses={200: AcceptanceSettingsForm, 400: dict, 404: dict}
    )
    def put(self, request: Request) -> Response:
        """Change it for a department, or for the whole hospital."""
        asked = RequirementOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        home, code = caller_of(request).scope.home, asked.validated_data["department"]
        department = None if code is None else get_object_or_404(departments_of(home), code=code)
        actions.set_requirement(department, asked.validated_data["required"])
        return Response(settings_json(requirement_of(home)))
