"""What the database knows of the work on the engine: who waits in the queue, and what a job is for.

The queue is read in the dispatcher's role, which sees ids, tenant and state of every claim and nothing
else. What a job is for is read in the asker's own scope, and of the asker's own hospital alone.
"""

import contextlib
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q

from allward.kernel.clock import now
from allward.kernel.ids import first_id_at
from allward.registry.models import Installation, PluginVersion
from allward.runs.models import Attempt, Claim, Job, RunJob
from allward.runs.states import Priority
from allward.tenancy.models import Tenant
from allward_runner.apps import UnknownAppError, load_app

RECENT = timedelta(hours=24)
"""How far back jobs that are over are counted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one hospital and class that no worker has taken."""

    tenant_id: UUID
    priority: str
    count: int
    postponed: int
    """Of them, those that are tried again later."""
    longest_wait_s: float | None
    """None where all are postponed."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job in a worker's hands: being read, at the engine, or being stored."""

    job_id: UUID
    tenant_id: UUID
    priority: str


@dataclass(frozen=True, slots=True)
class KnownJob:
    """What a job of the asker's hospital is for. Titles are {en, zh}."""

    apps: tuple[dict[str, str], ...]
    plugin: dict[str, Any]
    study_id: UUID


def works_elsewhere(tenant_id: UUID) -> bool:
    """Tell whether an executor of another machine has taken a job of a hospital in the last week."""
    attempts = Attempt.objects.filter(tenant_id=tenant_id, started_at__gt=now() - timedelta(days=7))
    return attempts.exclude(worker__startswith=f"{socket.gethostname()}-").exists()


def waiting_and_taken(*, using: str = "dispatcher") -> tuple[list[Waiting], list[Taken]]:
    """Return the whole queue, of every hospital."""
    moment = now()
    with transaction.atomic(using=using):
        claims = Claim.objects.using(using)
        free = claims.filter(Q(lease_until=None) | Q(lease_until__lt=moment))
        groups = free.values("tenant_id", "priority").annotate(
            count=Count("pk"),
            postponed=Count("pk", filter=Q(available_at__gt=moment)),
            since=Min("available_at", filter=Q(available_at__lte=moment)),
        )
        waiting = [_waiting(group, moment) for group in groups.order_by("priority", "tenant_id")]
        held = claims.filter(lease_until__gte=moment).order_by("priority", "available_at")
        taken = [
            Taken(job_id, tenant_id, Priority(priority).name)
            for job_id, tenant_id, priority in held.values_list("job_id", "tenant_id", "priority")
        ]
    return waiting, taken


def _waiting(group: Mapping[str, Any], moment: datetime) -> Waiting:
    since = group["since"]
    return Waiting(
        tenant_id=group["tenant_id"],
        priority=Priority(group["priority"]).name,
        count=group["count"],
        postponed=group["postponed"],
        longest_wait_s=None if since is None else (moment - since).total_seconds(),
    )


def known_jobs(job_ids: Iterable[str | None], *, home: UUID) -> dict[str, KnownJob]:
    """Return what is known of those jobs that belong to `home`; asked within its scope."""
    wanted = uuids(job_ids)
    jobs = Job.objects.filter(pk__in=wanted, tenant_id=home).select_related("plugin_version")
    apps: dict[UUID, list[str]] = {}
    needs = RunJob.objects.filter(job_id__in=wanted, tenant_id=home).order_by("run__app")
    for job_id, app in needs.values_list("job_id", "run__app").distinct():
        apps.setdefault(job_id, []).append(app)
    return {
        str(job.pk): KnownJob(
            apps=tuple(app_title(app) for app in apps.get(job.pk, [])),
            plugin={
                "id": job.plugin_version.plugin_id,
                "version": job.plugin_version.version,
                "title": job.plugin_version.manifest["plugin"]["title"],
            },
            study_id=job.study_id,
        )
        for job in jobs
    }


def app_title(app: str) -> dict[str, str]:
    """Return an app's name in both languages; its id where it is not installed here."""
    try:
        return dict(load_app(app).title.model_dump())
    except UnknownAppError:
        return {"en": app, "zh": app}


def models_of_plugins(home: UUID | None) -> dict[str, dict[str, Any]]:
    """Return whose model each is, by digest, and what its manifest calls it.

    Parameters
    ----------
    home
        The models that this hospital has installed, asked within its scope; None: of the whole catalogue.
    """
    versions = PluginVersion.objects.order_by("imported_at")
    if home is not None:
        installed = Installation.objects.filter(tenant_id=home).values_list("plugin_version_id", flat=True)
        versions = versions.filter(pk__in=list(installed))
    rows = versions.values_list("plugin_id", "version", "manifest__plugin__title", "manifest__models")
    return {
        model["sha256"]: {"id": plugin_id, "version": version, "title": title, "model": name}
        for plugin_id, version, title, models in rows
        for name, model in models.items()
    }


def recent_jobs(home: UUID) -> dict[str, int]:
    """Return how many jobs of `home` were scheduled within `RECENT`, by state; asked within its scope."""
    rows = Job.objects.filter(tenant_id=home, pk__gte=first_id_at(now() - RECENT))
    return dict(rows.values_list("state").annotate(count=Count("pk")))


def hospitals(ids: Iterable[UUID]) -> dict[str, dict[str, Any]]:
    """Return code and names of hospitals by the text of their ids. Names are no patient data."""
    return {
        str(tenant.pk): {
            "id": str(tenant.pk),
            "code": tenant.code,
            "name": {"en": tenant.name_en, "zh": tenant.name_zh},
        }
        for tenant in Tenant.objects.filter(pk__in=set(ids))
    }


def uuids(texts: Iterable[str | None]) -> set[UUID]:
    """Return those that are UUIDs; an engine may also hold work that no platform asked for."""
    found = set()
    for text in texts:
        with contextlib.suppress(ValueError):
            found.add(UUID(text or ""))
    return found
