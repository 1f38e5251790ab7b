"""The worklist and a study in full."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.audit.actions import record
from allward.identity.permissions import REVIEW, VIEW
from allward.identity.sign_in import Caller
from allward.kernel.texts import Text
from allward.studies.actions import SamePatientError, link_patients
from allward.studies.models import Patient, Study
from allward.studies.queries import decided_patients, same_person_candidates
from allward.tenancy.scope import within
from allward.worklist.detail import results_in_full, study_in_full
from allward.worklist.items import name_json
from allward.worklist.order import Order
from allward.worklist.queries import Filter, worklist, worklist_total

_SAME_PATIENT = Text("A patient cannot be linked with itself.", "不能将患者与其自身关联。")


class WorklistQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Query parameters of the worklist."""

    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    modality = serializers.CharField(required=False, allow_blank=True, default="", max_length=16)
    ai = serializers.CharField(required=False, allow_blank=True, default="", max_length=20)
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=500)
    order = serializers.ChoiceField(required=False, choices=[one.value for one in Order], default="urgent")
    cursor = serializers.RegexField(r"^[A-Za-z0-9_=-]*$", required=False, allow_blank=True, default="")


class WorklistView(APIView):
    """Studies with the state of their runs, the most urgent first unless asked otherwise."""

    permission_classes = (requires(VIEW),)

    @extend_schema(parameters=[WorklistQuerySerializer], responses={200: dict})
    def get(self, request: Request) -> Response:
        """List studies."""
        query = WorklistQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        if asked["q"]:
            _note_search(caller_of(request), asked["q"])
        wanted = Filter(
            text=asked["q"],
            modality=asked["modality"],
            ai=asked["ai"],
            limit=asked["limit"],
            cursor=asked["cursor"],
            order=Order(asked["order"]),
        )
        items, cursor = worklist(wanted)
        total = None if wanted.cursor else worklist_total(wanted)
        return Response({"items": items, "next": cursor, "total": total})


def _note_search(caller: Caller, text: str) -> None:
    """Leave in every readable hospital's trail that somebody looked for a patient."""
    for tenant_id in sorted(caller.scope.readable):
        with within(caller.scope.acting_for(tenant_id)):
            record(
                tenant_id=tenant_id, actor=caller.username, action="view", what="worklist", what_id="search",
                user_id=caller.user_id, user_tenant_id=caller.scope.home, text=text,
            )  # fmt: skip


def readable_study(request: Request, study_id: UUID) -> Study:
    """Return a study that the caller may see, and note in the audit trail that it was seen."""
    study: Study = get_object_or_404(Study.objects.select_related("patient"), pk=study_id)
    caller = caller_of(request)
    with within(caller.scope.acting_for(study.tenant_id)):
        record(
            tenant_id=study.tenant_id, actor=caller.username, action="view", what="study",
            what_id=str(study.pk), user_id=caller.user_id, user_tenant_id=caller.scope.home,
        )  # fmt: skip
    return study


class StudyView(APIView):
    """One study: its series, its runs, and why they ran or did not."""

    permission_classes = (requires(VIEW),)

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Show a study."""
        return Response(study_in_full(readable_study(request, study_id)))


class StudyResultsView(APIView):
    """What was found in a study."""

    permission_classes = (requires(VIEW),)

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, study_id: UUID) -> Response:
        """Show a study's results."""
        return Response({"results": results_in_full(readable_study(request, study_id))})


class PatientCandidatesView(APIView):
    """Other numbers that may be the same person: offered, never merged by themselves."""

    permission_classes = (requires(VIEW),)

    @extend_schema(responses={200: dict, 404: dict})
    def get(self, request: Request, study_id: UUID) -> Response:
        """List them for the patient of a study."""
        patient = readable_study(request, study_id).patient
        return Response(
            {
                "patient": _patient_json(patient),
                "candidates": [_patient_json(candidate) for candidate in same_person_candidates(patient)],
                "decided": [
                    {"patient": _patient_json(other), "same": link.same, "by": link.decided_by}
                    for other, link in decided_patients(patient)
                ],
            }
        )


class LinkSerializer(serializers.Serializer[dict[str, Any]]):
    """A person's word on two numbers."""

    other_id = serializers.UUIDField()
    same = serializers.BooleanField()


class PatientLinkView(APIView):
    """A person's word on whether two numbers are the same patient."""

    permission_classes = (requires(REVIEW),)

    @extend_schema(request=LinkSerializer, responses={200: dict, 404: dict})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Say that they are, or that they are not; both must be the caller's own hospital's."""
        word = LinkSerializer(data=request.data)
        word.is_valid(raise_exception=True)
        home = caller_of(request).scope.home
        one = get_object_or_404(Patient, pk=patient_id, tenant_id=home)
        other = get_object_or_404(Patient, pk=word.validated_data["other_id"], tenant_id=home)
        try:
            link_patients(one.pk, other.pk, same=word.validated_data["same"])
        except SamePatientError as error:
            raise Refusal("same_patient", _SAME_PATIENT) from error
        return Response(
            {"one": _patient_json(one), "other": _patient_json(other), "same": word.validated_data["same"]}
        )


def _patient_json(patient: Patient) -> dict[str, Any]:
    return {
        "id": str(patient.pk),
        "patient_id": patient.patient_id,
        "issuer": patient.issuer or None,
        "name": name_json(patient),
        "sex": patient.sex or None,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
    }
