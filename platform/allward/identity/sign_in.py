"""From a person to a scope, and from a password to a person. What a request shows: `credentials.py`."""

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import Q

from allward.identity.actions import note_sign_in, note_wrong_password
from allward.identity.models import Membership, User
from allward.identity.permissions import permissions_of
from allward.kernel.clock import now
from allward.tenancy.models import SharingGrant
from allward.tenancy.scope import Scope, within

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
    probe = Scope.of_user(user.pk, actor=user.username)
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
    return _is_granted(scope, tenant_id, may_review=True)


def may_report_for(scope: Scope, tenant_id: UUID) -> bool:
    """Tell whether the caller's hospital may report on that hospital's studies; asked as `may_review_for`."""
    return _is_granted(scope, tenant_id, may_report=True)


def may_verify_for(scope: Scope, tenant_id: UUID) -> bool:
    """Tell whether the caller's hospital may verify that hospital's reports; asked as `may_review_for`."""
    return _is_granted(scope, tenant_id, may_verify=True)


def _is_granted(scope: Scope, tenant_id: UUID, **allowed: bool) -> bool:
    if tenant_id == scope.home:
        return True
    grants = SharingGrant.objects.filter(_valid_grants(), reader_tenant_id=scope.home, **allowed)
    return grants.filter(tenant_id=tenant_id).exists()


def sign_in(*, username: str, password: str, way: str = "password") -> tuple[User, Caller]:
    """Check a password; return whose it is and their scope.

    Raises
    ------
    AccountLockedError
        If there were too many wrong passwords lately.
    SignInRefusedError
        If name or password is wrong, or the user belongs to no hospital.
    """
    user = None if "\0" in username else User.objects.filter(username=username, is_active=True).first()
    if user is None:
        check_password(password, _NO_USER_HASH)
        raise SignInRefusedError("user name or password is wrong")
    refuse_if_locked(user)
    if not user.check_password(password):
        note_wrong_password(user)
        raise SignInRefusedError("user name or password is wrong")
    caller = caller_of(user)
    note_sign_in(user=user, scope=caller.scope, way=way)
    return user, caller


def refuse_if_locked(user: User) -> None:
    """Let a locked account do nothing that needs its password.

    Raises
    ------
    AccountLockedError
        If it is locked just now.
    """
    if user.locked_until is not None and user.locked_until > now():
        raise AccountLockedError("too many wrong passwords; wait ten minutes")
