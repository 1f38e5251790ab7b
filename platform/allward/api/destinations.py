"""Where accepted results go, and how far they got; for the hospital's administrator."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.delivery.actions import RetryRefusedError, add_destination, retry_delivery
from allward.delivery.models import Delivery, Destination
from allward.delivery.send import Peer
from allward.identity.permissions import ADMINISTER
from allward.kernel.texts import Text

_OVER = Text("This delivery is not one that can be tried again.", "该传送任务不能重试。")


class DestinationSerializer(serializers.Serializer[dict[str, Any]]):
    """A DICOM node that receives results."""

    name = serializers.CharField(max_length=100)
    host = serializers.CharField(max_length=255)
    port = serializers.IntegerField(min_value=1, max_value=65535)
    called_ae_title = serializers.CharField(max_length=16)
    calling_ae_title = serializers.CharField(max_length=16, required=False, default="ALLWARD")
    sends_unreviewed = serializers.BooleanField(required=False, default=False)
    for_research = serializers.BooleanField(required=False, default=False)


def _destination_json(row: Destination) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.name,
        "host": row.host,
        "port": row.port,
        "called_ae_title": row.called_ae_title,
        "calling_ae_title": row.calling_ae_title,
        "sends_unreviewed": row.sends_unreviewed,
        "for_research": row.for_research,
        "enabled": row.enabled,
    }


class DestinationsView(APIView):
    """The destinations of the caller's own hospital."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List them."""
        rows = Destination.objects.filter(tenant_id=caller_of(request).scope.home).order_by("name")
        return Response({"destinations": [_destination_json(row) for row in rows]})

    @extend_schema(request=DestinationSerializer, responses={201: dict})
    def post(self, request: Request) -> Response:
        """Add one."""
        asked = DestinationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        peer = Peer(**{k: wanted.pop(k) for k in ("host", "port", "called_ae_title", "calling_ae_title")})
        row = add_destination(peer=peer, **wanted)
        return Response(_destination_json(row), status=status.HTTP_201_CREATED)


class DeliveriesView(APIView):
    """Deliveries of the caller's own hospital that did not arrive yet, or did not at all."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        rows = Delivery.objects.filter(tenant_id=caller_of(request).scope.home).exclude(state="delivered")
        return Response(
            {
                "deliveries": [
                    {
                        "id": str(row.pk),
                        "destination": row.destination.name,
                        "state": row.state,
                        "attempts": row.attempts,
                        "last_error": row.last_error or None,
                        "created_at": row.created_at,
                    }
                    for row in rows.select_related("destination").order_by("-created_at")[:500]
                ]
            }
        )


class DeliveryRetryView(APIView):
    """The order to send something again."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: dict, 404: dict, 409: dict})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Try a failed delivery of the caller's own hospital again."""
        row = get_object_or_404(Delivery, pk=delivery_id, tenant_id=caller_of(request).scope.home)
        try:
            row = retry_delivery(row.pk)
        except RetryRefusedError as error:
            raise Refusal("over", _OVER, status_code=status.HTTP_409_CONFLICT) from error
        return Response({"id": str(row.pk), "state": row.state})
