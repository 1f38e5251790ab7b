"""What hospitals have asked archives to send us; for whoever has to tell whose an image is."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.clock import now
from allward.retrieval.models import ExpectedMove


@dataclass(frozen=True, slots=True)
class Expected:
    """One C-MOVE that was asked for, as the objects that it brings name it."""

    tenant_id: UUID
    archive_ae_title: str
    originator_ae_title: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Cap:
    """How fast the images of a C-MOVE may come; all of one archive share it."""

    archive_id: UUID
    bits_per_s: int


def cap_of_move(archive_ae_title: str, originator_ae_title: str, message_id: int) -> Cap | None:
    """Return the cap of what an archive sends by a C-MOVE of ours, None if it has none; as dispatcher."""
    rows = ExpectedMove.objects.using("dispatcher").filter(
        archive_ae_title__iexact=archive_ae_title,
        originator_ae_title__iexact=originator_ae_title,
        message_id=message_id,
        until__gte=now(),
    )
    row = rows.order_by("-id").first()
    if row is None or row.archive_id is None or row.bits_per_s is None:
        return None
    return Cap(row.archive_id, row.bits_per_s)


def expected_of_study(study_instance_uid: str, *, using: str = "dispatcher") -> tuple[Expected, ...]:
    """Return who has asked for a study, of all hospitals, in the dispatcher's role."""
    rows = ExpectedMove.objects.using(using).filter(study_instance_uid=study_instance_uid, until__gte=now())
    return tuple(
        Expected(row.tenant_id, row.archive_ae_title, row.originator_ae_title, row.message_id)
        for row in rows.order_by("id")
    )
