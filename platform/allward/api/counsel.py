"""What guidelines advise on a result, what readers answer, and which guidelines a hospital uses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.counsel_json import advised_json, guidelines_json, tables_json
from allward.api.errors import Refusal
from allward.audit.actions import record
from allward.counsel.actions import (
    AnswersNotInForceError,
    CounselConflictError,
    UnknownGuidelineError,
    answer,
    use_guidelines,
)
from allward.counsel.advising import counsel_on
from allward.counsel.answering import AnswerRefusedError, Given
from allward.identity.permissions import ADMINISTER, REVIEW, VIEW
from allward.identity.sign_in import may_review_for
from allward.kernel.texts import Text
from allward.results.models import Result
from allward.tenancy.scope import within

_MOVED = Text("Somebody else has changed this; look at it again.", "内容已被他人更改，请刷新后再看。")
_NO_GRANT = Text(
    "This hospital lets you read its studies, not review them.", "该医院仅授权您阅览，未授权审阅。"
)
_HISTORY = Text(
    "This result is no longer in force; answer to the newer one.", "该结果已失效，请在新结果中作答。"
)
_UNKNOWN = Text(
    "The app brings no such guideline, or one is named twice.", "该应用没有此指南，或同一指南重复出现。"
)


_MOST = 10**15
"""No patient and no finding has a greater number; a float still holds it."""


class AnswerField(serializers.JSONField):
    """Yes or no, a number, a text, or null."""

    def to_internal_value(self, data: Any) -> Any:
        """Let through what JSON has for one value."""
        if isinstance(data, bool | float) or (isinstance(data, int) and abs(data) <= _MOST):
            return data
        if isinstance(data, str) and len(data) <= 400 and "\0" not in data:
            return data
        raise serializers.ValidationError("an answer is true, false, a number, a text or null")


_MOST_NAMED = 1000
"""More findings, or questions on one, no result has."""


class AnswersField(serializers.DictField):
    """Things by their names; a name is a short text."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what can be no name, and more than anybody asked."""
        if isinstance(data, dict) and not _are_names(data):
            raise serializers.ValidationError(f"up to {_MOST_NAMED} names of up to 100 characters")
        return super().to_internal_value(data)


def _are_names(data: dict[Any, Any]) -> bool:
    return len(data) <= _MOST_NAMED and all(
        isinstance(name, str) and len(name) <= 100 and name.isprintable() for name in data
    )


class AnswersSerializer(serializers.Serializer[dict[str, Any]]):
    """Answers that are to change."""

    version = serializers.IntegerField(min_value=0)
    of_patient = AnswersField(child=AnswerField(allow_null=True), required=False, default=dict)
    of_findings = AnswersField(
        child=AnswersField(child=AnswerField(allow_null=True)), required=False, default=dict
    )


class GuidelinesSerializer(serializers.Serializer[dict[str, Any]]):
    """The guidelines that a hospital uses with an app."""

    app = serializers.CharField(max_length=100)
    version = serializers.IntegerField(min_value=0)
    in_use = serializers.ListField(child=serializers.CharField(max_length=100), max_length=50)


class CounselView(APIView):
    """What guidelines and models say of a result, and what they have to know."""

    def get_permissions(self) -> list[Any]:
        """Who sees images reads it; who reviews answers."""
        return [requires(VIEW if self.request.method == "GET" else REVIEW)()]

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, result_id: UUID) -> Response:
        """Advise over accepted findings."""
        result: Result = get_object_or_404(Result.objects.select_related("run"), pk=result_id)
        caller = caller_of(request)
        with within(caller.scope.acting_for(result.tenant_id)):
            record(
                tenant_id=result.tenant_id, actor=caller.username, action="view", what="counsel",
                what_id=str(result.pk), user_id=caller.user_id, user_tenant_id=caller.scope.home,
            )  # fmt: skip
        return Response(advised_json(counsel_on(result)))

    @extend_schema(request=AnswersSerializer, responses={200: dict, 403: dict, 404: dict, 409: dict})
    def post(self, request: Request, result_id: UUID) -> Response:
        """Answer questions, or take answers back; the advice follows at once."""
        asked = AnswersSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said: Mapping[str, Any] = asked.validated_data
        caller = caller_of(request)
        result: Result = get_object_or_404(Result.objects.select_related("run"), pk=result_id)
        if not may_review_for(caller.scope, result.tenant_id):
            raise Refusal("permission_denied", _NO_GRANT, status_code=status.HTTP_403_FORBIDDEN)
        try:
            with within(caller.scope.acting_for(result.tenant_id)):
                answer(
                    result_id=result.pk, given=Given(said["of_patient"], said["of_findings"]),
                    version=said["version"], author_name=caller.display_name,
                )  # fmt: skip
        except CounselConflictError as error:
            raise Refusal("conflict", _MOVED, status_code=status.HTTP_409_CONFLICT) from error
        except AnswersNotInForceError as error:
            raise Refusal("not_in_force", _HISTORY) from error
        except AnswerRefusedError as error:
            raise Refusal("answer_refused", error.text) from error
        return Response(advised_json(counsel_on(result)))


class GuidelinesView(APIView):
    """Which guidelines the caller's own hospital uses, by app."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List every app that advises."""
        return Response(guidelines_json(caller_of(request).scope.home))

    @extend_schema(request=GuidelinesSerializer, responses={200: dict, 400: dict, 409: dict})
    def put(self, request: Request) -> Response:
        """Set them for one app; what is advised from now on follows."""
        asked = GuidelinesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            use_guidelines(**asked.validated_data)
        except CounselConflictError as error:
            raise Refusal("conflict", _MOVED, status_code=status.HTTP_409_CONFLICT) from error
        except UnknownGuidelineError as error:
            raise Refusal("unknown_guideline", _UNKNOWN) from error
        return Response(guidelines_json(caller_of(request).scope.home))


class GuidelineTablesView(APIView):
    """The tables that the guidelines stand in, as the apps read them."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """Show every rule with its id, whether the hospital uses the guideline or not."""
        return Response(tables_json())
