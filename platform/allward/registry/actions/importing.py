"""Packages become versions that a hospital knows."""

import tempfile
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from allward.audit.actions import record
from allward.registry.actions.keys import trust_builds_of, trust_own_key
from allward.registry.graphs import refuse_graphs
from allward.registry.models import PluginVersion, VersionImport
from allward.registry.own_keys import own_prefix
from allward.registry.signing import checked_package, is_signed, signed_as_built_here
from allward.registry.trust import trust_of
from allward.storage.place import storage
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.errors import ManifestError
from allward_sdk.package import Package, digest_of_file, extract_models, read_package


def package_key(digest: str) -> str:
    """Return where a package lies in the storage."""
    return f"packages/{digest}.allward"


def import_package(path: Path, *, models_folder: Path, listed: bool = False) -> PluginVersion:
    """Take a package in for the acting hospital and lay its models out for the engine; once for each digest.

    Parameters
    ----------
    listed
        It comes from the hospital's catalogue, which lists it.

    Raises
    ------
    ManifestError
        If the package breaks the contract, or the hospital knows other content as this version.
    UntrustedError
        If nobody whom the hospital trusts signed it, or it was changed since.
    """
    with transaction.atomic():
        tenant = Tenant.objects.get(pk=required_scope().acting)
        trust_own_key()
        trust = trust_of(tenant.pk)
    if listed:
        trust = replace(trust, listed=trust.listed | {digest_of_file(path)})
    with checked_package(path, trust=trust, code=tenant.code) as (package, keyid):
        _lay_out(package, models_folder)
        with transaction.atomic():
            version = _version_of(package, keyid)
            adopt_version(version, listed=listed)
    return version


def _lay_out(package: Package, models_folder: Path) -> None:
    """Lay the models out for the engine: a new one is looked at before it gets its name there."""
    names = {model.file: f"{model.sha256}.onnx" for model in package.manifest.models.values()}
    new = {file: name for file, name in names.items() if not (models_folder / name).is_file()}
    if new:
        models_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models_folder, prefix=".new-") as place:
            extract_models(package, Path(place))
            looked_at = {file: Path(place) / name for file, name in new.items()}
            refuse_graphs(looked_at, place=package.path.name)
            for path in set(looked_at.values()):
                path.replace(models_folder / path.name)
    extract_models(package, models_folder)


def import_build(path: Path, *, models_folder: Path) -> PluginVersion:
    """Take in a package that was built on this machine: the acting hospital trusts its own machine's builds.

    Raises as `import_package`.
    """
    plugin_id = read_package(path).manifest.plugin.id
    tenant = Tenant.objects.get(pk=required_scope().acting)
    if is_signed(path) or plugin_id.startswith(own_prefix(tenant.code)):
        return import_package(path, models_folder=models_folder)
    trust_builds_of(plugin_id)
    with signed_as_built_here(path) as signed:
        return import_package(signed, models_folder=models_folder)


def _version_of(package: Package, keyid: str) -> PluginVersion:
    identity = package.manifest.plugin
    same = VersionImport.objects.filter(
        tenant_id=required_scope().acting, plugin_id=identity.id, version=identity.version
    )
    if same.exclude(plugin_version__digest=package.digest).exists():
        raise ManifestError(
            f"{package.path.name}: {identity.id} {identity.version} was taken in here with other content;"
            " raise the version"
        )
    known = PluginVersion.objects.filter(digest=package.digest).first()
    if known is not None:
        return known
    try:
        storage().copy(package_key(package.digest), package.path, sha256=package.digest)
    except ValueError as error:
        raise ManifestError(f"{error}; take it in again") from error
    version, _ = PluginVersion.objects.get_or_create(
        digest=package.digest,
        defaults={
            "plugin_id": identity.id,
            "version": identity.version,
            "manifest": package.manifest.model_dump(mode="json"),
            "storage_key": package_key(package.digest),
            "signer_keyid": keyid,
        },
    )
    return version


@transaction.atomic
def adopt_version(version: PluginVersion, *, listed: bool = False) -> VersionImport:
    """Let the acting hospital know a version whose package this platform has, once."""
    scope = required_scope()
    row, created = VersionImport.objects.get_or_create(
        tenant_id=scope.acting,
        plugin_version=version,
        defaults={"plugin_id": version.plugin_id, "version": version.version, "imported_by": scope.actor},
    )
    if listed and not row.listed:
        row.listed = True
        row.save(update_fields=["listed"])
    if created:
        record(
            tenant_id=scope.acting, actor=scope.actor, action="change", what="plug-in version",
            what_id=str(version.pk), user_id=scope.user_id, user_tenant_id=scope.home, change="imported",
            plugin=version.plugin_id, version=version.version, digest=version.digest,
        )  # fmt: skip
    return row
