"""Questions about shadows: what runs, what it was given, and how it stands."""

from uuid import UUID

from django.db.models import Q, QuerySet

from allward.registry.models import PluginVersion
from allward.registry.states import InstallationState
from allward.results.models import FindingRecord
from allward.shadow.comparing import LabelPair, counted_kinds
from allward.shadow.models import Shadow, ShadowPair
from allward.shadow.states import PairState
from allward.shadow.statistics import Case
from allward.shadow.truth import Word, truth_of
from allward_sdk.manifest import Manifest

CANNOT_RUN = (InstallationState.ENABLED, InstallationState.YANKED, InstallationState.UNINSTALLED)
"""States of an installation in which its version is given nothing in shadow."""


def shadows_of(tenant_id: UUID, installation_id: UUID) -> QuerySet[Shadow]:
    """Return the shadows of an installation, the latest first."""
    return (
        Shadow.objects.filter(tenant_id=tenant_id, installation_id=installation_id)
        .select_related("installation__plugin_version")
        .order_by("-begun_at")
    )


def running_shadows(tenant_id: UUID) -> list[Shadow]:
    """Return the shadows of a hospital that have not ended, in the order in which they began."""
    rows = Shadow.objects.filter(tenant_id=tenant_id, ended_at=None).order_by("begun_at", "pk")
    return list(rows.select_related("installation__plugin_version"))


def is_stopped(shadow: Shadow) -> bool:
    """Tell whether a shadow is given nothing although it has not ended: enabled, or no longer installed."""
    return shadow.installation.state in CANNOT_RUN


def waiting_pairs(shadow: Shadow) -> int:
    """Return how many series wait for one of the two versions."""
    return ShadowPair.objects.filter(
        shadow=shadow, tenant_id=shadow.tenant_id, state=PairState.WAITING
    ).count()


def cases_of(shadow: Shadow) -> list[Case]:
    """Return what a shadow was given and both have ended, with reviewers' word as it is now.

    A series is one case, however often images came late: the pair that was scheduled last counts.
    """
    rows = ShadowPair.objects.filter(
        shadow=shadow, tenant_id=shadow.tenant_id, state__in=(PairState.COMPARED, PairState.FAILED)
    )
    rows = rows.select_related("series__study").order_by("scheduled_at", "pk")
    latest = {row.series_id: row for row in rows}
    truths = _truths(shadow.tenant_id, shadow)
    return [
        _case(row, truths.get(row.enabled_run_id) if row.enabled_run_id else None) for row in latest.values()
    ]


def _case(row: ShadowPair, truth: bool | None) -> Case:
    return Case(
        beside=row.enabled_job_id is not None,
        labels={name: LabelPair(**told) for name, told in row.labels.items()},
        failed=frozenset(row.failed),
        something=row.something,
        enabled_something=row.enabled_something,
        device_s=row.device_s,
        enabled_device_s=row.enabled_device_s,
        truth=truth,
        patient=str(row.series.study.patient_id),
    )


def _truths(tenant_id: UUID, shadow: Shadow) -> dict[UUID, bool | None]:
    """Return by run of the enabled version what reviewers said of its result."""
    pairs = ShadowPair.objects.filter(tenant_id=tenant_id, shadow=shadow, enabled_run__isnull=False)
    version_of = dict(pairs.values_list("enabled_run_id", "enabled_job__plugin_version_id"))
    versions = PluginVersion.objects.filter(pk__in=set(version_of.values()))
    counted = {row.pk: counted_kinds(Manifest.model_validate(row.manifest)) for row in versions}
    said = FindingRecord.objects.filter(
        tenant_id=tenant_id, result__run_id__in=list(version_of), result__evaluable=True
    )
    words: dict[UUID, list[Word]] = {}
    for run_id, finding, state in said.values_list("result__run_id", "finding", "review_state"):
        words.setdefault(run_id, []).append(Word.of(finding, state))
    return {run_id: truth_of(told, counted[version_of[run_id]]) for run_id, told in words.items()}


def pairs_of_job(job_id: UUID) -> list[ShadowPair]:
    """Return the pairs that a job belongs to and that are not compared yet, locked in one order."""
    rows = (
        ShadowPair.objects.select_for_update(of=("self",))
        .select_related("shadow", "job__plugin_version", "enabled_job__plugin_version")
        .filter(Q(job_id=job_id) | Q(enabled_job_id=job_id))
        .exclude(state=PairState.COMPARED)
    )
    return list(rows.order_by("pk"))
