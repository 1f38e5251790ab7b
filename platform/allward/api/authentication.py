"""Who is asking, for every Django view: found before its transaction begins, so that it carries the scope."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from allward.api.errors import LOCKED, STALE_PAGE, Refusal
from allward.identity.credentials import credentials_from_headers, note_activity
from allward.identity.sign_in import AccountLockedError, Caller, SignInRefusedError
from allward.tenancy.scope import carrying

REST = "/api/"

ASKED_BY_PAGES = frozenset({("GET", "/api/v1/engine/")})
"""What a page asks again and again by itself: no sign that anybody sits in front of it."""


class ScopeMiddleware:
    """Finds the caller and puts the scope in force for the view.

    Credentials in the Authorization header are no ambient authority, so such requests need no
    anti-forgery token; a session does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within the caller's scope, or within none."""
        if not request.path.startswith(REST):  # the pages and the health of the platform belong to nobody
            with carrying(None):
                return self.get_response(request)
        headers = {
            "authorization": request.headers.get("Authorization", ""),
            "cookie": request.headers.get("Cookie", ""),
        }
        caller: Caller | None = None
        refusal: SignInRefusedError | None = None
        try:
            shown, caller = credentials_from_headers(headers)
            if caller is not None and (request.method, request.path) not in ASKED_BY_PAGES:
                note_activity(shown)
        except SignInRefusedError as error:
            refusal = error
        request.allward_caller = caller  # type: ignore[attr-defined]  # read by ScopeAuthentication below
        request.allward_refusal = refusal  # type: ignore[attr-defined]  # read there too
        with carrying(caller.scope if caller else None):
            return self.get_response(request)


def enforce_csrf(request: HttpRequest) -> None:
    """Refuse an unsafe request that carries a session but not this page's anti-forgery token."""

    def nothing(_: HttpRequest) -> HttpResponse:
        return HttpResponse()

    check = CSRFCheck(nothing)
    check.process_request(request)
    if check.process_view(request, nothing, (), {}):
        raise Refusal("csrf", STALE_PAGE, status_code=403)


class ScopeAuthentication(BaseAuthentication):
    """Hands the caller that `ScopeMiddleware` found to the REST framework."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        """Return the caller, None without credentials; wrong ones are refused."""
        refusal = request._request.allward_refusal  # type: ignore[attr-defined]  # set by ScopeMiddleware
        if isinstance(refusal, AccountLockedError):
            raise Refusal("locked", LOCKED, status_code=423)
        if refusal is not None:
            raise AuthenticationFailed()
        caller = request._request.allward_caller  # type: ignore[attr-defined]  # set by ScopeMiddleware
        if caller is None:
            return None
        if not request.headers.get("Authorization"):
            enforce_csrf(request._request)
        return (caller, None)

    def authenticate_header(self, request: Request) -> str:
        """Name the ways to sign in; without it a 401 would become a 403."""
        return 'Bearer realm="Allward"'


class ScopeAuthenticationInSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it has no types
    """Names the three ways to sign in in the OpenAPI schema."""

    target_class = "allward.api.authentication.ScopeAuthentication"
    name = ["bearer", "basic", "session"]

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        """Return one scheme for each name."""
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "http", "scheme": "basic"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


def caller_of(request: Request) -> Caller:
    """Return the caller of a view that requires one."""
    return cast(Caller, request.user)


def requires(*permissions: str) -> type[BasePermission]:
    """Make the permission class of a view that needs one of `permissions`."""

    class Requires(BasePermission):
        """Allows callers whose roles give one of the permissions."""

        def has_permission(self, request: Request, view: object) -> bool:
            """Tell whether the caller may."""
            caller = request.user
            return isinstance(caller, Caller) and not caller.scope.permissions.isdisjoint(permissions)

    return Requires
