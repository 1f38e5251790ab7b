"""What vendors learn of the use of their plug-ins, and the hospital's word on it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.plugin_forms import Form
from allward.identity.permissions import ADMINISTER, PUBLISH
from allward.publishing.actions import share_usage
from allward.publishing.usage import FEWEST, plugins_of, shared_usage, sharing_of


class UsageSumForm(Form):
    """Studies in one month with one plug-in, over the hospitals that agreed."""

    plugin_id = serializers.CharField()
    month = serializers.DateField()
    studies = serializers.IntegerField()
    hospitals = serializers.IntegerField()


class SharedUsageForm(Form):
    """Sums of closed months; what fewer than `fewest` hospitals make is left out."""

    fewest = serializers.IntegerField()
    sums = UsageSumForm(many=True)


class UsageSharingForm(Form):
    """Whether the hospital's studies count in vendors' sums; `since`: the first month, or null."""

    shares = serializers.BooleanField()
    since = serializers.DateField(allow_null=True, read_only=True)


class SharedUsageView(APIView):
    """How often the vendor's plug-ins are used."""

    permission_classes = (requires(PUBLISH),)

    @extend_schema(operation_id="publishing_usage_list", responses={200: SharedUsageForm})
    def get(self, request: Request) -> Response:
        """Say the sums, the latest month first."""
        found = shared_usage(plugins_of(caller_of(request).scope.home))
        return Response({"fewest": FEWEST, "sums": [asdict(one) for one in found]})


class UsageSharingView(APIView):
    """The hospital's word on whether vendors may count its studies."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: UsageSharingForm})
    def get(self, request: Request) -> Response:
        """Say whether they may, and since when."""
        return Response(_sharing_json(caller_of(request).scope.home))

    @extend_schema(request=UsageSharingForm, responses={200: UsageSharingForm})
    def put(self, request: Request) -> Response:
        """Say yes or no, from the next month on."""
        asked = UsageSharingForm(data=request.data)
        asked.is_valid(raise_exception=True)
        share_usage(shares=asked.validated_data["shares"])
        return Response(_sharing_json(caller_of(request).scope.home))


def _sharing_json(tenant_id: UUID) -> dict[str, Any]:
    row = sharing_of(tenant_id)
    return {"shares": row is not None, "since": None if row is None else row.since}
