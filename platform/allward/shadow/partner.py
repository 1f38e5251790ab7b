"""Beside which job a shadow runs on a series: that of the enabled version there, or none."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from allward.registry.models import Installation, PluginVersion
from allward.registry.states import InstallationState
from allward.runs.models import RunJob
from allward.shadow.comparing import same_labels
from allward_sdk.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Beside:
    """Versions that are enabled where a shadow is."""

    tenant_id: UUID
    version_ids: frozenset[UUID]

    def need(self, *, series_id: UUID, input_digest: str) -> RunJob | None:
        """Return the latest run's need of one of them on exactly these images, with its job; None: no run."""
        return (
            RunJob.objects.filter(
                tenant_id=self.tenant_id,
                run__series_id=series_id,
                run__input_digest=input_digest,
                job__plugin_version_id__in=self.version_ids,
            )
            .select_related("job", "run")
            .order_by("-run__revision")
            .first()
        )


def beside(installation: Installation, department_id: UUID | None) -> Beside | None:
    """Return what is enabled for the studies of a department beside an installation; None: nothing.

    Versions of the same plug-in if there are, else other plug-ins in the same slot that draw or name one of
    the same things.
    """
    enabled = _enabled_for(installation.tenant_id, department_id)
    version = installation.plugin_version
    same = [each for each in enabled if each.plugin_id == version.plugin_id and each.pk != version.pk]
    chosen = same or [each for each in enabled if _fills_the_same(version, each)]
    return Beside(installation.tenant_id, frozenset(each.pk for each in chosen)) if chosen else None


def is_enabled_for(installation: Installation, department_id: UUID | None) -> bool:
    """Tell whether the version itself is enabled for the studies of a department."""
    enabled = _enabled_for(installation.tenant_id, department_id)
    return installation.plugin_version_id in {each.pk for each in enabled}


def _enabled_for(tenant_id: UUID, department_id: UUID | None) -> Collection[PluginVersion]:
    rows = Installation.objects.filter(
        Q(department_id=department_id) | Q(department_id=None),
        tenant_id=tenant_id,
        state=InstallationState.ENABLED,
    )
    return [row.plugin_version for row in rows.select_related("plugin_version")]


def _fills_the_same(shadow: PluginVersion, other: PluginVersion) -> bool:
    if shadow.plugin_id == other.plugin_id or not set(shadow.manifest["fills"]) & set(
        other.manifest["fills"]
    ):
        return False
    mine, theirs = Manifest.model_validate(shadow.manifest), Manifest.model_validate(other.manifest)
    return any(True for _ in same_labels(mine, theirs))
