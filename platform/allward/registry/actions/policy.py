"""What a hospital says of regulation: whose registrations count."""

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.registry.models import RegulatoryPolicy
from allward.tenancy.scope import required_scope


@transaction.atomic
def name_authority(authority: str) -> RegulatoryPolicy:
    """Say whose registrations count in the acting hospital: NMPA, CE or FDA; empty: every one has to hold."""
    scope = required_scope()
    row, _ = RegulatoryPolicy.objects.select_for_update().get_or_create(tenant_id=scope.acting)
    if row.authority != authority:
        before, row.authority = row.authority, authority
        row.changed_at, row.changed_by = now(), scope.actor
        row.save()
        record(
            tenant_id=scope.acting, actor=scope.actor, action="change", what="regulatory policy",
            what_id=str(row.pk), user_id=scope.user_id, user_tenant_id=scope.home, before=before,
            after=authority,
        )  # fmt: skip
    return row
