"""What an enabled version said over time, from what is stored of its runs and of reviewers' words."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from allward.kernel.texts import Text
from allward.registry.models import Installation, PluginVersion
from allward.results.models import FindingRecord, Result
from allward.results.states import ReviewState
from allward.runs.models import AppRun, RunJob
from allward.runs.states import RunState
from allward.shadow.comparing import counted_kinds
from allward.shadow.drift import BASELINE, BLOCK, Drift, Observation, drift_of
from allward.shadow.truth import Word, found_among
from allward_sdk.manifest import Manifest

MOST = 5000
"""Series that are looked at beside the first ones: the latest."""

_ML = "mL"


def drift_here(installation: Installation) -> Drift:
    """Return how the version of an installation, which is or was enabled, did in its place."""
    manifest = Manifest.model_validate(installation.plugin_version.manifest)
    return drift_of(_observations(installation, manifest), titles_of(installation.plugin_version))


def titles_of(version: PluginVersion) -> dict[str, Text]:
    """Return the names for people of the labels that a version draws, in the order of its manifest."""
    labels = Manifest.model_validate(version.manifest).labels
    return {label.name: Text(label.title.en, label.title.zh) for label in labels if label.kind != "class"}


def _observations(installation: Installation, manifest: Manifest) -> list[Observation]:
    runs = _runs(installation)
    results = {
        row.run_id: row
        for row in Result.objects.filter(
            tenant_id=installation.tenant_id, run_id__in=[run.pk for run in runs]
        ).only("run_id", "evaluable", "segments")
    }
    findings = _findings(installation.tenant_id, results.values())
    counted = counted_kinds(manifest)
    return [
        observation
        for run in runs
        if (observation := _observation(run, results.get(run.pk), findings, counted)) is not None
    ]


def _runs(installation: Installation) -> list[AppRun]:
    """Return the runs that have ended, the latest of each app on a series, in order of their ends."""
    needs = RunJob.objects.filter(
        tenant_id=installation.tenant_id, job__plugin_version_id=installation.plugin_version_id
    )
    rows = AppRun.objects.filter(
        tenant_id=installation.tenant_id,
        pk__in=needs.values("run_id"),
        state__in=(RunState.COMPLETED, RunState.CANCELED),
        ended_at__isnull=False,
    )
    if installation.department_id is not None:
        rows = rows.filter(department_id=installation.department_id)
    latest = {(run.app, run.series_id): run for run in rows.order_by("revision")}
    ended = sorted(latest.values(), key=lambda run: (run.ended_at, run.pk))
    whole_blocks = max(0, len(ended) - BASELINE - MOST) // BLOCK * BLOCK
    return ended[:BASELINE] + ended[BASELINE + whole_blocks :]


def _findings(tenant_id: UUID, results: Iterable[Result]) -> dict[UUID, list[tuple[dict[str, Any], str]]]:
    rows = FindingRecord.objects.filter(tenant_id=tenant_id, result_id__in=[row.pk for row in results])
    found: dict[UUID, list[tuple[dict[str, Any], str]]] = {}
    for result_id, finding, state in rows.values_list("result_id", "finding", "review_state"):
        found.setdefault(result_id, []).append((finding, state))
    return found


def _observation(
    run: AppRun,
    result: Result | None,
    findings: Mapping[UUID, list[tuple[dict[str, Any], str]]],
    counted: frozenset[str],
) -> Observation | None:
    assert run.ended_at is not None
    if result is None or not result.evaluable:
        by_fault = result is not None or run.fault != ""
        return Observation(run.ended_at, failed=True) if by_fault else None  # else somebody canceled it
    told = findings.get(result.pk, [])
    return Observation(
        at=run.ended_at,
        found=bool(found_among([Word.of(finding, state) for finding, state in told], counted)),
        rejected=_is_rejected([state for _, state in told]),
        volumes_ml=_volumes_ml(result, [finding for finding, _ in told]),
    )


def _is_rejected(states: list[str]) -> bool | None:
    if ReviewState.REJECTED in states:
        return True
    return None if not states or ReviewState.UNREVIEWED in states else False


def _volumes_ml(result: Result, findings: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Return the measured volume of each label, that of all its findings together."""
    names = {segment["value"]: segment["name"] for segment in result.segments}
    volumes: dict[str, float] = {}
    for finding in findings:
        name = names.get(finding.get("segment_value"))
        for measured in finding.get("measurements", ()):
            if name is not None and measured["unit"]["value"] == _ML and measured["value"] is not None:
                volumes[name] = volumes.get(name, 0.0) + measured["value"]
    return volumes
