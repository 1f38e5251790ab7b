"""Sign-in and sign-out of the pages."""

from functools import partial
from typing import Any

from django.db import transaction
from django.middleware.csrf import get_token, rotate_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import enforce_csrf
from allward.api.errors import LOCKED, Refusal
from allward.identity.credentials import session_content
from allward.identity.sign_in import AccountLockedError, Caller, SignInRefusedError, sign_in
from allward.kernel.texts import Text
from allward.outbox.live import group_of_user, look_again
from allward.tenancy.models import Tenant
from allward.worklist.items import tenant_json

VERSION = "0.1.0"

_WRONG = Text("User name or password is wrong.", "用户名或密码错误。")


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
            raise NotAuthenticated()
        return Response(me(caller))

    @extend_schema(request=CredentialsSerializer, responses={200: dict, 401: dict, 423: dict})
    def post(self, request: Request) -> Response:
        """Sign in with user name and password."""
        enforce_csrf(request._request)
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        try:
            user, caller = sign_in(**credentials.validated_data)
        except AccountLockedError as error:
            raise Refusal("locked", LOCKED, status_code=status.HTTP_423_LOCKED) from error
        except SignInRefusedError as error:
            raise Refusal("wrong_password", _WRONG, status_code=status.HTTP_401_UNAUTHORIZED) from error
        session = request._request.session
        session.flush()  # nobody who knew the key or the token of before is signed in with them
        session.update(session_content(user, caller))
        rotate_token(request._request)
        return Response(me(caller))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out; what is open under this session hears nothing more."""
        caller = request.user
        request._request.session.flush()
        if isinstance(caller, Caller):
            transaction.on_commit(partial(look_again, group_of_user(caller.user_id)))
        return Response(status=status.HTTP_204_NO_CONTENT)
