"""Which studies left the house with the results of a plug-in version: whom to tell when it is withdrawn."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from allward.delivery.models import Delivery
from allward.delivery.states import DeliveryState
from allward.results.models import ObjectKind


@dataclass(frozen=True, slots=True)
class Delivered:
    """A study with the destinations that hold, or may hold, objects of the version's results."""

    study_id: UUID
    study_instance_uid: str
    accession_number: str
    study_date: date | None
    objects: int
    destinations: tuple[str, ...]
    last_at: datetime | None
    """When the last of them arrived; None: it is not sure that one did."""


def studies_delivered_with(tenant_id: UUID, version_id: UUID) -> list[Delivered]:
    """Return a hospital's studies with objects of a version outside of it, the latest first.

    What was taken back by a rejection note is left out; what is being sent, and may be there, is not.
    """
    rows = (
        Delivery.objects.filter(
            tenant_id=tenant_id, result_object__result__run__runjob__job__plugin_version_id=version_id
        )
        .exclude(result_object__kind=ObjectKind.REJECTION_NOTE)
        .filter(Q(state=DeliveryState.DELIVERED) | Q(may_be_held=True))
        .exclude(state=DeliveryState.WITHDRAWN)
        .select_related("destination", "result_object__result__study")
        .distinct()
    )
    by_study: dict[UUID, list[Delivery]] = {}
    for row in rows.order_by("pk"):
        by_study.setdefault(row.result_object.result.study_id, []).append(row)
    listed = [_delivered(deliveries) for deliveries in by_study.values()]
    return sorted(listed, key=lambda one: (one.study_date or date.min, one.study_id), reverse=True)


def _delivered(deliveries: list[Delivery]) -> Delivered:
    study = deliveries[0].result_object.result.study
    arrived = [row.ended_at for row in deliveries if row.state == DeliveryState.DELIVERED and row.ended_at]
    return Delivered(
        study_id=study.pk,
        study_instance_uid=study.study_instance_uid,
        accession_number=study.accession_number,
        study_date=study.study_date,
        objects=len({row.result_object_id for row in deliveries}),
        destinations=tuple(sorted({row.destination.name for row in deliveries})),
        last_at=max(arrived, default=None),
    )
