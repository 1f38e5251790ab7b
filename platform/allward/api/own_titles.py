"""Under which AE titles a hospital calls archives; one that it no longer needs is given back."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.api.retrieval_forms import OwnTitlesForm
from allward.identity.permissions import ADMINISTER
from allward.kernel.texts import Text
from allward.retrieval.actions import TitleInUseError, take_title_back
from allward.retrieval.models import OwnTitle
from allward.retrieval.queries import titles_of
from allward.tenancy.scope import Scope


class OwnTitlesView(APIView):
    """Under which AE titles the caller's own hospital calls archives."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(responses={200: OwnTitlesForm})
    def get(self, request: Request) -> Response:
        """List them; the platform's operator gives others."""
        return Response(_titles_json(caller_of(request).scope))


class OwnTitleView(APIView):
    """One of them."""

    permission_classes = (requires(ADMINISTER),)

    @extend_schema(request=None, responses={200: OwnTitlesForm, 404: dict, 409: dict})
    def delete(self, request: Request, title_id: UUID) -> Response:
        """Give it back; one that an archive needs stays."""
        scope = caller_of(request).scope
        get_object_or_404(OwnTitle, pk=title_id, tenant_id=scope.home)
        try:
            take_title_back(title_id)
        except TitleInUseError as error:
            names = ", ".join(error.archives)
            text = Text(
                f"{error.title} is in use by {names}: enter another title there first.",
                f"{error.title} 正被 {names} 使用：请先在该归档中改用其他 AE 标题。",
            )
            raise Refusal("title_in_use", text, status_code=status.HTTP_409_CONFLICT) from error
        return Response(_titles_json(scope))


def _titles_json(scope: Scope) -> dict[str, Any]:
    return {
        "titles": [
            {"id": str(row.pk), "ae_title": row.ae_title, "archives": archives}
            for row, archives in titles_of(scope.home)
        ]
    }
