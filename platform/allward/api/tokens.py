"""Bearer tokens of the person who is signed in."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of
from allward.api.errors import Refusal
from allward.identity.actions import issue_token, revoke_token
from allward.identity.models import ApiToken, User
from allward.kernel.texts import Text

_BY_TOKEN = Text(
    "A token cannot make further tokens; sign in with a password.", "令牌不能再创建令牌，请用密码登录。"
)


class TokenSerializer(serializers.Serializer[dict[str, Any]]):
    """A token that is asked for."""

    name = serializers.CharField(max_length=100)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class TokensView(APIView):
    """The caller's own tokens in the present hospital."""

    permission_classes = (IsAuthenticated,)
    permission = "own"

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """List them; the tokens themselves are not kept."""
        caller = caller_of(request)
        rows = ApiToken.objects.filter(user_id=caller.user_id, tenant_id=caller.scope.home, revoked_at=None)
        return Response(
            {
                "tokens": [
                    {"id": str(r.pk), "name": r.name, "created_at": r.created_at, "expires_at": r.expires_at}
                    for r in rows.order_by("created_at")
                ]
            }
        )

    @extend_schema(request=TokenSerializer, responses={201: dict})
    def post(self, request: Request) -> Response:
        """Make one; it is shown this once. Not by a token: one that leaked could outlive its own end."""
        if request.headers.get("Authorization", "").lower().startswith("bearer"):
            raise Refusal("permission_denied", _BY_TOKEN, status_code=status.HTTP_403_FORBIDDEN)
        asked = TokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = User.objects.get(pk=caller_of(request).user_id)
        token = issue_token(user=user, **asked.validated_data)
        return Response({"token": token}, status=status.HTTP_201_CREATED)


class TokenView(APIView):
    """One of the caller's own tokens."""

    permission_classes = (IsAuthenticated,)
    permission = "own"

    @extend_schema(responses={204: None, 404: dict})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """End it at once."""
        caller = caller_of(request)
        row = get_object_or_404(
            ApiToken, pk=token_id, user_id=caller.user_id, tenant_id=caller.scope.home, revoked_at=None
        )
        revoke_token(token_id=row.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
