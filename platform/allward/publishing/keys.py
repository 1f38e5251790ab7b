"""A vendor's keys in the form in which packages are verified with them."""

from uuid import UUID

from allward.publishing.models import VendorKey
from allward.tenancy.models import Tenant
from allward_sdk.trust.keys import PublisherKey, TrustStore

MOST_PREFIXES = 20
LEAST_LABELS = 2
"""Of a prefix: `com.example.` is somebody's, `com.` is everybody's."""
RESERVED = "local."
"""Ids of what hospitals build for themselves begin like this (ADR 0018)."""


def publisher_key(row: VendorKey, *, publisher: str) -> PublisherKey:
    """Return a registered key as the catalogue lists it.

    Parameters
    ----------
    publisher
        Name of the tenant that registered it: no vendor chooses the name under which hospitals trust a key.
    """
    return PublisherKey.from_json(
        {
            "keyid": row.keyid,
            "public": row.public,
            "publisher": publisher,
            "prefixes": row.prefixes,
            "state": row.state,
            "reason": row.reason,
        },
        place=f"key {row.keyid[:12]}",
    )


def keys_of(tenant_id: UUID) -> TrustStore:
    """Return what a vendor's packages are verified with: the keys that it has registered, and no other."""
    publisher = Tenant.objects.get(pk=tenant_id).name_en
    rows = VendorKey.objects.filter(tenant_id=tenant_id)
    return TrustStore.of(publisher_key(row, publisher=publisher) for row in rows)


def reserved(prefixes: list[str]) -> str | None:
    """Return the first prefix under which no vendor may sign, or None."""
    return next((each for each in prefixes if each.startswith(RESERVED)), None)


def too_wide(prefixes: list[str]) -> str | None:
    """Return the first prefix that is a whole top-level domain, or None: it would keep all others out."""
    return next((each for each in prefixes if each.count(".") < LEAST_LABELS), None)
