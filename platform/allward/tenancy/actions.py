"""Every way tenants, departments and grants are written."""

from functools import partial
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.outbox.live import group_of, look_again
from allward.tenancy.models import Department, SharingGrant, Tenant
from allward.tenancy.scope import required_scope


def add_department(*, code: str, name_en: str, name_zh: str, use: str) -> Department:
    """Create a department of the acting tenant, once."""
    scope = required_scope()
    department, created = Department.objects.get_or_create(
        tenant_id=scope.acting, code=code, defaults={"name_en": name_en, "name_zh": name_zh, "use": use}
    )
    if created:
        _note("department", department.pk, code=code)
    return department


@transaction.atomic
def grant_reading(
    *, reader_tenant_id: UUID, may_review: bool, may_report: bool = False, may_verify: bool = False
) -> SharingGrant:
    """Let another hospital read (review, report, verify) the acting tenant's studies; once while it is valid.

    A grant that says something else of these ends, and a new one begins.
    """
    scope = required_scope()
    allowed = {"may_review": may_review, "may_report": may_report, "may_verify": may_verify}
    valid = SharingGrant.objects.filter(
        tenant_id=scope.acting, reader_tenant_id=reader_tenant_id, revoked_at=None
    )
    for grant in valid.exclude(**allowed):
        revoke_grant(grant_id=grant.pk)
    grant, created = valid.get_or_create(
        tenant_id=scope.acting,
        reader_tenant_id=reader_tenant_id,
        revoked_at=None,
        defaults={**allowed, "granted_by": scope.actor},
    )
    if created:
        _note("grant", grant.pk, reader=str(reader_tenant_id), **allowed)
    return grant


def revoke_grant(*, grant_id: UUID) -> None:
    """End a grant of the acting tenant at once, also for the pages that are open."""
    scope = required_scope()
    ended = SharingGrant.objects.filter(pk=grant_id, tenant_id=scope.acting, revoked_at=None).update(
        revoked_at=now()
    )
    if ended:
        _note("grant", grant_id, revoked=True)
        transaction.on_commit(partial(look_again, group_of(scope.acting)))


def add_tenant(*, code: str, name_en: str, name_zh: str) -> tuple[Tenant, bool]:
    """Create a hospital, once; return it and whether it is new.

    Needs the owner's role: hospitals are made by the platform's operator.
    """
    return Tenant.objects.using("owner").get_or_create(
        code=code, defaults={"name_en": name_en, "name_zh": name_zh}
    )


def _note(what: str, what_id: UUID, **detail: object) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting,
        actor=scope.actor,
        action="change",
        what=what,
        what_id=str(what_id),
        user_id=scope.user_id,
        **detail,
    )
