"""What results say of the versions that they come from: withdrawn since, or never signed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allward.registry.models import PluginVersion, VersionImport


def withdrawn_versions(tenant_id: UUID) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is said of withdrawn versions by (plug-in id, version)."""
    rows = VersionImport.objects.filter(tenant_id=tenant_id, yanked_at__isnull=False)
    return {
        (row.plugin_version.plugin_id, row.plugin_version.version): {
            "at": row.yanked_at,
            "reason": row.yank_reason,
        }
        for row in rows.select_related("plugin_version")
    }


def unsigned_packages(digests: Iterable[str]) -> frozenset[str]:
    """Return which of these packages nobody has signed: only a development server runs such."""
    rows = PluginVersion.objects.filter(digest__in=set(digests), signer_keyid="")
    return frozenset(rows.values_list("digest", flat=True))
