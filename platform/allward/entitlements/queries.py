"""Questions about a hospital's entitlements, and about what it has used."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from allward.audit.models import AuditEvent
from allward.entitlements.clock import Seen, advance
from allward.entitlements.models import InstalledEntitlement, SeenTime, UsageRecord
from allward.entitlements.standing import PREFERENCE, Facts, Standing, not_trusted, standing_of
from allward.kernel.clock import now
from allward_sdk.entitlement import Entitlement, read_token, verify_token
from allward_sdk.errors import UntrustedError
from allward_sdk.trust.keys import TrustStore


@dataclass(frozen=True, slots=True)
class Held:
    """A token of a hospital, read and judged."""

    row: InstalledEntitlement
    entitlement: Entitlement
    publisher: str
    """Name of who holds its key; empty if the key is not trusted (any more)."""
    used: int
    """Studies counted under it, in this month or in total, as its quota says."""
    standing: Standing


def month_of(at: datetime) -> date:
    """Return the first day of the month in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def seen_now(tenant_id: UUID, known: SeenTime | None) -> Seen:
    """Return what is known of time now that the clock is looked at; nothing is written."""
    at = now()
    audited = AuditEvent.objects.filter(tenant_id=tenant_id).aggregate(at=Max("at"))["at"] or at
    if known is None or audited > known.greatest:
        return advance(Seen(audited, audited), at)
    return advance(Seen(known.greatest, known.latest), at)


def time_for(tenant_id: UUID) -> Seen:
    """Return what is known of time for a hospital; nothing is written."""
    return seen_now(tenant_id, SeenTime.objects.filter(tenant_id=tenant_id).first())


def held_by(tenant_id: UUID, trust: TrustStore, seen: Seen) -> list[Held]:
    """Return the tokens that a hospital has, the one that is used first in front."""
    rows = InstalledEntitlement.objects.filter(tenant_id=tenant_id, removed_at=None).order_by("installed_at")
    held = [held_as(row, trust, seen) for row in rows]
    return sorted(held, key=_preference)


def held_as(row: InstalledEntitlement, trust: TrustStore, seen: Seen) -> Held:
    """Return a token of a hospital, read and judged."""
    entitlement = read_token(row.token)
    used = _used(row, entitlement, seen.greatest)
    try:
        key, _ = verify_token(row.token, trust)
    except UntrustedError as error:
        return Held(row, entitlement, "", used, not_trusted(str(error)))
    facts = Facts(row.tenant_id, seen.greatest, seen.behind, used)
    return Held(row, entitlement, key.publisher, used, standing_of(entitlement, facts))


def counted_under(tenant_id: UUID, *, plugin_id: str, study_id: UUID) -> bool:
    """Tell whether a study was counted under an entitlement for this plug-in, in whatever version."""
    return UsageRecord.objects.filter(
        tenant_id=tenant_id, plugin_id=plugin_id, study_id=study_id, entitlement__isnull=False
    ).exists()


@dataclass(frozen=True, slots=True)
class UsageLine:
    """How many studies an app analysed with a plug-in in a month."""

    app: str
    plugin_id: str
    studies: int
    versions: dict[str, int]
    """version -> studies; one that ran on two versions is counted under each."""


def usage_of(tenant_id: UUID, month: date) -> list[UsageLine]:
    """Return a month's usage by app and plug-in."""
    rows = UsageRecord.objects.filter(tenant_id=tenant_id, month=month)
    versions: dict[tuple[str, str], dict[str, int]] = {}
    for each in _studies_by(rows, "app", "plugin_id", "plugin_version"):
        versions.setdefault((each["app"], each["plugin_id"]), {})[each["plugin_version"]] = each["studies"]
    return [
        UsageLine(each["app"], each["plugin_id"], each["studies"], versions[each["app"], each["plugin_id"]])
        for each in _studies_by(rows, "app", "plugin_id")
    ]


def studies_by_month(tenant_id: UUID, *, last: date) -> list[tuple[date, int]]:
    """Return how many studies were analysed in each of twelve months, the last one at the end."""
    months = [_months_before(last, count) for count in reversed(range(12))]
    rows = UsageRecord.objects.filter(tenant_id=tenant_id, month__range=(months[0], last))
    counted = {each["month"]: each["studies"] for each in _studies_by(rows, "month")}
    return [(month, counted.get(month, 0)) for month in months]


def studies_in(tenant_id: UUID, month: date) -> int:
    """Return how many studies were analysed in a month by whatever app."""
    rows = UsageRecord.objects.filter(tenant_id=tenant_id, month=month)
    return _studies(rows)


def _months_before(month: date, count: int) -> date:
    years, before = divmod(month.month - 1 - count, 12)
    return date(month.year + years, before + 1, 1)


def _studies(rows: QuerySet[UsageRecord]) -> int:
    count: int = rows.aggregate(studies=Count("study_id", distinct=True))["studies"]
    return count


def _studies_by(rows: QuerySet[UsageRecord], *names: str) -> list[dict[str, Any]]:
    return list(rows.values(*names).annotate(studies=Count("study_id", distinct=True)).order_by(*names))


def _used(row: InstalledEntitlement, entitlement: Entitlement, at: datetime) -> int:
    counted = UsageRecord.objects.filter(tenant_id=row.tenant_id, entitlement=row)
    if entitlement.quota is not None and entitlement.quota.per == "month":
        counted = counted.filter(month=month_of(at))
    return _studies(counted)


def _preference(one: Held) -> tuple[int, datetime]:
    return PREFERENCE.index(one.standing.state), one.entitlement.expires
