"""Corrections by readers: what an app found is measured, outlined, added, merged, split, and taken back."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.correction_forms import CorrectionSerializer, edit_request
from allward.api.correction_json import corrections_json
from allward.api.errors import Refusal
from allward.identity.permissions import REVIEW, VIEW
from allward.identity.sign_in import Caller, may_review_for
from allward.kernel.texts import Text
from allward.results.actions import (
    Author,
    ReviewConflictError,
    ReviewRefusedError,
    SightOutdatedError,
    UnseenError,
    accept_all,
    note_sight,
    store_edit,
    undo_edit,
)
from allward.results.correcting import app_version_of, change_of
from allward.results.edit_refusals import CorrectionRefusedError, why_not
from allward.results.models import EditKind, FindingRecord, Result
from allward.tenancy.scope import within

_MOVED = Text(
    "Somebody else has corrected this result; look at it again.", "该结果已被他人修改，请刷新后再看。"
)
_NO_GRANT = Text(
    "This hospital lets you read its studies, not correct them.", "该医院仅授权您阅览，未授权修改。"
)
_UNSEEN = Text(
    "Look at every finding first; {} have not been on your screen as they are now.",
    "请先逐一查看所有发现；尚有 {} 个发现的当前状态未在您的屏幕上显示过。",
)


class CorrectionsView(APIView):
    """The corrections of a result."""

    def get_permissions(self) -> list[Any]:
        """Let who may view read the history, and who may review correct."""
        return [requires(VIEW if self.request.method == "GET" else REVIEW)()]

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, result_id: UUID) -> Response:
        """Show the history, and what the caller has seen."""
        return Response(corrections_json(_result(result_id), viewer_id=caller_of(request).user_id))

    @extend_schema(request=CorrectionSerializer, responses={200: dict, 400: dict, 404: dict, 409: dict})
    def post(self, request: Request, result_id: UUID) -> Response:
        """Correct, or take the last correction back."""
        said = CorrectionSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        kind, version = said.validated_data["kind"], said.validated_data["version"]
        asked = None if kind == EditKind.UNDO else edit_request(kind, request.data)
        caller, result = caller_of(request), _result(result_id)
        _may_change(caller, result.tenant_id)
        author = Author(caller.display_name, accepts=said.validated_data["accept"])
        if result.version != version:
            raise _conflict()
        try:
            with within(caller.scope.acting_for(result.tenant_id)):
                if asked is None:
                    _refuse(why_not(result))
                    undo_edit(
                        result_id=result.pk,
                        version=version,
                        author=author,
                        app_version=app_version_of(result),
                    )
                else:
                    store_edit(result_id=result.pk, change=change_of(result, asked), author=author)
        except CorrectionRefusedError as error:
            raise Refusal("correction_refused", error.text) from error
        except ReviewConflictError as error:
            raise _conflict() from error
        except ReviewRefusedError as error:
            raise Refusal("correction_refused", Text(str(error), f"无法修改：{error}")) from error
        return Response(corrections_json(_result(result_id), viewer_id=caller.user_id))


class SeenSerializer(serializers.Serializer[dict[str, Any]]):
    """As what somebody saw a finding."""

    edits = serializers.IntegerField(min_value=0)


class FindingSeenView(APIView):
    """That somebody looked at a finding."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=SeenSerializer, responses={200: dict, 403: dict, 404: dict, 409: dict})
    def post(self, request: Request, finding_id: UUID) -> Response:
        """Note that the caller has had it on the screen as it is."""
        said = SeenSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        caller = caller_of(request)
        finding = get_object_or_404(FindingRecord, pk=finding_id)
        _may_change(caller, finding.tenant_id)
        try:
            with within(caller.scope.acting_for(finding.tenant_id)):
                note_sight(finding_id=finding.pk, edits=said.validated_data["edits"])
        except SightOutdatedError as error:
            raise _conflict() from error
        return Response({"finding_id": str(finding.pk), "seen": True})


class AcceptAllSerializer(serializers.Serializer[dict[str, Any]]):
    """Which state of a result is accepted as a whole."""

    version = serializers.IntegerField(min_value=1)


class AcceptAllView(APIView):
    """One word on all findings that have none yet."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=AcceptAllSerializer, responses={200: dict, 403: dict, 404: dict, 409: dict})
    def post(self, request: Request, result_id: UUID) -> Response:
        """Accept them, if the caller has seen each as it is now."""
        said = AcceptAllSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        caller, result = caller_of(request), _result(result_id)
        _may_change(caller, result.tenant_id)
        try:
            with within(caller.scope.acting_for(result.tenant_id)):
                accepted = accept_all(
                    result_id=result.pk,
                    version=said.validated_data["version"],
                    author_name=caller.display_name,
                )
        except UnseenError as error:
            count = len(error.finding_ids)
            raise Refusal(
                "unseen",
                Text(_UNSEEN.en.format(count), _UNSEEN.zh.format(count)),
                status_code=status.HTTP_409_CONFLICT,
                fields={"unseen": [str(each) for each in error.finding_ids]},
            ) from error
        except ReviewConflictError as error:
            raise _conflict() from error
        except ReviewRefusedError as error:
            raise Refusal("review_refused", Text(str(error), f"无法审阅：{error}")) from error
        return Response({"result_id": str(result.pk), "accepted": [str(each) for each in accepted]})


def _result(result_id: UUID) -> Result:
    found: Result = get_object_or_404(Result.objects.select_related("run", "series"), pk=result_id)
    return found


def _may_change(caller: Caller, tenant_id: UUID) -> None:
    if not may_review_for(caller.scope, tenant_id):
        raise Refusal("permission_denied", _NO_GRANT, status_code=status.HTTP_403_FORBIDDEN)


def _conflict() -> Refusal:
    return Refusal("conflict", _MOVED, status_code=status.HTTP_409_CONFLICT)


def _refuse(why: Text | None) -> None:
    if why is not None:
        raise CorrectionRefusedError(why)
