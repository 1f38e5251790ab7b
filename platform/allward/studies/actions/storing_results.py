"""What the platform writes itself joins the study as a series of its own, without a new revision."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.outbox.publish import publish
from allward.storage.place import storage
from allward.studies.actions.instances import instance_row, keep_sidecar
from allward.studies.actions.refreshing import refresh
from allward.studies.events import StudyChanged
from allward.studies.models import Instance, Series, Study
from allward.studies.received import ObjectFacts
from allward.tenancy.scope import acting_tenant_id
from allward_dicom.header import Header, read_header
from allward_sdk.errors import BadInputError


@dataclass(frozen=True, slots=True)
class ResultSeries:
    """A series written by the platform: its row and the rows of its instances, in the order given."""

    series: Series
    instances: tuple[Instance, ...]


def store_result_series(study_id: UUID, objects: Sequence[bytes], *, source: str) -> ResultSeries:
    """Store DICOM objects that the platform made as one new series of a study of the acting tenant.

    The study's state and revision stay as they are. Safe to repeat with the same bytes.

    Parameters
    ----------
    objects
        Whole DICOM files of one series of that study.
    source
        What made them, e.g. the plug-in's id and version.

    Raises
    ------
    BadInputError
        If an object is not DICOM, of another study, of several series, or of a series that was received.
    Study.DoesNotExist
        If it is not a study of the acting tenant.
    """
    headers = [read_header(content, name="the result") for content in objects]
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=study_id, tenant_id=acting_tenant_id())
        series = _series(study, headers)
        instances = tuple(
            _stored(content, header, series=series, source=source)
            for content, header in zip(objects, headers, strict=True)
        )
        refresh(study, headers, of_study=None)
        series.refresh_from_db()
        publish(StudyChanged(study_id=study_id), tenant_id=acting_tenant_id())
    return ResultSeries(series, instances)


def _series(study: Study, headers: Sequence[Header]) -> Series:
    uids = {(header.study_instance_uid, header.series_instance_uid) for header in headers}
    if len(uids) != 1 or next(iter(uids))[0] != study.study_instance_uid:
        raise BadInputError("the objects are not one series of the study that they belong to")
    series, _ = Series.objects.get_or_create(
        tenant_id=acting_tenant_id(),
        study=study,
        series_instance_uid=headers[0].series_instance_uid,
        defaults={"is_result": True},
    )
    if not series.is_result:
        raise BadInputError("the series was received; the platform adds nothing to it")
    return series


def _stored(content: bytes, header: Header, *, series: Series, source: str) -> Instance:
    sha256 = hashlib.sha256(content).hexdigest()
    found = Instance.objects.filter(
        tenant_id=acting_tenant_id(), sop_instance_uid=header.sop_instance_uid
    ).first()
    if found is not None:
        if found.sha256 != sha256:
            raise BadInputError("another object has the same SOP Instance UID")
        return found
    facts = ObjectFacts(
        instance_id=new_id(),
        sha256=sha256,
        size_bytes=len(content),
        received_at=now(),
        source=source,
        header=header,
    )
    row = instance_row(facts, series=series)
    storage().write(row.storage_key, content)
    if header.per_frame_json is not None:
        keep_sidecar(row.storage_key, header.per_frame_json)
    row.save(force_insert=True)
    return row
