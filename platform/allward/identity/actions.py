"""Every way a user, a membership or a token is written."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import transaction
from django.db.models import F

from allward.audit.actions import record
from allward.identity.models import ApiToken, Membership, User
from allward.kernel.clock import now
from allward.outbox.live import group_of_user, look_again
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, required_scope, within

LOCK_AFTER = 5
"""Wrong passwords in a row after which an account is locked."""

LOCKED_FOR = timedelta(minutes=10)


def add_user(*, username: str, display_name: str, password: str, is_demo: bool = False) -> User:
    """Create a user, or return the one of that name unchanged."""
    user = User.objects.filter(username=username).first()
    if user is not None:
        return user
    user = User(username=username, display_name=display_name, is_demo=is_demo)
    user.set_password(password)
    user.save()
    return user


def set_password(user: User, password: str) -> None:
    """Give a user another password; sessions and remembered credentials of the old one end at once."""
    user.set_password(password)
    user.save(update_fields=["password"])


def add_membership(*, user: User, role: str, department_id: UUID | None = None) -> Membership:
    """Give a user a role in the acting tenant; once, however often it is called."""
    scope = required_scope()
    membership, created = Membership.objects.get_or_create(
        tenant_id=scope.acting,
        user=user,
        role=role,
        department=Department.objects.get(pk=department_id) if department_id else None,
    )
    if created:
        record(
            tenant_id=scope.acting, actor=scope.actor, action="change", what="membership",
            what_id=str(membership.pk), username=user.username, role=role,
        )  # fmt: skip
    return membership


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(*, user: User, name: str, expires_at: datetime | None = None) -> str:
    """Make a bearer token for the acting tenant; the token itself is returned once and not kept."""
    scope = required_scope()
    token = f"alw_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        user=user, tenant_id=scope.acting, name=name, digest=token_digest(token), expires_at=expires_at
    )
    record(
        tenant_id=scope.acting,
        actor=scope.actor,
        action="change",
        what="token",
        what_id=str(row.pk),
        name=name,
    )
    return token


def revoke_token(*, token_id: UUID) -> bool:
    """End a token of the acting tenant; return whether there was one."""
    scope = required_scope()
    ended = ApiToken.objects.filter(pk=token_id, tenant_id=scope.acting, revoked_at=None).update(
        revoked_at=now()
    )
    if ended:
        record(
            tenant_id=scope.acting, actor=scope.actor, action="change", what="token", what_id=str(token_id),
            revoked=True,
        )  # fmt: skip
        holder = ApiToken.objects.get(pk=token_id).user_id
        transaction.on_commit(partial(look_again, group_of_user(holder)))
    return bool(ended)


def keep_session(session: SessionBase, content: dict[str, str]) -> None:
    """Write something down in a session, unless it was ended in this very moment."""
    session.update(content)
    with suppress(UpdateError):
        session.save(must_create=False)


def note_wrong_password(user: User) -> None:
    """Count and audit a wrong password; the account is locked after `LOCK_AFTER` in a row."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(failed_sign_ins=F("failed_sign_ins") + 1)
        locked = User.objects.filter(pk=user.pk, failed_sign_ins__gte=LOCK_AFTER).update(
            failed_sign_ins=0, locked_until=now() + LOCKED_FOR
        )
    probe = Scope.of_user(user.pk, actor=user.username)
    with within(probe):
        tenants = set(Membership.objects.filter(user_id=user.pk).values_list("tenant_id", flat=True))
    for tenant_id in sorted(tenants):
        with within(Scope.of_tenant(tenant_id, actor=user.username)):
            record(
                tenant_id=tenant_id, actor=user.username, action="sign-in", what="user", what_id=str(user.pk),
                user_id=user.pk, refused=True, locked=bool(locked),
            )  # fmt: skip


def note_sign_in(*, user: User, scope: Scope, way: str) -> None:
    """Forget earlier wrong passwords and write the sign-in into the audit trail."""
    with within(scope):
        if user.failed_sign_ins:
            User.objects.filter(pk=user.pk).update(failed_sign_ins=0)
        record(
            tenant_id=scope.acting, actor=user.username, action="sign-in", what="user", what_id=str(user.pk),
            user_id=user.pk, user_tenant_id=scope.home, way=way,
        )  # fmt: skip
