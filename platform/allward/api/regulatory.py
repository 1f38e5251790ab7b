"""Whose registrations count in a hospital, and which studies left it with a version's results."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.plugin_forms import Form
from allward.delivery.recall import studies_delivered_with
from allward.identity.permissions import ADMINISTER
from allward.registry.actions import name_authority
from allward.registry.models import VersionImport
from allward.registry.trust import authority_of

AUTHORITIES = ("NMPA", "CE", "FDA")


class RegulatoryPolicyForm(Form):
    """Whose registration counts; null: nobody has said it, so every registration of a version has to hold."""

    authority = serializers.ChoiceField(choices=AUTHORITIES, allow_null=True)


class DeliveredStudyForm(Form):
    """A study with objects of the version outside of the house, without anything that tells the patient."""

    study_id = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    accession_number = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    objects = serializers.IntegerField()
    destinations = serializers.ListField(child=serializers.CharField())
    last_at = serializers.DateTimeField(allow_null=True)


class DeliveredForm(Form):
    """Every study, the latest first."""

    studies = DeliveredStudyForm(many=True)


class RegulatoryPolicyView(APIView):
    """What the caller's own hospital says of regulation."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: RegulatoryPolicyForm})
    def get(self, request: Request) -> Response:
        """Say whose registration counts."""
        return Response({"authority": authority_of(caller_of(request).scope.home) or None})

    @extend_schema(request=RegulatoryPolicyForm, responses={200: RegulatoryPolicyForm, 400: dict})
    def put(self, request: Request) -> Response:
        """Set it; new runs are judged by it from now on, those that have begun go on."""
        asked = RegulatoryPolicyForm(data=request.data)
        asked.is_valid(raise_exception=True)
        row = name_authority(asked.validated_data["authority"] or "")
        return Response({"authority": row.authority or None})


class DeliveredView(APIView):
    """Studies that left the house with results of a version: whom to tell when it is withdrawn."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: DeliveredForm, 404: dict})
    def get(self, request: Request, version_id: UUID) -> Response:
        """List them with the destinations that hold objects, or may hold them."""
        home = caller_of(request).scope.home
        if not VersionImport.objects.filter(tenant_id=home, plugin_version_id=version_id).exists():
            raise Http404
        listed: list[dict[str, Any]] = [asdict(one) for one in studies_delivered_with(home, version_id)]
        return Response({"studies": listed})
