"""What a hospital's catalogue says becomes what the hospital believes."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.db import transaction

from allward.registry.actions.importing import import_package
from allward.registry.actions.installations import yank_version
from allward.registry.actions.keys import heed_catalogue
from allward.registry.models import PluginVersion, VersionImport
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.errors import CatalogueError


def catalogue_of_hospital(source: str, *, trusted_root: Path | None) -> Catalogue:
    """Open the acting hospital's catalogue, wherever its newest copy lies; what was seen of it is remembered.

    Raises as `Catalogue.open`.
    """
    code = Tenant.objects.get(pk=required_scope().acting).code
    return Catalogue.open(source, trusted_root, settings.ALLWARD.home / "catalogues" / code)


@transaction.atomic
def follow_catalogue(catalogue: Catalogue) -> None:
    """Believe the publishers' keys and the withdrawals of a catalogue, even of a stale one.

    What the hospital itself has said against a key or a version stays said.
    """
    scope = required_scope()
    for key in catalogue.publishers():
        heed_catalogue(key)
    yanked = {entry.digest: entry.yanked for entry in catalogue.entries()}
    rows = VersionImport.objects.select_for_update(of=("self",)).filter(
        tenant_id=scope.acting, plugin_version__digest__in=list(yanked)
    )
    for row in rows.select_related("plugin_version"):
        reason = yanked[row.plugin_version.digest]
        row.listed = reason is None
        row.save(update_fields=["listed"])
        if reason is not None and row.yanked_at is None:
            yank_version(row.plugin_version, reason=reason)


def import_from_catalogue(
    catalogue: Catalogue, *, plugin: str, version: str | None, models_folder: Path
) -> PluginVersion:
    """Take a version in from a catalogue; without `version` the newest one that was not withdrawn.

    Raises
    ------
    CatalogueError
        If there is no such version, it was withdrawn, or the catalogue is stale.
    ManifestError, UntrustedError
        As `import_package`.
    """
    entry = catalogue.entry(plugin, version or _newest(catalogue, plugin))
    folder = settings.ALLWARD.home / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = catalogue.fetch(entry, Path(place))
        return import_package(path, models_folder=models_folder, listed=True)


def _newest(catalogue: Catalogue, plugin: str) -> str:
    held = [each for each in catalogue.entries() if each.plugin == plugin and each.yanked is None]
    if not held:
        raise CatalogueError(f"{catalogue.source}: the catalogue has no {plugin} that was not withdrawn.")
    return max(held, key=lambda each: each.order).version
