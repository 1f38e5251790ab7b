"""The DICOM objects of a result: every way they are written.

A SEG, an SR and one object for each map, surface and set of marks say what was found, and a document holds
tables and texts: as soon as there is a result (marked UNVERIFIED), and again when every finding has been
reviewed (without what was rejected, verified by the reviewers; then with a selection of key images, where
the app drew what was accepted). A rejection note takes objects back that have left the house.

An object is known by the digest of what it says, and its UIDs follow from that digest: writing again
what has been written gives the same object and no second one.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from pydicom import dcmread
from pydicom.dataset import Dataset

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.texts import Text
from allward.outbox.publish import publish
from allward.results.events import (
    ResultAccepted,
    ResultObjectsWritten,
    ResultReady,
    ResultRejected,
    ResultReviewed,
)
from allward.results.models import ObjectKind, Result, ResultObject
from allward.results.object_content import KEY_IMAGES, Content, Kind, Uids
from allward.results.object_present import VERIFIED_KINDS, content_now, digests_now, objects_of
from allward.results.object_sources import read_arrays, source_headers
from allward.storage.place import storage
from allward.studies.actions import store_result_series
from allward.studies.models import Instance
from allward.tenancy.scope import required_scope
from allward_dicom.found_objects import has_something
from allward_sdk.errors import AllwardError, TemporaryError

if TYPE_CHECKING:
    from allward_dicom.rejection import Cause

log = logging.getLogger(__name__)


def write_result_objects(event: ResultReady | ResultReviewed | ResultAccepted | ResultRejected) -> None:
    """Write the objects that say what is true of a result now, and tell that they are there.

    A step. It looks at the result as it is and not at what the event says of it, so events may come
    twice or out of order. After a rejection there is nothing to write, but it is told all the same:
    what was delivered has to be taken back. Why something could not be written stands on the result.
    """
    result = locked_result(event.result_id)
    if result is None:
        return
    content = content_now(result)
    rows = objects_of(result)
    digests = digests_now(content, rows)
    missing = set(digests.values()) - {row.content_digest for row in rows}
    fault = _write_or_say_why(result, content, digests) if missing else None
    if fault != result.objects_fault:
        _note_fault(result, fault)
    publish(ResultObjectsWritten(result_id=result.pk), tenant_id=result.tenant_id)


def locked_result(result_id: UUID) -> Result | None:
    """Return a result whose objects nobody else writes or plans until this transaction ends; None if gone.

    The lock is on the objects and not on the row: a person can go on reviewing meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"objects of {result_id}"])
    return Result.objects.filter(pk=result_id).first()


def write_rejection_note(
    result: Result, objects: Sequence[ResultObject], *, cause: "Cause", description: str
) -> ResultObject:
    """Write the note that takes `objects` of `result` back, once for the same objects and cause.

    Their UIDs are spent from then on: should the same words become true again, a new object says them.
    """
    uids = sorted(each.instance.sop_instance_uid for each in objects)
    digest = hashlib.sha256("\0".join((cause, *uids)).encode()).hexdigest()
    ResultObject.objects.filter(pk__in=[each.pk for each in objects], rejected_at=None).update(
        rejected_at=now()
    )
    known = _known(result, ObjectKind.REJECTION_NOTE, digest)
    if known is not None:
        return known
    from allward.results.object_writing import make_note  # highdicom loads slowly: only writers wait

    note = make_note(
        [header_of(each.instance) for each in objects],
        cause=cause,
        description=description,
        uids=Uids.of(result.pk, ObjectKind.REJECTION_NOTE, digest),
    )
    return _store(result, ObjectKind.REJECTION_NOTE, note, digest=digest)


def header_of(instance: Instance) -> Dataset:
    """Return what a stored object says beside its pixels."""
    return dcmread(storage().path(instance.storage_key), stop_before_pixels=True)


def _write_or_say_why(result: Result, content: Content, digests: Mapping[Kind, str]) -> dict[str, str] | None:
    """Write all that is missing, or nothing; return why not."""
    try:
        with transaction.atomic():
            _write(result, content, digests)
    except TemporaryError:
        raise
    except AllwardError as error:
        log.error("nothing could be written of result %s: %s", result.pk, error)
        return Text(
            f"Nothing could be written for the PACS: {error}", f"无法生成发送至PACS的对象：{error}"
        ).to_json()
    return None


def _note_fault(result: Result, fault: dict[str, str] | None) -> None:
    Result.objects.filter(pk=result.pk).update(objects_fault=fault)
    record(
        tenant_id=result.tenant_id, actor=required_scope().actor, action="change", what="result",
        what_id=str(result.pk), objects="written" if fault is None else "not written",
        because=fault["en"] if fault else None,
    )  # fmt: skip


class _Made(NamedTuple):
    """An object that is not stored yet."""

    kind: ObjectKind
    digest: str
    dataset: Dataset


def _write(result: Result, content: Content, digests: Mapping[Kind, str]) -> None:
    """Make what is missing first and store it then, so that the study is locked for a moment only."""
    sources = source_headers(result)
    made = [*_segmentation_and_report(result, content, digests, sources)]
    made += _key_images(result, content, digests, sources)
    made += _of_records(result, content, digests, sources)
    for each in made:
        verified = each.kind in VERIFIED_KINDS and bool(content.reviewers)
        _store(result, each.kind, each.dataset, digest=each.digest, verified=verified)


def _segmentation_and_report(
    result: Result, content: Content, digests: Mapping[Kind, str], sources: Sequence[Dataset]
) -> Iterator[_Made]:
    from allward.results.object_writing import make_report, make_segmentation

    segmentation = None
    if "seg" in digests:
        known = _known(result, ObjectKind.SEG, digests["seg"])
        uids = Uids.of(result.pk, ObjectKind.SEG, digests["seg"])
        if known is not None:
            segmentation = header_of(known.instance)
        else:
            segmentation = make_segmentation(result, content, sources=sources, uids=uids)
            if segmentation is not None:
                yield _Made(ObjectKind.SEG, digests["seg"], segmentation)
    if _known(result, ObjectKind.SR, digests["sr"]) is None:
        report = make_report(
            content,
            sources=sources,
            segmentation=segmentation,
            predecessor=_latest(result, ObjectKind.SR),
            uids=Uids.of(result.pk, ObjectKind.SR, digests["sr"]),
        )
        if report is not None:
            yield _Made(ObjectKind.SR, digests["sr"], report)


def _key_images(
    result: Result, content: Content, digests: Mapping[Kind, str], sources: Sequence[Dataset]
) -> Iterator[_Made]:
    from allward.results.object_writing import make_key_images

    digest = digests.get(KEY_IMAGES)
    if digest is None or _known(result, ObjectKind.KEY_IMAGES, digest) is not None:
        return
    uids = Uids.of(result.pk, ObjectKind.KEY_IMAGES, digest)
    selection = make_key_images(result, content, sources=sources, uids=uids)
    if selection is not None:
        yield _Made(ObjectKind.KEY_IMAGES, digest, selection)


def _of_records(
    result: Result, content: Content, digests: Mapping[Kind, str], sources: Sequence[Dataset]
) -> Iterator[_Made]:
    """Make the maps, surfaces, marks and the document that are missing and have something to say."""
    from allward.results.object_found import OBJECT_KINDS, make_found
    from allward.results.object_writing import with_predecessor

    missing = {
        name: each
        for name, each in content.found_objects.items()
        if _known(result, OBJECT_KINDS[each.kind], digests[name]) is None
    }
    arrays = read_arrays(result, content) if missing else {}
    for name, each in missing.items():
        if not all(has_something(record, arrays) for record in each.records):
            continue
        kind = OBJECT_KINDS[each.kind]
        dataset = make_found(
            each,
            content,
            arrays=arrays,
            sources=sources,
            uids=Uids.of(result.pk, name, digests[name]),
        )
        predecessor = _latest(result, kind) if kind is ObjectKind.DOCUMENT else None
        yield _Made(kind, digests[name], with_predecessor(dataset, predecessor))


def _known(result: Result, kind: ObjectKind, digest: str) -> ResultObject | None:
    rows = ResultObject.objects.filter(result=result, kind=kind, content_digest=digest)
    return rows.select_related("instance").first()


def _latest(result: Result, kind: ObjectKind) -> Dataset | None:
    rows = ResultObject.objects.filter(result=result, kind=kind).select_related("instance")
    latest = rows.order_by("created_at").last()
    return None if latest is None else header_of(latest.instance)


def _store(
    result: Result, kind: ObjectKind, dataset: Dataset, *, digest: str, verified: bool = False
) -> ResultObject:
    from allward.results.object_writing import as_file

    source = ", ".join(f"{use['id']} {use['version']}" for use in result.case_result["plugins"])
    stored = store_result_series(result.study_id, [as_file(dataset)], source=source)
    row = ResultObject.objects.create(
        result=result, kind=kind, instance=stored.instances[0], verified=verified, content_digest=digest
    )
    record(
        tenant_id=result.tenant_id, actor=required_scope().actor, action="change", what="result object",
        what_id=str(row.pk), kind=kind.value, verified=verified,
        sop_instance_uid=stored.instances[0].sop_instance_uid,
    )  # fmt: skip
    return row
