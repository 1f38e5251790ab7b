"""Which versions a hospital has withdrawn: their results stay, and say so."""

from typing import Any
from uuid import UUID

from allward.registry.models import VersionImport


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
