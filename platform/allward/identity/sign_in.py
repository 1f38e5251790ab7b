"""From credentials to a scope. The pages, the REST face, DICOMweb and the web sockets all come through here.

Verified Basic credentials are remembered for a minute under a keyed digest, since checking a password
hash costs a fifth of a second of CPU; a token or a session costs one look-up.
"""

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q

from allward.identity.actions import note_sign_in, note_wrong_password, token_digest
from allward.identity.models import ApiToken, Membership, User
from allward.identity.permissions import permissions_of
from allward.kernel.clock import now
from allward.tenancy.models import SharingGrant
from allward.tenancy.scope import Scope, within

SESSION_USER = "allward_user"
SESSION_TENANT = "allward_tenant"

_REMEMBER_S = 60.0
_PEPPER = secrets.token_bytes(32)
_NO_USER_HASH = make_password(secrets.token_hex())
"""Checked when there is no such user, so that the answer takes as long."""


class SignInRefusedError(Exception):
    """The credentials are wrong, or the account may not be used."""


class AccountLockedError(SignInRefusedError):
    """Too many wrong passwords; told apart, so that the person knows to wait."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and within which scope."""

    user_id: UUID
    username: str
    display_name: str
    roles: tuple[str, ...]
    scope: Scope

    @property
    def is_authenticated(self) -> bool:
        """A caller exists only after authentication."""
        return True

    @property
    def is_active(self) -> bool:
        """Inactive users never become callers."""
        return True


def caller_of(user: User, *, tenant_id: UUID | None = None) -> Caller:
    """Build the scope of a user in one hospital: the asked one, or the first membership's.

    Raises
    ------
    SignInRefusedError
        If the user belongs to no such hospital.
    """
    probe = Scope(
        acting=UUID(int=0), readable=frozenset(), home=UUID(int=0), user_id=user.pk, actor=user.username
    )
    with within(probe):
        memberships = list(Membership.objects.filter(user_id=user.pk).order_by("id"))
    if tenant_id is None and memberships:
        tenant_id = memberships[0].tenant_id
    roles = tuple(dict.fromkeys(m.role for m in memberships if m.tenant_id == tenant_id))
    if tenant_id is None or not roles:
        raise SignInRefusedError("this user belongs to no hospital here")
    own = Scope(
        acting=tenant_id,
        readable=frozenset({tenant_id}),
        home=tenant_id,
        user_id=user.pk,
        actor=user.username,
        permissions=permissions_of(roles),
    )
    return Caller(
        user_id=user.pk,
        username=user.username,
        display_name=user.display_name,
        roles=roles,
        scope=replace(own, readable=frozenset({tenant_id, *_granting_tenants(own)})),
    )


def _valid_grants() -> Q:
    moment = now()
    return Q(revoked_at=None, valid_from__lte=moment) & (Q(valid_until=None) | Q(valid_until__gt=moment))


def _granting_tenants(scope: Scope) -> list[UUID]:
    with within(scope):
        grants = SharingGrant.objects.filter(_valid_grants(), reader_tenant_id=scope.home)
        return list(grants.values_list("tenant_id", flat=True))


def may_review_for(scope: Scope, tenant_id: UUID) -> bool:
    """Tell whether the caller's hospital may review that hospital's studies; asked inside a transaction."""
    if tenant_id == scope.home:
        return True
    grants = SharingGrant.objects.filter(_valid_grants(), reader_tenant_id=scope.home, may_review=True)
    return grants.filter(tenant_id=tenant_id).exists()


def sign_in(*, username: str, password: str, way: str = "password") -> Caller:
    """Check a password.

    Raises
    ------
    AccountLockedError
        If there were too many wrong passwords lately.
    SignInRefusedError
        If name or password is wrong, or the user belongs to no hospital.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        check_password(password, _NO_USER_HASH)
        raise SignInRefusedError("user name or password is wrong")
    if user.locked_until is not None and user.locked_until > now():
        raise AccountLockedError("too many wrong passwords; wait ten minutes")
    if not user.check_password(password):
        note_wrong_password(user)
        raise SignInRefusedError("user name or password is wrong")
    caller = caller_of(user)
    note_sign_in(user=user, scope=caller.scope, way=way)
    return caller


class _Remembered:
    """Basic credentials that were verified lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[bytes, tuple[float, UUID]] = {}

    def key(self, username: str, password: str) -> bytes:
        return hmac.digest(_PEPPER, f"{len(username)}:{username}{password}".encode(), sha256)

    def get(self, key: bytes) -> UUID | None:
        with self._lock:
            until, user_id = self._entries.get(key, (0.0, None))
        return user_id if until > time.monotonic() else None

    def put(self, key: bytes, user_id: UUID) -> None:
        moment = time.monotonic()
        with self._lock:
            self._entries = {k: v for k, v in self._entries.items() if v[0] > moment}
            self._entries[key] = (moment + _REMEMBER_S, user_id)


_remembered = _Remembered()


def _by_basic(encoded: str) -> Caller:
    try:
        username, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SignInRefusedError("the Basic credentials are malformed") from error
    key = _remembered.key(username, password)
    user_id = _remembered.get(key)
    if user_id is not None:
        user = User.objects.filter(pk=user_id, username=username, is_active=True).first()
        if user is not None:
            return caller_of(user)
    caller = sign_in(username=username, password=password, way="basic")
    _remembered.put(key, caller.user_id)
    return caller


def _by_token(token: str) -> Caller:
    row = ApiToken.objects.select_related("user").filter(digest=token_digest(token), revoked_at=None).first()
    if row is None or not row.user.is_active or (row.expires_at is not None and row.expires_at <= now()):
        raise SignInRefusedError("the token is not valid")
    return caller_of(row.user, tenant_id=row.tenant_id)


def caller_of_session(session_key: str) -> Caller | None:
    """Return who is signed in under a session key, or None."""
    session = SessionStore(session_key=session_key)
    user_id, tenant_id = session.get(SESSION_USER), session.get(SESSION_TENANT)
    if user_id is None or tenant_id is None:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return None
    return caller_of(user, tenant_id=UUID(tenant_id))


def caller_from_headers(headers: Mapping[str, str]) -> Caller | None:
    """Find out who is asking from the headers ``authorization`` and ``cookie`` (lower-case names).

    Returns
    -------
    None if no credentials were given

    Raises
    ------
    SignInRefusedError
        If credentials were given and are wrong.
    """
    authorization = headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        return _by_basic(value.strip())
    if scheme.lower() == "bearer":
        return _by_token(value.strip())
    if authorization:
        raise SignInRefusedError("this kind of sign-in is not known here")
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return caller_of_session(cookie.value) if cookie else None
