"""Whether a vendor may sign under a prefix: who was listed first under it may, nobody else. Pure."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from allward_sdk.trust.keys import PublisherKey


def taken_by(
    key: PublisherKey, listed: Iterable[PublisherKey], owners: Mapping[str, UUID], *, tenant_id: UUID
) -> PublisherKey | None:
    """Return a key of somebody else that the catalogue lists for the same ids, or None.

    Parameters
    ----------
    owners
        keyid -> the vendor whose it is, for listed keys that came through this platform. A key that was
        listed on the command line is nobody's here: it keeps every vendor out, who registers it too.
    """
    for other in listed:
        meets = other.keyid == key.keyid or _overlap(key.prefixes, other.prefixes)
        if meets and owners.get(other.keyid) != tenant_id:
            return other
    return None


def _overlap(some: Iterable[str], others: Iterable[str]) -> bool:
    pairs = ((one, other) for one in some for other in tuple(others))
    return any(one.startswith(other) or other.startswith(one) for one, other in pairs)
