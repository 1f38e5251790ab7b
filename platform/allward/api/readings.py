"""Time per case: a page tells how long somebody reads; administrators see it by app and month."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.correction_forms import FiniteField
from allward.api.errors import Refusal
from allward.identity.permissions import ADMINISTER, REVIEW
from allward.identity.sign_in import may_review_for
from allward.kernel.texts import Text
from allward.results.actions import ReadingOverError, note_reading, open_reading
from allward.results.models import Reading
from allward.results.reading_statistics import CaseTimes, case_times, sittings_of
from allward.runs.models import AppRun
from allward.studies.models import Study
from allward.tenancy.scope import within
from allward_runner.apps import app_names, load_app

_MOST_S = 7 * 24 * 3600
_OVER = Text("This reading has ended.", "本次阅片已结束。")
_NO_GRANT = Text("This hospital lets you read no studies for it.", "该医院未授权您为其阅片。")
_NO_RUN = Text("This app has not run on the study.", "该应用未在此检查上运行。")
_NO_APP = Text("No app", "未使用应用")
_OTHERS = Text("Readers of other hospitals", "其他医院的阅片者")


class ReadingSerializer(serializers.Serializer[dict[str, Any]]):
    """Whose room a study is opened in."""

    app = serializers.CharField(allow_null=True, max_length=64)


class StudyReadingsView(APIView):
    """Somebody sits down in front of a study."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=ReadingSerializer, responses={200: dict, 400: dict, 403: dict, 404: dict})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Begin a reading."""
        said = ReadingSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        caller, app = caller_of(request), said.validated_data["app"] or ""
        study = get_object_or_404(Study, pk=study_id)
        if not may_review_for(caller.scope, study.tenant_id):
            raise Refusal("permission_denied", _NO_GRANT, status_code=status.HTTP_403_FORBIDDEN)
        if app and not AppRun.objects.filter(study=study, app=app).exists():
            raise Refusal("no_run", _NO_RUN)
        with within(caller.scope.acting_for(study.tenant_id)):
            reading = open_reading(study=study, app=app, reader_name=caller.display_name)
        return Response(_reading_json(reading))


class ActivitySerializer(serializers.Serializer[dict[str, Any]]):
    """How long somebody has read until now."""

    active_s = FiniteField(min_value=0, max_value=_MOST_S)
    ended = serializers.BooleanField()


class ReadingView(APIView):
    """One sitting."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=ActivitySerializer, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Note how long it was an active one, and whether it is over."""
        said = ActivitySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        caller = caller_of(request)
        reading = get_object_or_404(Reading, pk=reading_id, reader_id=caller.user_id)
        try:
            with within(caller.scope.acting_for(reading.tenant_id)):
                reading = note_reading(reading_id=reading.pk, **said.validated_data)
        except ReadingOverError as error:
            raise Refusal("over", _OVER, status_code=status.HTTP_409_CONFLICT) from error
        return Response(_reading_json(reading))


class StatisticsQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """By what times are told apart beside app and month."""

    by = serializers.ChoiceField(choices=["app", "person"], required=False, default="app")


class ReadingStatisticsView(APIView):
    """Time per case in the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(parameters=[StatisticsQuerySerializer], responses={200: dict})
    def get(self, request: Request) -> Response:
        """Show median and quartiles by app and month."""
        asked = StatisticsQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        by_person = asked.validated_data["by"] == "person"
        rows = case_times(sittings_of(caller_of(request).scope.home), by_person=by_person)
        return Response({"rows": [_row_json(row, by_person=by_person) for row in rows]})


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "reading_id": str(reading.pk),
        "study_id": str(reading.study_id),
        "app": reading.app or None,
        "opened_at": reading.opened_at.isoformat(),
        "ended_at": reading.ended_at.isoformat() if reading.ended_at else None,
        "active_s": reading.active_s,
    }


def _row_json(row: CaseTimes, *, by_person: bool) -> dict[str, Any]:
    person = Text(row.person, row.person) if row.person is not None else _OTHERS
    return {
        "app": row.app or None,
        "title": _title(row.app),
        "month": row.month,
        "person": person.to_json() if by_person else None,
        "cases": row.cases,
        "readers": row.readers,
        "median_s": row.median_s,
        "q1_s": row.q1_s,
        "q3_s": row.q3_s,
    }


def _title(app: str) -> dict[str, str]:
    """Return an app's name; of one that is installed no longer, its id."""
    if not app:
        return _NO_APP.to_json()
    return load_app(app).title.model_dump() if app in app_names() else Text(app, app).to_json()
