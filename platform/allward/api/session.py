"""Sign-in and sign-out of the pages."""

from typing import Any

from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import enforce_csrf
from allward.api.errors import Refusal
from allward.identity.sign_in import (
    SESSION_TENANT,
    SESSION_USER,
    AccountLockedError,
    Caller,
    SignInRefusedError,
    sign_in,
)
from allward.kernel.texts import Text
from allward.tenancy.models import Tenant
from allward.worklist.items import tenant_json

VERSION = "0.1.0"

_WRONG = Text("User name or password is wrong.", "用户名或密码错误。")
_LOCKED = Text("Too many wrong passwords; wait ten minutes.", "密码错误次数过多，请十分钟后再试。")


class CredentialsSerializer(serializers.Serializer[dict[str, str]]):
    """What the sign-in page sends."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


def me(caller: Caller) -> dict[str, Any]:
    """Return the wire form of the person who is signed in."""
    readable = {t.pk: tenant_json(t) for t in Tenant.objects.filter(pk__in=caller.scope.readable)}
    return {
        "username": caller.username,
        "display_name": caller.display_name,
        "role": caller.roles[0],
        "roles": list(caller.roles),
        "tenant": readable[caller.scope.home],
        "readable_tenants": sorted(readable.values(), key=lambda tenant: tenant["code"]),
        "permissions": sorted(caller.scope.permissions),
        "version": VERSION,
    }


class SessionView(APIView):
    """The session of the page that asks."""

    permission_classes = (AllowAny,)
    permission = None

    @extend_schema(responses={200: dict, 401: dict})
    def get(self, request: Request) -> Response:
        """Say who is signed in; sets the anti-forgery cookie in any case."""
        get_token(request._request)
        caller = request.user
        if not isinstance(caller, Caller):
            return Response(
                {"code": "not_authenticated", "detail": Text("Sign in first.", "请先登录。").to_json()},
                status=status.HTTP_401_UNAUTHORIZED,
            )
        return Response(me(caller))

    @extend_schema(request=CredentialsSerializer, responses={200: dict, 401: dict, 423: dict})
    def post(self, request: Request) -> Response:
        """Sign in with user name and password."""
        enforce_csrf(request._request)
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        try:
            caller = sign_in(**credentials.validated_data)
        except AccountLockedError as error:
            raise Refusal("locked", _LOCKED, status_code=status.HTTP_423_LOCKED) from error
        except SignInRefusedError as error:
            raise Refusal("wrong_password", _WRONG, status_code=status.HTTP_401_UNAUTHORIZED) from error
        session = request._request.session
        session.cycle_key()
        session[SESSION_USER] = str(caller.user_id)
        session[SESSION_TENANT] = str(caller.scope.home)
        get_token(request._request)
        return Response(me(caller))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out."""
        request._request.session.flush()
        return Response(status=status.HTTP_204_NO_CONTENT)
