"""Label maps for the screen, reviews, and orders to run again."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.audit.actions import record
from allward.identity.permissions import REVIEW, RUN, VIEW
from allward.identity.sign_in import may_review_for
from allward.kernel.states import ForbiddenTransitionError
from allward.kernel.texts import Text
from allward.results.actions import ReviewConflictError, ReviewRefusedError, review_finding
from allward.results.models import FindingRecord, Result
from allward.runs.actions import NothingToRepeatError, cancel_run, repeat_run
from allward.runs.models import AppRun
from allward.storage.place import storage
from allward.tenancy.scope import within
from allward.worklist.detail import finding_json

_MOVED = Text(
    "Somebody else has reviewed this finding; look at it again.", "该发现已被他人审阅，请刷新后再看。"
)
_NO_GRANT = Text(
    "This hospital lets you read its studies, not review them.", "该医院仅授权您阅览，未授权审阅。"
)
_OVER = Text("This run has ended already.", "该任务已结束。")


class BytesRenderer(JSONRenderer):
    """Lets a caller ask for bytes; a refusal is JSON all the same."""

    media_type = "application/octet-stream"
    format = "bytes"


class LabelMapView(APIView):
    """The label map of a result, gzip-encoded uint8 in (k, j, i)."""

    renderer_classes = (BytesRenderer, JSONRenderer)
    permission_classes = (requires(VIEW),)

    @extend_schema(responses={(200, "application/octet-stream"): bytes, 404: dict})
    def get(self, request: Request, segmentation_id: UUID) -> HttpResponse:
        """Send it as it is stored."""
        result: Result = get_object_or_404(Result.objects.exclude(labelmap_key=""), pk=segmentation_id)
        caller = caller_of(request)
        with within(caller.scope.acting_for(result.tenant_id)):
            record(
                tenant_id=result.tenant_id, actor=caller.username, action="view", what="segmentation",
                what_id=str(result.pk), user_id=caller.user_id, user_tenant_id=caller.scope.home,
            )  # fmt: skip
        response = HttpResponse(storage().read(result.labelmap_key), content_type="application/octet-stream")
        response["Content-Encoding"] = "gzip"
        response["Cache-Control"] = "private, no-cache"
        return response


class ReviewSerializer(serializers.Serializer[dict[str, Any]]):
    """A person's word on a finding."""

    decision = serializers.ChoiceField(choices=["accept", "reject", "reset"])
    reason = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, default=None, max_length=40
    )
    version = serializers.IntegerField(min_value=1)


class FindingReviewView(APIView):
    """The review of one finding."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=ReviewSerializer, responses={200: dict, 403: dict, 404: dict, 409: dict})
    def post(self, request: Request, finding_id: UUID) -> Response:
        """Accept, reject with a reason, or take the word back."""
        word = ReviewSerializer(data=request.data)
        word.is_valid(raise_exception=True)
        caller = caller_of(request)
        finding = get_object_or_404(FindingRecord, pk=finding_id)
        if not may_review_for(caller.scope, finding.tenant_id):
            raise Refusal("permission_denied", _NO_GRANT, status_code=status.HTTP_403_FORBIDDEN)
        try:
            with within(caller.scope.acting_for(finding.tenant_id)):
                finding = review_finding(
                    finding_id=finding.pk,
                    decision=word.validated_data["decision"],
                    reason=word.validated_data["reason"] or "",
                    version=word.validated_data["version"],
                    author_name=caller.display_name,
                )
        except ReviewConflictError as error:
            raise Refusal("conflict", _MOVED, status_code=status.HTTP_409_CONFLICT) from error
        except ReviewRefusedError as error:
            raise Refusal("review_refused", Text(str(error), f"无法审阅：{error}")) from error
        return Response(finding_json(finding))


class RunCancelView(APIView):
    """The cancellation of a run."""

    permission_classes = (requires(RUN),)

    @extend_schema(request=None, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Cancel a run of the caller's own hospital."""
        run = get_object_or_404(AppRun, pk=run_id, tenant_id=caller_of(request).scope.home)
        try:
            cancel_run(run_id=run.pk)
        except ForbiddenTransitionError as error:
            raise Refusal("over", _OVER, status_code=status.HTTP_409_CONFLICT) from error
        return Response({"run_id": str(run.pk), "state": "CANCELED"})


class RunRepeatView(APIView):
    """The order to try a failed run again."""

    permission_classes = (requires(RUN),)

    @extend_schema(request=None, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Schedule the failed jobs of a run of the caller's own hospital again."""
        run = get_object_or_404(AppRun, pk=run_id, tenant_id=caller_of(request).scope.home)
        try:
            run = repeat_run(run_id=run.pk)
        except NothingToRepeatError as error:
            raise Refusal("over", _OVER, status_code=status.HTTP_409_CONFLICT) from error
        return Response({"run_id": str(run.pk), "state": run.state})
