"""The operators' side of publishing: the queue of reviews, what a decision needs, and the word itself.

The queue is read in the dispatcher's role, which sees ids, tenant and time of every case and nothing else.
What a case is about is then read in a scope of its vendor alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.publishing import LOG_PARAMETERS, log_answer, wrong_state
from allward.api.publishing_forms import (
    CheckLogForm,
    DecisionOrderForm,
    PackageReviewForm,
    ReviewDetailForm,
    ReviewQueueForm,
    VersionWithdrawForm,
)
from allward.api.publishing_json import case_json, detail_json, submissions_json
from allward.audit.actions import record
from allward.identity.permissions import OPERATE
from allward.kernel.states import ForbiddenTransitionError
from allward.kernel.texts import Text
from allward.publishing.actions import OwnSubmissionError, decide, yank_submission
from allward.publishing.catalogue import obstacles
from allward.publishing.models import Submission, VendorKey
from allward.publishing.queries import Case, case_of, queue
from allward.tenancy.scope import within

_OWN = Text(
    "Who hands a package in does not decide on it. Let a colleague do so.",
    "提交者不能审核自己提交的插件包，请由同事审核。",
)


@contextmanager
def _in_scope_of(request: Request, case: Case) -> Iterator[Submission]:
    """Read and write for the vendor of a case, as the person who asks, and for nobody else."""
    scope = caller_of(request).scope
    vendor = replace(scope, acting=case.tenant_id, readable=frozenset({case.tenant_id}))
    with within(vendor):
        yield Submission.objects.get(pk=case.submission_id, tenant_id=case.tenant_id)


def _case(submission_id: UUID) -> Case:
    case = case_of(submission_id)
    if case is None:
        raise Http404
    return case


def _note(request: Request, row: Submission, action: str, change: str) -> None:
    """Write the act into the audit trail of the operator's own tenant too."""
    scope = caller_of(request).scope
    record(
        tenant_id=scope.home, actor=scope.actor, action=action, what="submission", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, change=change, plugin=row.plugin_id,
        version=row.version, digest=row.digest,
    )  # fmt: skip


class ReviewQueueView(APIView):
    """What vendors have handed in and waits for an operator."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(operation_id="review_submissions_list", responses={200: ReviewQueueForm})
    def get(self, request: Request) -> Response:
        """List it, the oldest first, and behind it what was decided lately."""
        said = []
        for case in queue():
            with _in_scope_of(request, case) as row:
                said.append({**submissions_json([row])[0], **case_json(case, row)})
        return Response({"cases": said})


class ReviewView(APIView):
    """One case."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(responses={200: ReviewDetailForm, 404: dict})
    def get(self, request: Request, submission_id: UUID) -> Response:
        """Say all that a decision needs."""
        case = _case(submission_id)
        with _in_scope_of(request, case) as row:
            key = VendorKey.objects.get(tenant_id=case.tenant_id, keyid=row.keyid)
            said = {
                **detail_json(row),
                **case_json(case, row),
                "obstacles": [text.to_json() for text in obstacles(row)] if case.is_open else [],
                "prefixes": key.prefixes,
            }
        _note(request, row, "view", "read")
        return Response(said)


class ReviewLogView(APIView):
    """The log of a case's check."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(parameters=LOG_PARAMETERS, responses={200: CheckLogForm, 404: dict})
    def get(self, request: Request, submission_id: UUID) -> Response:
        """Give the lines that the reader has not got yet."""
        with _in_scope_of(request, _case(submission_id)) as row:
            return log_answer(request, row)


class ReviewDecisionView(APIView):
    """The operator's word on a case."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(request=DecisionOrderForm, responses={200: PackageReviewForm, 404: dict, 409: dict})
    def post(self, request: Request, submission_id: UUID) -> Response:
        """Accept the package, which publishes it, or decline it; the vendor reads the words."""
        asked = DecisionOrderForm(data=request.data)
        asked.is_valid(raise_exception=True)
        accepted = asked.validated_data["decision"] == "accept"
        case = _case(submission_id)
        with _in_scope_of(request, case) as row:
            if accepted:
                _refuse_what_the_catalogue_would_not_take(row)
            try:
                row = decide(row.pk, accepted=accepted, words=asked.validated_data["words"])
            except ForbiddenTransitionError as error:
                raise wrong_state(error, row.state) from error
            except OwnSubmissionError as error:
                raise Refusal("own_submission", _OWN, status_code=status.HTTP_409_CONFLICT) from error
            said = {**submissions_json([row])[0], **case_json(case, row)}
        _note(request, row, "change", row.state)
        return Response(said)


def _refuse_what_the_catalogue_would_not_take(row: Submission) -> None:
    against = obstacles(row)
    if against:
        raise Refusal("cannot_be_published", against[0], status_code=status.HTTP_409_CONFLICT)


class ReviewYankView(APIView):
    """The withdrawal of a published version by an operator."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(request=VersionWithdrawForm, responses={200: PackageReviewForm, 404: dict, 409: dict})
    def post(self, request: Request, submission_id: UUID) -> Response:
        """Withdraw it, with the reason that vendor and hospitals read."""
        asked = VersionWithdrawForm(data=request.data)
        asked.is_valid(raise_exception=True)
        case = _case(submission_id)
        with _in_scope_of(request, case) as row:
            try:
                row = yank_submission(row.pk, reason=asked.validated_data["reason"])
            except ForbiddenTransitionError as error:
                raise wrong_state(error, row.state) from error
            said = {**submissions_json([row])[0], **case_json(case, row)}
        _note(request, row, "change", row.state)
        return Response(said)
