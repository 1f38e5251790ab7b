"""Reports as files: a PDF for people, FHIR R4 for other systems."""

import re
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.acceptance_reports import PdfRenderer
from allward.api.authentication import caller_of, requires
from allward.api.report_asking import note_view, report_of
from allward.identity.permissions import VIEW
from allward.reporting.content import LANGUAGES, Language
from allward.reporting.fhir_report import bundle_of
from allward.reporting.models import Report, ReportVersion
from allward.reporting.pdf import pdf_of
from allward.reporting.queries import Released, released, unsigned, version_in_force
from allward.reporting.states import AmendmentState, ReportState


class ReportPdfView(APIView):
    """A report on paper."""

    renderer_classes = (PdfRenderer, JSONRenderer)
    permission_classes = (requires(VIEW),)

    @extend_schema(
        parameters=[
            OpenApiParameter("language", str, enum=list(LANGUAGES)),
            OpenApiParameter("version", int, description="a signed one; without it what stands now"),
        ],
        responses={(200, "application/pdf"): bytes, 404: dict},
    )
    def get(self, request: Request, report_id: UUID) -> HttpResponse:
        """Send a signed version, or else what stands now: a draft says on each page that it is one."""
        report = report_of(report_id)
        note_view(caller_of(request), report, form="pdf")
        language: Language = "en" if request.query_params.get("language") == "en" else "zh"
        shown = _shown(report, request.query_params.get("version"))
        response = HttpResponse(pdf_of(shown, language), content_type="application/pdf")
        name = f"report-{report.study.accession_number or str(report.pk)}-{language}.pdf"
        response["Content-Disposition"] = f'inline; filename="{_plain(name)}"'
        response["Cache-Control"] = "private, no-store"
        return response


class ReportFhirView(APIView):
    """A report as FHIR R4."""

    permission_classes = (requires(VIEW),)

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, report_id: UUID) -> Response:
        """Send the version in force with its provenance as a Bundle; a draft is none yet."""
        report = report_of(report_id)
        version = version_in_force(report)
        if version is None:
            raise Http404
        note_view(caller_of(request), report, form="fhir")
        return Response(bundle_of(released(version), pdfs={}), content_type="application/fhir+json")


def _shown(report: Report, version: str | None) -> Released:
    if version is not None:
        if not version.isascii() or not version.isdigit() or len(version) > 6:
            raise Http404
        rows = ReportVersion.objects.filter(report=report)
        return released(get_object_or_404(rows, number=int(version)))
    is_open = report.state == ReportState.DRAFT or report.amendment == AmendmentState.OPEN
    in_force = version_in_force(report)
    return unsigned(report) if is_open or in_force is None else released(in_force)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", name)
