"""The catalogue that a hospital follows: named by its administrator, read on his word and by the clock.

New versions are listed, withdrawals and revoked keys count at once; nothing is installed by itself. What
waits for somebody outside is called outside of transactions: short ones are opened around the writes.
"""

import tempfile
from pathlib import Path

from django.conf import settings
from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.registry.actions.catalogue import follow_catalogue, import_from_catalogue
from allward.registry.models import FollowedCatalogue, PluginVersion
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.fetching import fetcher_of
from allward_sdk.catalogue.pinning import believed_root, fingerprint_of
from allward_sdk.errors import BusyError, CatalogueError, TemporaryError, UsageError


class NoCatalogueError(UsageError):
    """The hospital follows no catalogue. Told to the administrator."""


def name_catalogue(source: str, root: bytes) -> FollowedCatalogue:
    """Follow a catalogue from now on, in place of another one; it is read at once.

    Parameters
    ----------
    source
        An http or https address, or a folder below one of `ALLWARD_CATALOGUE_FOLDERS`.
    root
        The root.json that the administrator has from the catalogue's publisher, byte for byte.

    Raises
    ------
    CatalogueError
        If the source may not be named, or the catalogue cannot be believed; the one before stays.
    TemporaryError
        If it cannot be reached; BusyError: it is being read already.
    """
    place = allowed_source(source, settings.ALLWARD.catalogue_folders)
    fingerprint = fingerprint_of(root)
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "root.json"
        given.write_bytes(root)
        catalogue = _opened(place, given, _memory(fingerprint))
    with transaction.atomic():
        scope = required_scope()
        row, _ = FollowedCatalogue.objects.update_or_create(
            tenant_id=scope.acting,
            defaults={
                "source": place,
                "fingerprint": fingerprint,
                "named_at": now(),
                "named_by": scope.actor,
            },
        )
        _note(row, "named", source=place, fingerprint=fingerprint)
        _believe(row, catalogue)
    return row


def sync_catalogue() -> FollowedCatalogue:
    """Read the catalogue that the acting hospital follows, wherever it got to; why it cannot be is kept.

    Raises
    ------
    NoCatalogueError
        If the hospital follows none.
    BusyError
        If it is being read already.
    """
    row = _followed()
    try:
        catalogue = open_followed(row)
    except BusyError:
        raise
    except (CatalogueError, TemporaryError) as error:
        with transaction.atomic():
            _tried(row, fault=str(error))
        return row
    with transaction.atomic():
        _believe(row, catalogue)
    return row


def open_followed(row: FollowedCatalogue) -> Catalogue:
    """Open the catalogue that a hospital follows. Raises as `Catalogue.open`."""
    place = allowed_source(row.source, settings.ALLWARD.catalogue_folders)
    return _opened(place, None, _memory(row.fingerprint))


def _opened(place: str, root: Path | None, memory: Path) -> Catalogue:
    fetcher = fetcher_of(place, local=settings.ALLWARD.local_addresses)
    return Catalogue.open(fetcher, root, memory, wait=False)


def import_followed(*, plugin: str, version: str, models_folder: Path) -> PluginVersion:
    """Take a version in from the catalogue that the acting hospital follows.

    Raises
    ------
    NoCatalogueError
        If the hospital follows none.
    CatalogueError, TemporaryError, ManifestError, UntrustedError
        As `import_from_catalogue`.
    """
    catalogue = open_followed(_followed())
    follow_catalogue(catalogue)
    return import_from_catalogue(catalogue, plugin=plugin, version=version, models_folder=models_folder)


@transaction.atomic
def forget_catalogue() -> None:
    """Follow no catalogue any more; what was believed and withdrawn by its word stays."""
    row = _followed()
    _note(row, "no longer followed", source=row.source)
    row.delete()


def allowed_source(source: str, folders: tuple[Path, ...]) -> str:
    """Return a source as it is read: an address, or a folder where operators let catalogues lie.

    Raises
    ------
    CatalogueError
        If it is a folder elsewhere: who administers a hospital reads no other files of the machine.
    """
    text = source.strip()
    if text.startswith(("http://", "https://")):
        return text.rstrip("/")
    place = Path(text).resolve()
    if not any(place.is_relative_to(folder.resolve()) for folder in folders):
        named = ", ".join(map(str, folders)) or "none"
        raise CatalogueError(
            f"{text}: a catalogue's folder lies below one of: {named} (ALLWARD_CATALOGUE_FOLDERS)."
            " Copy it there, or give an address that begins with http."
        )
    return str(place)


@transaction.atomic
def _followed() -> FollowedCatalogue:
    row = FollowedCatalogue.objects.filter(tenant_id=required_scope().acting).first()
    if row is None:
        raise NoCatalogueError("This hospital follows no catalogue; name one first.")
    return row


@transaction.atomic
def _memory(fingerprint: str) -> Path:
    """Return the folder that remembers what was seen of a catalogue; one for each that was ever named."""
    code = Tenant.objects.get(pk=required_scope().acting).code
    folder = settings.ALLWARD.home / "catalogues" / code
    try:
        pinned = fingerprint_of(believed_root(None, folder))
    except UsageError:  # nothing is pinned there yet
        return folder
    return folder if pinned == fingerprint else folder.with_name(f"{code}.{fingerprint[:16]}")


def _believe(row: FollowedCatalogue, catalogue: Catalogue) -> None:
    follow_catalogue(catalogue)
    row.entries = [
        {
            "plugin": entry.plugin,
            "version": entry.version,
            "digest": entry.digest,
            "size_bytes": entry.size_bytes,
            "yanked": entry.yanked,
        }
        for entry in catalogue.entries()
    ]
    row.expires, row.read_at = catalogue.expires, now()
    _tried(row, fault="")


def _tried(row: FollowedCatalogue, *, fault: str) -> None:
    """Keep how the last try went; it is audited when that changes, not each hour."""
    if fault != row.fault:
        _note(row, "cannot be read" if fault else "read again", because=fault)
    row.fault, row.tried_at = fault, now()
    row.save()


def _note(row: FollowedCatalogue, change: str, **detail: str) -> None:
    scope = required_scope()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="catalogue", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, change=change, **detail,
    )  # fmt: skip
