"""The vendor's side of publishing: keys, packages that are handed in, and what became of them."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.packages import PackageParser, received_package
from allward.api.publishing_forms import (
    CheckLogForm,
    KeyChangeForm,
    KeyRegistrationForm,
    SubmissionDetailForm,
    SubmissionForm,
    SubmissionsForm,
    VendorKeyForm,
    VendorKeysForm,
    VersionWithdrawForm,
)
from allward.api.publishing_json import detail_json, key_json, log_json, submissions_json
from allward.identity.permissions import PUBLISH
from allward.kernel.states import ForbiddenTransitionError
from allward.kernel.texts import Text
from allward.publishing.actions import (
    AlreadySubmittedError,
    TooManyOpenError,
    change_key,
    register_key,
    submit_package,
    yank_submission,
)
from allward.publishing.models import Submission, VendorKey
from allward.publishing.queries import lines_of, submissions_of
from allward.publishing.states import KeyState
from allward.tenancy.models import Tenant
from allward_sdk.errors import ManifestError, UntrustedError
from allward_sdk.trust.keys import PublisherKey

_ALREADY = Text(
    "This version was handed in before. Raise the version and sign the package again.",
    "该版本已提交过。请提高版本号并重新签名。",
)
LOG_PARAMETERS = [
    OpenApiParameter("check", int, description="number of the check whose lines the reader has"),
    OpenApiParameter("after", int, description="how many of them"),
]


def wrong_state(error: ForbiddenTransitionError, state: str) -> Refusal:
    """Return the refusal of a move that the table of states does not know."""
    text = Text(f"This cannot be done: {error}.", f"无法执行：当前状态为“{state}”。")
    return Refusal("wrong_state", text, status_code=status.HTTP_409_CONFLICT)


def log_answer(request: Request, row: Submission) -> Response:
    """Answer with the lines of a check that the reader has not got yet."""

    def number(name: str) -> int | None:
        told = request.query_params.get(name, "")
        return int(told) if told.isascii() and told.isdigit() and len(told) < 8 else None

    return Response(log_json(row, lines_of(row, check_number=number("check"), after=number("after") or 0)))


class VendorKeysView(APIView):
    """The keys with which the caller's own tenant signs what it hands in."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(operation_id="publishing_keys_list", responses={200: VendorKeysForm})
    def get(self, request: Request) -> Response:
        """List them."""
        return Response(_keys(request))

    @extend_schema(request=KeyRegistrationForm, responses={201: VendorKeysForm, 400: dict})
    def post(self, request: Request) -> Response:
        """Register public keys; the private halves stay with the vendor."""
        asked = KeyRegistrationForm(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                for number, entry in enumerate(asked.validated_data["publishers"], 1):
                    register_key(PublisherKey.from_json(entry, place=f"entry {number}"))
        except UntrustedError as error:
            text = Text(f"The key is refused: {error}", f"密钥被拒绝：{error}")
            raise Refusal("key_refused", text) from error
        return Response(_keys(request), status=status.HTTP_201_CREATED)


def _keys(request: Request) -> dict[str, Any]:
    home = caller_of(request).scope.home
    rows = VendorKey.objects.filter(tenant_id=home).order_by("-added_at", "keyid")
    return {"publisher": Tenant.objects.get(pk=home).name_en, "keys": [key_json(row) for row in rows]}


class VendorKeyView(APIView):
    """One key."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(
        operation_id="publishing_keys_change",
        request=KeyChangeForm,
        responses={200: VendorKeyForm, 404: dict, 409: dict},
    )
    def post(self, request: Request, key_id: UUID) -> Response:
        """Say that it is replaced, or revoked; the catalogue says so next."""
        asked = KeyChangeForm(data=request.data)
        asked.is_valid(raise_exception=True)
        row = get_object_or_404(VendorKey, pk=key_id, tenant_id=caller_of(request).scope.home)
        told = asked.validated_data
        try:
            row = change_key(row.pk, state=KeyState(told["state"]), reason=told["reason"])
        except ForbiddenTransitionError as error:
            raise wrong_state(error, row.state) from error
        return Response(key_json(row))


class SubmissionsView(APIView):
    """What the caller's own tenant has handed in."""

    permission_classes = (requires(PUBLISH),)
    parser_classes = (PackageParser,)

    @extend_schema(operation_id="publishing_submissions_list", responses={200: SubmissionsForm})
    def get(self, request: Request) -> Response:
        """List it, the latest first."""
        return Response({"submissions": submissions_json(submissions_of(caller_of(request).scope.home))})

    @extend_schema(
        request={"application/octet-stream": bytes},
        responses={201: SubmissionForm, 400: dict, 409: dict, 413: dict},
    )
    def post(self, request: Request) -> Response:
        """Hand in the signed package that is the body; it is checked next, and nothing in it runs."""
        with received_package(request) as path:
            try:
                row = submit_package(path)
            except (ManifestError, UntrustedError) as error:
                text = Text(f"The package is refused: {error}", f"插件包被拒绝：{error}")
                raise Refusal("package_refused", text) from error
            except AlreadySubmittedError as error:
                raise Refusal("already_submitted", _ALREADY, status_code=status.HTTP_409_CONFLICT) from error
            except TooManyOpenError as error:
                raise Refusal("too_many_open", error.text, status_code=status.HTTP_409_CONFLICT) from error
        return Response(submissions_json([row])[0], status=status.HTTP_201_CREATED)


def _own(request: Request, submission_id: UUID) -> Submission:
    return get_object_or_404(Submission, pk=submission_id, tenant_id=caller_of(request).scope.home)


class SubmissionView(APIView):
    """One submission."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(responses={200: SubmissionDetailForm, 404: dict})
    def get(self, request: Request, submission_id: UUID) -> Response:
        """Say all of it, with what it changes against the version before."""
        return Response(detail_json(_own(request, submission_id)))


class SubmissionLogView(APIView):
    """The log of a submission's check, which a page asks for again and again while it runs."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(parameters=LOG_PARAMETERS, responses={200: CheckLogForm, 404: dict})
    def get(self, request: Request, submission_id: UUID) -> Response:
        """Give the lines that the reader has not got yet."""
        return log_answer(request, _own(request, submission_id))


class SubmissionYankView(APIView):
    """The withdrawal of a published version."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(request=VersionWithdrawForm, responses={200: SubmissionForm, 404: dict, 409: dict})
    def post(self, request: Request, submission_id: UUID) -> Response:
        """Withdraw it: hospitals that read the catalogue begin no new run with it."""
        asked = VersionWithdrawForm(data=request.data)
        asked.is_valid(raise_exception=True)
        row = _own(request, submission_id)
        try:
            row = yank_submission(row.pk, reason=asked.validated_data["reason"])
        except ForbiddenTransitionError as error:
            raise wrong_state(error, row.state) from error
        return Response(submissions_json([row])[0])
