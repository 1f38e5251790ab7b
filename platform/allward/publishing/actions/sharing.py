"""A hospital lets vendors count its studies, or no longer does."""

from django.db import transaction

from allward.kernel.clock import now
from allward.publishing.actions.noting import note
from allward.publishing.models import UsageSharing
from allward.publishing.usage import month_after
from allward.tenancy.scope import required_scope


@transaction.atomic
def share_usage(*, shares: bool) -> None:
    """Say from the next month on whether the acting hospital's studies count; once more changes nothing.

    Whole months alone count, and no month that has begun: so no figure that a vendor has seen ever changes,
    and nobody learns of one hospital by comparing figures of two days.
    """
    scope = required_scope()
    row = UsageSharing.objects.select_for_update().filter(tenant_id=scope.acting, until=None).first()
    if shares == (row is not None):
        return
    turn = month_after(now())
    if row is None:
        row = UsageSharing.objects.create(since=turn)
    else:
        row.until = max(turn, row.since)
        row.save(update_fields=["until"])
    note("usage sharing", row.pk, "begins" if shares else "ends", month=turn.isoformat())
