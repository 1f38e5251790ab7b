"""Old studies from the hospital's archives: for its administrator, and a reader's priors."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.retrieval_forms import (
    ArchiveAnswerForm,
    ArchiveForm,
    ArchiveOrderForm,
    ArchiveQueryForm,
    ArchivesForm,
    PriorsForm,
    RetrievalForm,
    RetrievalOrderForm,
    RetrievalsForm,
    RetrievalsQueryForm,
    StudyRowsForm,
)
from allward.api.retrieval_json import archive_json, retrieval_json, study_json
from allward.audit.actions import record
from allward.identity.permissions import ADMINISTER, IMPORT
from allward.kernel.texts import Text
from allward.retrieval.actions import (
    RetrievalOverError,
    Wanted,
    add_archive,
    ask,
    cancel,
    change_archive,
    note_test,
)
from allward.retrieval.archive import ArchiveAwayError, ArchiveRefusedError
from allward.retrieval.models import Retrieval, SourceArchive
from allward.retrieval.priors import Person, find_priors, not_here
from allward.retrieval.queries import archives_of, known_studies, retrievals_of
from allward.retrieval.reaching import asked
from allward.retrieval.rows import StudyQuery, StudyRow
from allward.retrieval.states import Purpose
from allward.studies.models import Study
from allward.tenancy.scope import Scope, within

_OVER = Text("This retrieval has ended already.", "该调取任务已结束。")
_NO_NUMBER = Text(
    "This patient has no number, so no archive can be asked for it.", "该患者没有患者编号，无法向归档查询。"
)
_NO_ARCHIVE = Text(
    "No archive is entered for this hospital: ask its administrator.", "本院未登记归档，请联系管理员。"
)

outside_transactions = method_decorator(transaction.non_atomic_requests, name="dispatch")
"""For views that wait for an archive: no transaction is open meanwhile, short ones are opened by hand."""


def _scope(request: Request) -> Scope:
    return caller_of(request).scope


def _unreachable(error: Exception) -> Refusal:
    words = Text(f"The archive did not answer as asked: {error}.", f"归档未按要求应答：{error}。")
    return Refusal("archive", words, status_code=status.HTTP_502_BAD_GATEWAY)


def _archive(scope: Scope, archive_id: UUID) -> SourceArchive:
    with within(scope):
        row: SourceArchive = get_object_or_404(SourceArchive, pk=archive_id, tenant_id=scope.home)
    return row


def _found(scope: Scope, archive: SourceArchive, query: StudyQuery) -> list[StudyRow]:
    """Ask an archive, and leave in the trail what was asked."""
    with within(scope):
        record(
            tenant_id=scope.home, actor=scope.actor, action="search", what="source archive",
            what_id=str(archive.pk), user_id=scope.user_id, user_tenant_id=scope.home,
            patient_id=query.patient_id, accession_number=query.accession_number,
            study_instance_uid=query.study_instance_uid, dates=query.date_range,
        )  # fmt: skip
    try:
        return asked(archive).find_studies(query)
    except (ArchiveAwayError, ArchiveRefusedError) as error:
        raise _unreachable(error) from error


def _rows_json(scope: Scope, rows: list[StudyRow]) -> list[dict[str, Any]]:
    with within(scope):
        here = known_studies(scope.home, [row.study_instance_uid for row in rows])
    return [study_json(row, instances_here=here.get(row.study_instance_uid, 0)) for row in rows]


class ArchivesView(APIView):
    """The archives of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: ArchivesForm})
    def get(self, request: Request) -> Response:
        """List them by name."""
        return Response({"archives": [archive_json(row) for row in archives_of(_scope(request).home)]})

    @extend_schema(request=ArchiveOrderForm, responses={201: ArchiveForm, 400: dict})
    def post(self, request: Request) -> Response:
        """Add one."""
        form = ArchiveOrderForm(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(archive_json(add_archive(form.settings())), status=status.HTTP_201_CREATED)


class ArchiveView(APIView):
    """One archive."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=ArchiveOrderForm, responses={200: ArchiveForm, 400: dict, 404: dict})
    def put(self, request: Request, archive_id: UUID) -> Response:
        """Replace what is said of it; a secret that is not given stays."""
        row = get_object_or_404(SourceArchive, pk=archive_id, tenant_id=_scope(request).home)
        form = ArchiveOrderForm(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(archive_json(change_archive(row.pk, form.settings())))


@outside_transactions
class ArchiveTestView(APIView):
    """Whether an archive answers."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: ArchiveAnswerForm, 404: dict})
    def post(self, request: Request, archive_id: UUID) -> Response:
        """Ask it by C-ECHO, or by an empty search of its DICOMweb."""
        archive = _archive(_scope(request), archive_id)
        fault = ""
        try:
            asked(archive).test()
        except (ArchiveAwayError, ArchiveRefusedError) as error:
            fault = str(error)
        with within(_scope(request)):
            note_test(archive, error=fault)
        return Response({"answers": not fault, "error": fault or None})


@outside_transactions
class ArchiveQueryView(APIView):
    """Which studies an archive holds."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=ArchiveQueryForm, responses={200: StudyRowsForm, 400: dict, 404: dict, 502: dict})
    def post(self, request: Request, archive_id: UUID) -> Response:
        """Ask it; nothing is fetched."""
        scope = _scope(request)
        archive = _archive(scope, archive_id)
        form = ArchiveQueryForm(data=request.data)
        form.is_valid(raise_exception=True)
        return Response({"studies": _rows_json(scope, _found(scope, archive, form.query()))})


@outside_transactions
class RetrievalsView(APIView):
    """Studies that were asked for, by the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(parameters=[RetrievalsQueryForm], responses={200: RetrievalsForm})
    def get(self, request: Request) -> Response:
        """List them, the newest first."""
        form = RetrievalsQueryForm(data=request.query_params.dict())
        form.is_valid(raise_exception=True)
        said, scope = form.validated_data, _scope(request)
        with within(scope):
            rows = retrievals_of(scope.home, most=said["limit"], state=said["state"])
            return Response({"retrievals": [retrieval_json(row, archive=row.archive.name) for row in rows]})

    @extend_schema(
        request=RetrievalOrderForm, responses={201: RetrievalsForm, 400: dict, 404: dict, 502: dict}
    )
    def post(self, request: Request) -> Response:
        """Queue studies; of a query, all that the archive answers now."""
        scope = _scope(request)
        form = RetrievalOrderForm(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        archive = _archive(scope, said["archive_id"])
        if "query" in said:
            rows = _found(scope, archive, StudyQuery(**said["query"]))
            wanted = [Wanted(study_instance_uid=row.study_instance_uid) for row in rows]
        else:
            wanted = form.wanted()
        with within(scope):
            queued = ask(archive.pk, wanted, outside_window=said["outside_window"]) if wanted else []
        body = {"retrievals": [retrieval_json(row, archive=archive.name) for row in queued]}
        return Response(body, status=status.HTTP_201_CREATED)


class RetrievalCancelView(APIView):
    """The order to give a retrieval up."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: RetrievalForm, 404: dict, 409: dict})
    def post(self, request: Request, retrieval_id: UUID) -> Response:
        """Give it up; a series that is under way still comes in whole."""
        rows = Retrieval.objects.select_related("archive")
        row = get_object_or_404(rows, pk=retrieval_id, tenant_id=_scope(request).home)
        try:
            canceled = cancel(row.pk)
        except RetrievalOverError as error:
            raise Refusal("over", _OVER, status_code=status.HTTP_409_CONFLICT) from error
        return Response(retrieval_json(canceled, archive=row.archive.name))


@outside_transactions
class PriorsView(APIView):
    """The earlier studies of a study's patient, fetched at once for a reader."""

    permission_classes = (requires(IMPORT),)

    @extend_schema(request=None, responses={200: PriorsForm, 404: dict, 409: dict})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Ask every archive for studies of the same patient number and issuer; fetch what is not here.

        They go outside of the window and before all others; that they did stands in the audit trail.
        """
        scope = _scope(request)
        with within(scope):
            rows = Study.objects.select_related("patient")
            study = get_object_or_404(rows, pk=study_id, tenant_id=scope.home)
            archives = archives_of(scope.home, enabled=True)
        if not study.patient.patient_id:
            raise Refusal("no_number", _NO_NUMBER, status_code=status.HTTP_409_CONFLICT)
        if not archives:
            raise Refusal("no_archive", _NO_ARCHIVE, status_code=status.HTTP_409_CONFLICT)
        found = find_priors(archives, Person(study.patient.patient_id, study.patient.issuer))
        queued = []
        missing = not_here(scope.home, found, scope=scope)
        for archive in archives:
            wanted = [
                Wanted(study_instance_uid=row.study_instance_uid)
                for one, row in missing
                if one.pk == archive.pk and row.study_instance_uid != study.study_instance_uid
            ]
            if wanted:
                with within(scope):
                    asked_now = ask(archive.pk, wanted, purpose=Purpose.PRIOR, outside_window=True)
                queued += [retrieval_json(row, archive=archive.name) for row in asked_now]
        seen = {row.study_instance_uid: row for each in found for row in each.rows}
        body = {
            "archives": [
                {"name": each.archive.name, "found": len(each.rows), "error": each.error or None}
                for each in found
            ],
            "studies": _rows_json(scope, list(seen.values())),
            "retrievals": queued,
        }
        return Response(body)
