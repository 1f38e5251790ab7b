"""The platform's own catalogue: the folder that is served below `/catalogue/`, and who changes it.

Whoever changes it waits for a lock of this room first, so that what was looked up still holds when it is
written. The command line takes only the catalogue's own lock, inside of this one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from allward.kernel.texts import Text
from allward.publishing.keys import publisher_key, too_wide
from allward.publishing.models import ListedKey, Submission, VendorKey
from allward.publishing.namespace import taken_by
from allward.publishing.states import KeyState, SubmissionState
from allward.tenancy.models import Tenant
from allward_sdk.catalogue import durable
from allward_sdk.catalogue.entries import CatalogueEntry
from allward_sdk.catalogue.repository import Repository
from allward_sdk.errors import CatalogueError, UntrustedError
from allward_sdk.trust.keys import PublisherKey

_NO_CATALOGUE = Text(
    "This platform has no whole catalogue in the folder `catalogue` of its state; make one with allward"
    " catalogue init.",
    "平台状态文件夹下的 `catalogue` 中没有完整的目录；可用 allward catalogue init 创建。",
)


def platform_catalogue() -> Repository:
    """Return the catalogue in the state folder; its keys lie beside it, as the command line makes them."""
    home = settings.ALLWARD.home
    return Repository(home / "catalogue", home / "catalogue-keys")


@contextmanager
def changing_catalogue() -> Iterator[Repository]:
    """Give the catalogue to one process of this platform at a time."""
    with durable.alone(settings.ALLWARD.home / "publishing"):
        yield platform_catalogue()


def listed_form(row: VendorKey, repository: Repository) -> PublisherKey:
    """Return a vendor's key as the catalogue is to list it: it keeps the prefixes that it has there."""
    key = publisher_key(row, publisher=Tenant.objects.get(pk=row.tenant_id).name_en)
    known = next((one for one in repository.publishers() if one.keyid == key.keyid), None)
    return key if known is None else replace(key, prefixes=tuple(sorted({*key.prefixes, *known.prefixes})))


def obstacles(row: Submission) -> tuple[Text, ...]:
    """Return why the catalogue would not take a package if it were accepted now."""
    key = VendorKey.objects.get(tenant_id=row.tenant_id, keyid=row.keyid)
    try:
        repository = platform_catalogue()
        listed = repository.publishers()
        entries = repository.entries()
    except (CatalogueError, UntrustedError) as error:
        return (_NO_CATALOGUE.followed_by(Text(str(error), str(error))),)
    found = [*_of_key(key), *_of_width(key), *_of_namespace(key, listed)]
    listed_here = [one for one in entries if (one.plugin, one.version) == (row.plugin_id, row.version)]
    return (*found, *(text for entry in listed_here for text in _of_entry(row, entry)))


def _of_entry(row: Submission, entry: CatalogueEntry) -> list[Text]:
    """A version that is listed stands in the way, unless it is this one, which a kill kept from its row."""
    name = f"{row.plugin_id} {row.version}"
    if entry.digest != row.digest:
        return [Text(f"The catalogue lists {name} with other bytes.", f"目录中已有内容不同的 {name}。")]
    if row.state != SubmissionState.ACCEPTED:
        return [
            Text(
                f"The catalogue lists {name} already; it did not come in here.",
                f"目录中已有 {name}，并非由此处提交。",
            )
        ]
    return []


def _of_key(key: VendorKey) -> list[Text]:
    if key.state == KeyState.ACTIVE:
        return []
    return [
        Text(
            f"The key {key.keyid[:16]} is {key.state}; the vendor has to sign with another one.",
            f"签名密钥 {key.keyid[:16]} 已失效；厂商需用其他密钥重新签名。",
        )
    ]


def _of_width(key: VendorKey) -> list[Text]:
    wide = too_wide(key.prefixes)
    if wide is None:
        return []
    return [
        Text(
            f"The key may sign all of {wide}, which is nobody's alone; the vendor needs another one.",
            f"该密钥可签署 {wide} 下的全部标识，不属于任何单一厂商；厂商需注册其他密钥。",
        )
    ]


def _of_namespace(row: VendorKey, listed: tuple[PublisherKey, ...]) -> list[Text]:
    key = publisher_key(row, publisher="-")
    other = taken_by(key, listed, owners_of(listed), tenant_id=row.tenant_id)
    if other is None:
        return []
    return [
        Text(
            f"{', '.join(other.prefixes)} belongs to {other.publisher} in the catalogue.",
            f"目录中 {', '.join(other.prefixes)} 属于 {other.publisher}。",
        )
    ]


def owners_of(listed: tuple[PublisherKey, ...]) -> dict[str, UUID]:
    """Return keyid -> vendor, of the listed keys that came through this platform."""
    rows = ListedKey.objects.filter(keyid__in=[key.keyid for key in listed])
    return dict(rows.values_list("keyid", "tenant_id"))


def owner_of(keyid: str) -> UUID | None:
    """Return the vendor whose a listed key is, or None."""
    return ListedKey.objects.filter(keyid=keyid).values_list("tenant_id", flat=True).first()
