"""Every question about retrievals and what of them is here already."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum

from allward.retrieval.models import OwnTitle, Retrieval, SourceArchive
from allward.retrieval.states import UNDER_WAY
from allward.studies.models import Instance, Study


@dataclass(frozen=True, slots=True)
class Held:
    """What the index has of a series."""

    instances: int = 0
    size_bytes: int = 0


NOTHING = Held()


def held_series(tenant_id: UUID, study_instance_uid: str) -> dict[str, Held]:
    """Return what a hospital's index has of a study, by Series Instance UID."""
    rows = (
        Instance.objects.filter(tenant_id=tenant_id, study__study_instance_uid=study_instance_uid)
        .values("series__series_instance_uid")
        .annotate(instances=Count("id"), size_bytes=Sum("size_bytes"))
        .order_by()
    )
    return {
        row["series__series_instance_uid"]: Held(row["instances"], row["size_bytes"] or 0) for row in rows
    }


def known_studies(tenant_id: UUID, study_instance_uids: list[str]) -> dict[str, int]:
    """Return how many instances a hospital has of each of these studies that it knows."""
    rows = Study.objects.filter(tenant_id=tenant_id, study_instance_uid__in=study_instance_uids)
    return dict(rows.values_list("study_instance_uid", "instance_count"))


def archives_of(tenant_id: UUID, *, enabled: bool | None = None) -> list[SourceArchive]:
    """Return a hospital's archives by name."""
    rows = SourceArchive.objects.filter(tenant_id=tenant_id)
    return list((rows if enabled is None else rows.filter(enabled=enabled)).order_by("name"))


def titles_of(tenant_id: UUID) -> list[tuple[OwnTitle, list[str]]]:
    """Return a hospital's own AE titles, each with the names of its archives that need it."""
    archives = archives_of(tenant_id)
    found = OwnTitle.objects.filter(tenant_id=tenant_id).order_by("ae_title")
    return [(row, [one.name for one in archives if _needs(one, row.ae_title)]) for row in found]


def _needs(archive: SourceArchive, title: str) -> bool:
    return title.casefold() in (archive.calling_ae_title.casefold(), archive.move_destination.casefold())


def retrievals_of(tenant_id: UUID, *, most: int, state: str = "") -> list[Retrieval]:
    """Return a hospital's retrievals, the newest first."""
    rows = Retrieval.objects.filter(tenant_id=tenant_id).select_related("archive")
    return list((rows.filter(state=state) if state else rows).order_by("-created_at", "-pk")[:most])


def prior_waits(tenant_id: UUID, archive_id: UUID) -> bool:
    """Tell whether a reader waits for a study of this archive that nobody fetches yet."""
    rows = Retrieval.objects.filter(tenant_id=tenant_id, archive_id=archive_id, state="waiting")
    return rows.filter(outside_window=True).exists()


def is_under_way(tenant_id: UUID, retrieval_id: UUID) -> bool:
    """Tell whether a retrieval was neither ended nor canceled."""
    return Retrieval.objects.filter(pk=retrieval_id, tenant_id=tenant_id, state__in=list(UNDER_WAY)).exists()
