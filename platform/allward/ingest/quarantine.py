"""Objects whose hospital could not be told: their bytes are kept until a person says whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.ingest.models import QuarantinedInstance
from allward.ingest.senders import DEFAULT_CHARSET, Facts
from allward.storage.place import storage
from allward.studies.actions import index_instances
from allward.studies.received import Fate, ReceivedInstance
from allward.tenancy.scope import Scope, within
from allward_dicom.header import read_header
from allward_dicom.text import printable
from allward_sdk.errors import BadInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """One object that belongs to nobody yet."""

    entry_id: UUID
    path: Path
    sha256: str
    size_bytes: int
    received_at: datetime
    facts: Facts
    peer: str
    sop_instance_uid: str
    reason: str


def keep_strays(strays: Sequence[Stray]) -> None:
    """Keep objects in quarantine; the same bytes are kept once, however often they come.

    Quarantine is where odd objects go, so whatever a text of theirs holds is made fit for its column.
    """
    if not strays:
        return
    rows = [
        QuarantinedInstance(
            id=stray.entry_id,
            received_at=stray.received_at,
            called_ae_title=printable(stray.facts.called_ae_title),
            calling_ae_title=printable(stray.facts.calling_ae_title),
            peer=printable(stray.peer),
            institution_name=printable(stray.facts.institution_name),
            sop_instance_uid=printable(stray.sop_instance_uid)[:64],
            reason=printable(stray.reason),
            storage_key=quarantine_key(stray),
            sha256=stray.sha256,
            size_bytes=stray.size_bytes,
        )
        for stray in sorted(strays, key=lambda stray: stray.sha256)
    ]
    for stray in strays:
        storage().adopt(quarantine_key(stray), stray.path)
    with transaction.atomic(using="dispatcher"):
        QuarantinedInstance.objects.using("dispatcher").bulk_create(rows, ignore_conflicts=True)


def quarantine_key(stray: Stray) -> str:
    """Return where the bytes of an object without a hospital lie: equal bytes, equal key."""
    return f"quarantine/{stray.sha256[:2]}/{stray.sha256}"


def list_quarantined() -> list[QuarantinedInstance]:
    """Return what still waits for a person's word, oldest first; for the platform operator."""
    rows = QuarantinedInstance.objects.using("dispatcher").filter(assigned_tenant_id=None)
    return list(rows.order_by("received_at"))


def assign_quarantined(
    quarantined_id: UUID, tenant_id: UUID, *, actor: str, same_patient: bool = False
) -> Fate:
    """Give an object to the hospital that a person named; it is indexed there. Safe to repeat.

    Parameters
    ----------
    same_patient
        That person's word that its study is this patient's although it states another number.

    Raises
    ------
    QuarantinedInstance.DoesNotExist
        If there is no such object, or it went to another hospital already.
    BadInputError
        If it cannot be read as DICOM, or its study belongs to another patient; it stays in quarantine.
    """
    rows = QuarantinedInstance.objects.using("dispatcher")
    row = rows.get(pk=quarantined_id)
    if row.assigned_tenant_id not in (None, tenant_id):
        raise QuarantinedInstance.DoesNotExist
    path = storage().path(row.storage_key)
    item = ReceivedInstance(
        instance_id=row.pk,
        path=path,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        received_at=row.received_at,
        source=row.calling_ae_title or actor,
        header=read_header(path, fallback_charset=DEFAULT_CHARSET),
        same_patient=same_patient,
    )
    with within(Scope.of_tenant(tenant_id, actor=actor)):
        fate = index_instances([item]).fates[row.pk]
        if fate is Fate.OTHER_PATIENT:
            raise BadInputError(f"{quarantined_id}: its study belongs to another patient of this hospital")
        if row.assigned_tenant_id is None:
            record(
                tenant_id=tenant_id,
                actor=actor,
                action="change",
                what="quarantined instance",
                what_id=str(row.pk),
                study_instance_uid=item.header.study_instance_uid,
                sop_instance_uid=item.header.sop_instance_uid,
                received_from=row.calling_ae_title,
                same_patient=same_patient,
                outcome=fate.value,
            )
    with transaction.atomic(using="dispatcher"):
        rows.filter(pk=quarantined_id).update(assigned_tenant_id=tenant_id)
    return fate
