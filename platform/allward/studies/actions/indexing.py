"""Received objects become rows: idempotent, a batch at a time, in one transaction of their tenant.

Locks are always taken in the same order (patients, studies, series, instances, pending completions; each by
its UID), so two batches that share a study wait for one another and never for each other.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.storage.folder import MissingBytesError
from allward.storage.place import storage
from allward.studies.actions.instances import (
    insert_instances,
    instance_row,
    keep_sidecar,
    object_key,
)
from allward.studies.actions.owners import Owner, owners_of
from allward.studies.actions.patients import upsert_patients
from allward.studies.actions.refreshing import refresh
from allward.studies.events import StudyChanged
from allward.studies.models import Instance, InstanceConflict, PendingCompletion, Series, Study
from allward.studies.received import (
    Fate,
    IndexOutcome,
    PatientNumber,
    ReceivedInstance,
    date_of,
    is_synthetic,
)
from allward.studies.same_object import holds_same_data_set
from allward.studies.states import MAY_BECOME, StudyState
from allward.tenancy.models import Department
from allward.tenancy.scope import acting_tenant_id, required_scope
from allward_dicom.header import Header

log = logging.getLogger(__name__)


class _Stored(NamedTuple):
    instance_id: UUID
    sha256: str
    storage_key: str
    study_id: UUID


def index_instances(batch: Sequence[ReceivedInstance]) -> IndexOutcome:
    """Index a batch of received objects for the acting tenant; safe to repeat.

    Their bytes get their place in the storage before the transaction commits; the caller may delete its own
    names of them afterwards. The same bytes again change nothing; other bytes under a known SOP Instance UID
    are kept as a conflict, and the first ones stay in use. An object whose study belongs to another patient
    is left to the caller, bytes and all. A new object sets a complete study back to receiving and postpones
    its completion.
    """
    with transaction.atomic():
        known = _stored(item.header.sop_instance_uid for item in batch)
        unknown = [item for item in batch if item.header.sop_instance_uid not in known]
        owners = owners_of(unknown)
        fresh: dict[str, ReceivedInstance] = {}
        for item in unknown:
            if owners[item.header.study_instance_uid].may_own(item):
                fresh.setdefault(item.header.sop_instance_uid, item)
        if fresh:
            _insert(list(fresh.values()), owners)
            known = _stored(item.header.sop_instance_uid for item in batch)
        fates: dict[UUID, Fate] = {}
        for item in batch:  # in their order: bytes that come first are there to be compared with
            stored = known.get(item.header.sop_instance_uid)
            if stored is None:
                fates[item.instance_id] = Fate.OTHER_PATIENT
                continue
            fates[item.instance_id] = fate = _fate(item, stored, fresh=fresh)
            _keep_bytes(item, fate, stored)
        return _tell(batch, fates, known)


def _stored(sop_instance_uids: Iterable[str]) -> dict[str, _Stored]:
    rows = Instance.objects.filter(
        tenant_id=acting_tenant_id(), sop_instance_uid__in=set(sop_instance_uids)
    ).values_list("sop_instance_uid", "id", "sha256", "storage_key", "study_id")
    return {row[0]: _Stored(*row[1:]) for row in rows}


def _insert(fresh: Sequence[ReceivedInstance], owners: Mapping[str, Owner]) -> None:
    patient_ids = upsert_patients(
        [item for item in fresh if owners[item.header.study_instance_uid].is_stated_by(item)]
    )
    wanted = {
        item.header.study_instance_uid: owners[item.header.study_instance_uid].patient_id
        or patient_ids[owners[item.header.study_instance_uid].number]
        for item in fresh
    }
    studies = _locked_studies(fresh, wanted)
    items = [item for item in fresh if item.header.study_instance_uid in studies]
    series = _series_rows(items, studies)
    insert_instances(
        [
            instance_row(item, series=series[item.header.study_instance_uid, item.header.series_instance_uid])
            for item in items
        ]
    )


def _locked_studies(items: Sequence[ReceivedInstance], patient_ids: Mapping[str, UUID]) -> dict[str, Study]:
    """Create the studies that are missing, lock them all in the order of their UIDs, and return them.

    One that somebody else has made for another patient in the meantime is left out.
    """
    first = {item.header.study_instance_uid: item for item in reversed(items)}
    only = _only_department()
    Study.objects.bulk_create(
        [
            Study(
                study_instance_uid=uid,
                patient_id=patient_ids[uid],
                department_id=item.department_id or only,
                received_at=item.received_at,
                last_received_at=item.received_at,
            )
            for uid, item in sorted(first.items())
        ],
        ignore_conflicts=True,
    )
    rows = (
        Study.objects.select_for_update()
        .filter(tenant_id=acting_tenant_id(), study_instance_uid__in=first)
        .order_by("study_instance_uid")
    )
    return {
        study.study_instance_uid: study
        for study in rows
        if study.patient_id == patient_ids[study.study_instance_uid]
    }


def _only_department() -> UUID | None:
    """Return the hospital's department if it has just one: whose images nobody stated are its own."""
    departments = Department.objects.filter(tenant_id=acting_tenant_id()).values_list("pk", flat=True)[:2]
    return departments[0] if len(departments) == 1 else None


def _series_rows(
    items: Sequence[ReceivedInstance], studies: Mapping[str, Study]
) -> dict[tuple[str, str], Series]:
    wanted = {(item.header.study_instance_uid, item.header.series_instance_uid): item for item in items}
    Series.objects.bulk_create(
        [
            Series(study=studies[study_uid], series_instance_uid=uid, modality=item.header.modality or "")
            for (study_uid, uid), item in sorted(wanted.items())
        ],
        ignore_conflicts=True,
    )
    rows = Series.objects.filter(study__in=list(studies.values())).select_related("study")
    return {(row.study.study_instance_uid, row.series_instance_uid): row for row in rows}


def _fate(item: ReceivedInstance, stored: _Stored, *, fresh: Mapping[str, ReceivedInstance]) -> Fate:
    if stored.instance_id == item.instance_id:
        return Fate.NEW if fresh.get(item.header.sop_instance_uid) is item else Fate.KNOWN
    if stored.sha256 == item.sha256:
        return Fate.KNOWN
    try:
        with storage().open(stored.storage_key) as first, item.path.open("rb") as other:
            return Fate.KNOWN if holds_same_data_set(first, other) else Fate.CONFLICT
    except MissingBytesError:
        log.exception("the bytes of a known object are gone; the ones that came now are kept beside it")
        return Fate.CONFLICT


def _keep_bytes(item: ReceivedInstance, fate: Fate, stored: _Stored) -> None:
    if fate is Fate.CONFLICT:
        storage().adopt(object_key(item), item.path)
        InstanceConflict.objects.bulk_create(
            [
                InstanceConflict(
                    instance_id=stored.instance_id,
                    sha256=item.sha256,
                    storage_key=object_key(item),
                    source=item.source,
                    received_at=item.received_at,
                )
            ],
            ignore_conflicts=True,
        )
    elif stored.sha256 == item.sha256:  # also of a known one: a crash may have come between row and bytes
        storage().adopt(stored.storage_key, item.path)
        if fate is Fate.NEW and item.header.per_frame_json is not None:
            keep_sidecar(stored.storage_key, item.header.per_frame_json)


def _tell(
    batch: Sequence[ReceivedInstance], fates: Mapping[UUID, Fate], known: Mapping[str, _Stored]
) -> IndexOutcome:
    """Bring studies with new objects up to date, and write who received what."""
    apart = {item.header.study_instance_uid for item in batch if item.header.sop_instance_uid not in known}
    claimed = dict(
        Study.objects.filter(tenant_id=acting_tenant_id(), study_instance_uid__in=apart).values_list(
            "study_instance_uid", "id"
        )
    )
    by_study: dict[UUID, list[ReceivedInstance]] = {}
    for item in batch:
        stored = known.get(item.header.sop_instance_uid)
        study_id = stored.study_id if stored else claimed[item.header.study_instance_uid]
        by_study.setdefault(study_id, []).append(item)
    changed = set()
    for study_id, items in sorted(by_study.items()):
        new = [item for item in items if fates[item.instance_id] is Fate.NEW]
        counts = Counter(fates[item.instance_id].value for item in items)
        if new:
            changed.add(study_id)
            _reopen(study_id, new)
        if new or counts[Fate.CONFLICT] or counts[Fate.OTHER_PATIENT]:
            record(
                tenant_id=acting_tenant_id(),
                actor=items[-1].source or required_scope().actor,
                action="receive",
                what="study",
                what_id=str(study_id),
                user_id=required_scope().user_id,
                user_tenant_id=required_scope().home,
                study_instance_uid=items[-1].header.study_instance_uid,
                **counts,
            )
    return IndexOutcome(fates=fates, study_ids=frozenset(changed))


def _reopen(study_id: UUID, new: Sequence[ReceivedInstance]) -> None:
    study = Study.objects.select_related("patient").get(pk=study_id)
    check_transition(
        MAY_BECOME, old=StudyState(study.state), new=StudyState.RECEIVING, what="a study with a new image"
    )
    study.state = StudyState.RECEIVING
    study.last_received_at = max(study.last_received_at, *(item.received_at for item in new))
    owner = Owner(PatientNumber(study.patient.issuer, study.patient.patient_id))
    own = [item.header for item in new if owner.is_stated_by(item)]
    if own:
        _describe(study, own[-1])
    refresh(study, [item.header for item in new], of_study=own[-1] if own else None)
    PendingCompletion.objects.bulk_create(
        [
            PendingCompletion(
                study_id=study_id,
                tenant_id=acting_tenant_id(),
                due_at=now() + timedelta(seconds=settings.ALLWARD.study_quiet_s),
            )
        ],
        update_conflicts=True,
        unique_fields=["study_id"],
        update_fields=["due_at"],
    )
    publish(StudyChanged(study_id=study_id), tenant_id=acting_tenant_id())


def _describe(study: Study, header: Header) -> None:
    """Take over what a header says of its study; what it does not say stays."""
    study.study_date = date_of(header.study_date) or study.study_date
    study.study_time = header.study_time or study.study_time
    if header.accession_number:
        is_same = header.accession_number == study.accession_number
        known = study.issuer_of_accession_number if is_same else ""
        study.issuer_of_accession_number = header.issuer_of_accession_number or known
        study.accession_number = header.accession_number
    study.placer_order_number = header.placer_order_number or study.placer_order_number
    study.filler_order_number = header.filler_order_number or study.filler_order_number
    study.description = header.study_description or study.description
    study.body_part_examined = header.body_part_examined or study.body_part_examined
    study.synthetic = study.synthetic or is_synthetic(header)
    study.institution_name = header.institution_name or study.institution_name
