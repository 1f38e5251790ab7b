"""Questions about what a hospital knows and has installed."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from allward.registry.models import Installation, PluginVersion, TrustedKey, VersionImport
from allward.registry.permits import VersionFacts
from allward.registry.trust import authority_of, facts_of
from allward.tenancy.models import Department


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version with what the hospital has made of it."""

    version: PluginVersion
    taken_in: VersionImport
    installations: tuple[Installation, ...]
    key: TrustedKey | None
    authority: str
    """Whose registrations count in the hospital; empty: nobody has said it."""

    @property
    def facts(self) -> VersionFacts:
        """What decides whether a run may begin with it."""
        return facts_of(self.version, self.taken_in, self.key, authority=self.authority)


def known_versions(tenant_id: UUID, *, version_id: UUID | None = None) -> list[KnownVersion]:
    """Return the versions that a hospital has taken in, by plug-in and the newest first."""
    imports = VersionImport.objects.filter(tenant_id=tenant_id).select_related("plugin_version")
    if version_id is not None:
        imports = imports.filter(plugin_version_id=version_id)
    keys = {key.keyid: key for key in TrustedKey.objects.filter(tenant_id=tenant_id)}
    authority = authority_of(tenant_id)
    installed: dict[UUID, list[Installation]] = {}
    rows = Installation.objects.filter(tenant_id=tenant_id).select_related("department", "plugin_version")
    for row in rows.order_by("pk"):
        installed.setdefault(row.plugin_version_id, []).append(row)
    known = [
        KnownVersion(
            one.plugin_version,
            one,
            tuple(installed.get(one.plugin_version_id, ())),
            keys.get(one.plugin_version.signer_keyid),
            authority,
        )
        for one in imports
    ]
    known.sort(key=lambda one: _numbers(one.version.version), reverse=True)
    return sorted(known, key=lambda one: one.version.plugin_id)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def departments_of(tenant_id: UUID) -> QuerySet[Department]:
    """Return a hospital's departments by code."""
    return Department.objects.filter(tenant_id=tenant_id).order_by("code")
