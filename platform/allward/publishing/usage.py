"""How many studies ran with a vendor's plug-ins: a sum over hospitals that agreed, and never over a few.

The hospitals that agreed are found in the dispatcher's role, which sees tenant and months. Each one's count
is then read in a scope of that hospital alone; what leaves this file are sums of closed months over at least
`FEWEST` hospitals (ADR 0023).
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from allward.entitlements.models import UsageRecord
from allward.kernel.clock import now
from allward.publishing.models import Submission, UsageSharing
from allward.publishing.states import SubmissionState
from allward.tenancy.scope import Scope, within

FEWEST = 5
"""Hospitals that make a sum; a sum over fewer would name somebody. Source: ADR-0023."""


@dataclass(frozen=True, slots=True)
class UsageSum:
    """One plug-in in one month."""

    plugin_id: str
    month: date
    studies: int
    hospitals: int


@dataclass(frozen=True, slots=True)
class _Shared:
    tenant_id: UUID
    since: date
    until: date | None


def month_after(at: datetime) -> date:
    """Return the first day of the month after, in UTC."""
    first = at.astimezone(UTC).date().replace(day=1)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def plugins_of(tenant_id: UUID) -> list[str]:
    """Return the plug-ins that a vendor has published here."""
    states = (SubmissionState.PUBLISHED, SubmissionState.YANKED)
    rows = Submission.objects.filter(tenant_id=tenant_id, state__in=states)
    return sorted(set(rows.values_list("plugin_id", flat=True)))


def shared_usage(plugin_ids: Collection[str]) -> list[UsageSum]:
    """Return the sums of closed months by plug-in, the latest month first; what too few make is left out."""
    this_month = now().astimezone(UTC).date().replace(day=1)
    studies: dict[tuple[date, str], list[int]] = defaultdict(list)
    for one in _sharing():
        for month, plugin_id, count in _counts(one, plugin_ids, before=this_month):
            studies[month, plugin_id].append(count)
    return [
        UsageSum(plugin_id, month, sum(counts), len(counts))
        for (month, plugin_id), counts in sorted(studies.items(), reverse=True)
        if len(counts) >= FEWEST
    ]


def _sharing(*, using: str = "dispatcher") -> list[_Shared]:
    with transaction.atomic(using=using):
        rows = UsageSharing.objects.using(using).order_by("tenant_id", "since")
        return [_Shared(row.tenant_id, row.since, row.until) for row in rows]


def _counts(one: _Shared, plugin_ids: Collection[str], *, before: date) -> list[tuple[date, str, int]]:
    """Return (month, plug-in, studies) of one hospital, of the months that it agreed to."""
    until = before if one.until is None else min(before, one.until)
    with within(Scope.of_tenant(one.tenant_id, actor="usage")):
        rows = UsageRecord.objects.filter(tenant_id=one.tenant_id, plugin_id__in=plugin_ids)
        counted = rows.filter(month__gte=one.since, month__lt=until).values("month", "plugin_id")
        found = counted.annotate(studies=Count("study_id", distinct=True)).order_by("month", "plugin_id")
        return [(row["month"], row["plugin_id"], row["studies"]) for row in found]


def sharing_of(tenant_id: UUID) -> UsageSharing | None:
    """Return since when a hospital lets its studies be counted; None: it does not."""
    return UsageSharing.objects.filter(tenant_id=tenant_id, until=None).first()
