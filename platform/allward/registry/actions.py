"""Every way plug-in versions and installations are written."""

from pathlib import Path

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.registry.models import Installation, PluginVersion
from allward.registry.states import MAY_BECOME, InstallationState
from allward.storage.place import storage
from allward.tenancy.models import Department
from allward.tenancy.scope import required_scope
from allward_sdk.errors import ManifestError
from allward_sdk.package import extract_models, read_package


def package_key(digest: str) -> str:
    """Return where a package lies in the storage."""
    return f"packages/{digest}.allward"


@transaction.atomic
def import_package(path: Path, *, models_folder: Path) -> PluginVersion:
    """Take a package into the catalogue and lay its models out for the engine; once for each digest.

    Raises
    ------
    ManifestError
        If the package breaks the contract, or another package was published as this version.
    """
    package = read_package(path)
    extract_models(package, models_folder)
    identity = package.manifest.plugin
    known = PluginVersion.objects.filter(plugin_id=identity.id, version=identity.version).first()
    if known is not None and known.digest != package.digest:
        raise ManifestError(
            f"{path.name}: {identity.id} {identity.version} was published with other content;"
            " raise the version"
        )
    if known is not None:
        return known
    storage().adopt(package_key(package.digest), path)
    return PluginVersion.objects.create(
        plugin_id=identity.id,
        version=identity.version,
        digest=package.digest,
        manifest=package.manifest.model_dump(mode="json"),
        storage_key=package_key(package.digest),
    )


@transaction.atomic
def install(*, version: PluginVersion, department: Department | None) -> Installation:
    """Install and enable a version in a department of the acting tenant; an older one is superseded."""
    scope = required_scope()
    others = Installation.objects.select_for_update(of=("self",)).filter(
        plugin_version__plugin_id=version.plugin_id,
        department=department,
        state=InstallationState.ENABLED,
    )
    for other in others.exclude(plugin_version=version):
        _move(other, InstallationState.SUPERSEDED)
    installation, created = Installation.objects.get_or_create(
        tenant_id=scope.acting, plugin_version=version, department=department
    )
    if created:
        _move(installation, InstallationState.VERIFIED)
    if installation.state != InstallationState.ENABLED:
        _move(installation, InstallationState.ENABLED)
    return installation


def _move(installation: Installation, new: InstallationState) -> None:
    scope = required_scope()
    check_transition(MAY_BECOME, old=InstallationState(installation.state), new=new, what="an installation")
    installation.state, installation.changed_at, installation.changed_by = new, now(), scope.actor
    installation.save()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="installation",
        what_id=str(installation.pk), state=new, user_id=scope.user_id,
    )  # fmt: skip
