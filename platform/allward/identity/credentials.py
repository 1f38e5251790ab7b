"""What a request shows of its sender. The pages, the REST face, DICOMweb and the web sockets all come
through here.

Credentials stay what they are while a socket is open; `caller` says anew each time who they belong to, so
that a revocation, a new password or a sign-out counts from the next look on. Verified Basic credentials are
remembered for a minute under a keyed digest, since checking a password hash costs a fifth of a second of
CPU; a token or a session costs a look-up.
"""

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from allward.identity.actions import keep_session, token_digest
from allward.identity.models import ApiToken, User
from allward.identity.sign_in import (
    Caller,
    SignInRefusedError,
    caller_of,
    refuse_if_locked,
    sign_in,
)
from allward.kernel.clock import now

_SESSION_USER = "allward_user"
_SESSION_TENANT = "allward_tenant"
_SESSION_HASH = "allward_hash"
_SESSION_SEEN = "allward_seen"

IDLE_S = 30 * 60.0
"""A session ends after so long without a request by the person; what a page asks by itself does not count."""

_SEEN_EVERY_S = 60.0
"""How often the time of the last request is written down."""

_REMEMBER_S = 60.0
_PEPPER = secrets.token_bytes(32)


class Credentials(Protocol):
    """One of the three ways to say who is asking."""

    def caller(self) -> Caller | None:
        """Return whose they are now; None if they are a session that is over.

        Raises
        ------
        SignInRefusedError
            If they are no longer, or never were, somebody's.
        """


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The session that the pages hold."""

    key: str

    def caller(self) -> Caller | None:
        """Return who is signed in; nobody after sign-out, with a new password, or without a membership."""
        if not (self.key.isascii() and self.key.isalnum()):
            return None
        session = SessionStore(session_key=self.key)
        user_id, tenant_id = session.get(_SESSION_USER), session.get(_SESSION_TENANT)
        if user_id is None or tenant_id is None:
            return None
        user = User.objects.filter(pk=user_id, is_active=True).first()
        known = session.get(_SESSION_HASH, "")
        if user is None or not constant_time_compare(known, user.get_session_auth_hash()):
            return None
        if time.time() - float(session.get(_SESSION_SEEN, 0.0)) > IDLE_S:
            return None
        try:
            return caller_of(user, tenant_id=UUID(tenant_id))
        except SignInRefusedError:
            return None


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token, by its digest."""

    digest: str

    def caller(self) -> Caller:
        """Return whose token it is; refused once it is revoked or expired."""
        row = ApiToken.objects.select_related("user").filter(digest=self.digest, revoked_at=None).first()
        if row is None or not row.user.is_active or (row.expires_at is not None and row.expires_at <= now()):
            raise SignInRefusedError("the token is not valid")
        return caller_of(row.user, tenant_id=row.tenant_id)


@dataclass(frozen=True, slots=True)
class VerifiedPassword:
    """A user whose password was right a moment ago, as the hash that it was checked against says."""

    user_id: UUID
    password_hash: str = field(repr=False)

    def caller(self) -> Caller:
        """Return the user; refused with another password, and when locked or inactive."""
        user = User.objects.filter(pk=self.user_id, password=self.password_hash, is_active=True).first()
        if user is None:
            raise SignInRefusedError("the password is no longer valid")
        refuse_if_locked(user)
        return caller_of(user)


class _Remembered:
    """Basic credentials that were verified lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[bytes, tuple[float, VerifiedPassword]] = {}

    def key(self, username: str, password: str) -> bytes:
        return hmac.digest(_PEPPER, f"{len(username)}:{username}{password}".encode(), sha256)

    def get(self, key: bytes) -> VerifiedPassword | None:
        with self._lock:
            until, verified = self._entries.get(key, (0.0, None))
        return verified if until > time.monotonic() else None

    def put(self, key: bytes, verified: VerifiedPassword) -> None:
        moment = time.monotonic()
        with self._lock:
            self._entries = {k: v for k, v in self._entries.items() if v[0] > moment}
            self._entries[key] = (moment + _REMEMBER_S, verified)

    def forget(self, key: bytes) -> None:
        with self._lock:
            self._entries.pop(key, None)


_remembered = _Remembered()


def _by_basic(encoded: str) -> tuple[Credentials, Caller]:
    try:
        username, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SignInRefusedError("the Basic credentials are malformed") from error
    key = _remembered.key(username, password)
    known = _remembered.get(key)
    if known is not None:
        try:
            return known, known.caller()
        except SignInRefusedError:
            _remembered.forget(key)
    user, caller = sign_in(username=username, password=password, way="basic")
    verified = VerifiedPassword(user.pk, user.password)
    _remembered.put(key, verified)
    return verified, caller


def _by_cookie(header: str) -> Credentials | None:
    try:
        cookie = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return SessionCookie(cookie.value) if cookie else None


def session_content(user: User, caller: Caller) -> dict[str, str]:
    """Return what a new session keeps of the person who signed in."""
    return {
        _SESSION_USER: str(user.pk),
        _SESSION_TENANT: str(caller.scope.home),
        _SESSION_HASH: user.get_session_auth_hash(),
        _SESSION_SEEN: str(time.time()),
    }


def note_activity(credentials: Credentials | None) -> None:
    """Note that the person behind a session has just asked for something."""
    if not isinstance(credentials, SessionCookie):
        return
    session = SessionStore(session_key=credentials.key)
    moment = time.time()
    if moment - float(session.get(_SESSION_SEEN, moment)) <= _SEEN_EVERY_S:
        return
    keep_session(session, {_SESSION_SEEN: str(moment)})


def credentials_from_headers(headers: Mapping[str, str]) -> tuple[Credentials | None, Caller | None]:
    """Find out who is asking from the headers ``authorization`` and ``cookie`` (lower-case names).

    Returns
    -------
    What was shown, and whose it is; None and None if nothing was

    Raises
    ------
    SignInRefusedError
        If credentials were given and are wrong.
    """
    authorization = headers.get("authorization", "")
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        return _by_basic(value.strip())
    shown: Credentials | None
    if scheme.lower() == "bearer":
        shown = BearerToken(token_digest(value.strip()))
    elif authorization:
        raise SignInRefusedError("this kind of sign-in is not known here")
    else:
        shown = _by_cookie(headers.get("cookie", ""))
    return shown, shown.caller() if shown else None
