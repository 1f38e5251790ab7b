"""Reports: begun, written, signed, verified, given back, amended, withdrawn."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import NOT_ALLOWED, Refusal
from allward.api.report_asking import (
    acting_on,
    answered,
    done,
    may_withdraw_for,
    note_view,
    report_of,
)
from allward.api.report_forms import (
    ReasonForm,
    RedraftForm,
    ReportChangeForm,
    ReportOrderForm,
    RevisionForm,
)
from allward.api.report_json import may_withdraw, report_json
from allward.identity.permissions import REPORT, VERIFY, VIEW
from allward.identity.sign_in import may_verify_for
from allward.reporting import actions
from allward.reporting.drafting import advice_held, advice_now, counsel_of, draft_of
from allward.reporting.models import Report
from allward.reporting.states import ReportState
from allward.results.models import Result
from allward.studies.models import Study


def _valid(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    validated: dict[str, Any] = form.validated_data
    return validated


class ReportsView(APIView):
    """The reports of a study."""

    def get_permissions(self) -> list[Any]:
        """Let who may view read, and who may report begin one."""
        return [requires(VIEW if self.request.method == "GET" else REPORT)()]

    @extend_schema(
        operation_id="reports_of_study",
        parameters=[OpenApiParameter("study_id", UUID, required=True)],
        responses={200: dict, 404: dict},
    )
    def get(self, request: Request) -> Response:
        """List them; those that were entered in error come last."""
        study = get_object_or_404(Study, pk=_uuid(request.query_params.get("study_id", "")))
        rows = Report.objects.filter(study=study).select_related("result__run", "study__patient")
        listed = sorted(rows, key=lambda row: (row.state == ReportState.ENTERED_IN_ERROR, row.created_at))
        caller = caller_of(request)
        for row in listed:
            note_view(caller, row, form="list")
        return Response({"reports": [report_json(row, caller) for row in listed]})

    @extend_schema(request=ReportOrderForm, responses={201: dict, 200: dict, 404: dict, 409: dict})
    def post(self, request: Request) -> Response:
        """Begin the report of a result's study and app, or return the one that there is."""
        asked = _valid(ReportOrderForm(data=request.data))
        rows = Result.objects.select_related("run")
        result: Result = get_object_or_404(rows, pk=asked["result_id"])
        caller = caller_of(request)
        known = Report.objects.filter(study_id=result.study_id, app=result.run.app)
        is_new = not known.exclude(state=ReportState.ENTERED_IN_ERROR).exists()
        with acting_on(caller, result.tenant_id):
            counsel = counsel_of(result)
            report = actions.draft_report(
                result.pk, draft_of(result, counsel), counsel, author_name=caller.display_name
            )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(report_json(report_of(report.pk), caller), status=code)


class ReportView(APIView):
    """One report."""

    def get_permissions(self) -> list[Any]:
        """Let who may view read, and who may report write."""
        return [requires(VIEW if self.request.method == "GET" else REPORT)()]

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, report_id: UUID) -> Response:
        """Show it with all its versions."""
        note_view(caller_of(request), report_of(report_id), form="page")
        return answered(request, report_id)

    @extend_schema(request=ReportChangeForm, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def put(self, request: Request, report_id: UUID) -> Response:
        """Keep the sentences as they are sent."""
        form = ReportChangeForm(data=request.data)

        def change(report: Report, _: Any) -> None:
            asked = _valid(form)
            actions.change_report(
                report.pk, form.changes, revision=asked["revision"], advice=advice_now(report.result)
            )

        return done(request, report_id, change)


class ReportRedraftView(APIView):
    """The order to draft a report anew."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=RedraftForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Put a new draft in the place of what the app wrote; what people wrote is kept."""

        def redraft(report: Report, _: Any) -> None:
            asked = _valid(RedraftForm(data=request.data))
            rows = Result.objects.select_related("run").filter(tenant_id=report.tenant_id)
            result: Result = get_object_or_404(rows, pk=asked["result_id"])
            counsel = counsel_of(result)
            actions.draft_anew(
                report.pk,
                draft_of(result, counsel),
                counsel,
                result_id=result.pk,
                revision=asked["revision"],
            )

        return done(request, report_id, redraft)


class ReportSignView(APIView):
    """The signature of the reporting physician (报告医师)."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=RevisionForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Sign what is worked on."""

        def sign(report: Report, caller: Any) -> None:
            actions.sign_report(
                report.pk,
                revision=_valid(RevisionForm(data=request.data))["revision"],
                author_name=caller.display_name,
                advice=advice_held(report.result_id),
            )

        return done(request, report_id, sign)


class ReportVerifyView(APIView):
    """The word of the verifying physician (审核医师)."""

    permission_classes = (requires(VERIFY),)

    @extend_schema(request=RevisionForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Verify what was signed."""

        def verify(report: Report, caller: Any) -> None:
            actions.verify_report(
                report.pk,
                revision=_valid(RevisionForm(data=request.data))["revision"],
                author_name=caller.display_name,
                advice=advice_held(report.result_id),
            )

        return done(request, report_id, verify, may=may_verify_for)


class ReportSendBackView(APIView):
    """The word that a signed report is to be written on (退回)."""

    permission_classes = (requires(VERIFY),)

    @extend_schema(request=ReasonForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Give it back with the reason."""

        def send_back(report: Report, caller: Any) -> None:
            asked = _valid(ReasonForm(data=request.data))
            actions.send_back(
                report.pk,
                revision=asked["revision"],
                author_name=caller.display_name,
                because=asked["reason"],
            )

        return done(request, report_id, send_back, may=may_verify_for)


class ReportAmendView(APIView):
    """The beginning and the end of an amendment."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=ReasonForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Begin to change a verified report."""

        def amend(report: Report, caller: Any) -> None:
            asked = _valid(ReasonForm(data=request.data))
            actions.amend_report(
                report.pk,
                revision=asked["revision"],
                author_name=caller.display_name,
                reason=asked["reason"],
            )

        return done(request, report_id, amend)


class ReportGiveUpView(APIView):
    """The word that a verified report stays as it is."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=RevisionForm, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Give the amendment up."""

        def give_up(report: Report, _: Any) -> None:
            revision = _valid(RevisionForm(data=request.data))["revision"]
            actions.give_up_amendment(report.pk, revision=revision)

        return done(request, report_id, give_up)


class ReportWithdrawView(APIView):
    """The word that a report was entered in error."""

    permission_classes = (requires(REPORT),)

    @extend_schema(request=ReasonForm, responses={200: dict, 403: dict, 404: dict, 409: dict})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Withdraw it; what was verified takes somebody who may verify."""

        def withdraw(report: Report, caller: Any) -> None:
            if not may_withdraw(report, caller):
                raise Refusal("permission_denied", NOT_ALLOWED, status_code=status.HTTP_403_FORBIDDEN)
            asked = _valid(ReasonForm(data=request.data))
            actions.withdraw_report(
                report.pk,
                revision=asked["revision"],
                author_name=caller.display_name,
                because=asked["reason"],
            )

        return done(request, report_id, withdraw, may=may_withdraw_for)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
