"""Cases of a set that is being put together: what was said of them becomes rows, all or none."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pydicom
from django.db import transaction
from django.db.models import Max

from allward.acceptance.actions.sets import locked, note
from allward.acceptance.marks import refuse_outside
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.orders import (
    MOST_CASES,
    MOST_MARKS,
    BadCaseError,
    CaseOrder,
    ReaderMark,
    SegmentationOrder,
)
from allward.acceptance.segmentations import SEGMENTATION_STORAGE, labels_of_segments, refuse_other_grid
from allward.acceptance.states import SetState
from allward.kernel.texts import Text
from allward.storage.place import storage
from allward.studies.models import Instance, Series
from allward.studies.queries import headers_of_series
from allward_dicom.verdict import judge
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Manifest


@transaction.atomic
def put_cases(set_id: UUID, orders: Sequence[CaseOrder]) -> tuple[int, int]:
    """Add cases, or change what is known of those that are there; return how many of each.

    Raises
    ------
    WrongSetStateError
        If the set was started.
    BadCaseError
        With the place that is at fault; nothing is kept then.
    """
    if len(orders) > MOST_CASES:
        raise _too_many()
    one = locked(set_id, SetState.DRAFT)
    manifest = Manifest.model_validate(one.plugin_version.manifest)
    rows = AcceptanceCase.objects.filter(tenant_id=one.tenant_id, acceptance_set=one)
    known = {row.series_id: row for row in rows}
    number = rows.aggregate(last=Max("number"))["last"] or 0
    added = 0
    for order in orders:
        series, values = _understood(one, manifest, order)
        row = known.get(series.pk)
        if row is None:
            if len(known) == MOST_CASES:
                raise _too_many()
            added, number = added + 1, number + 1
            row = AcceptanceCase(acceptance_set=one, number=number, study_id=series.study_id, series=series)
            known[series.pk] = row
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    note(one, "cases added", added=added, changed=len(orders) - added)
    return added, len(orders) - added


@transaction.atomic
def drop_case(set_id: UUID, case_id: UUID) -> bool:
    """Take a case out of a set that was not started; False if it is not in it."""
    one = locked(set_id, SetState.DRAFT)
    rows = AcceptanceCase.objects.filter(tenant_id=one.tenant_id, acceptance_set=one, pk=case_id)
    dropped, _ = rows.delete()
    return bool(dropped)


def _understood(one: AcceptanceSet, manifest: Manifest, order: CaseOrder) -> tuple[Series, dict[str, Any]]:
    """Return the series that is meant, and what is to be kept of the order."""
    try:
        _refuse_unusable(one, manifest, order)
        series = _series(one, manifest, order)
        values: dict[str, Any] = {}
        if order.segmentation is not None:
            values["segmentation"] = _segmentation(series, manifest, order.segmentation)
        if order.marks is not None:
            _refuse_marks_outside(series, order.marks)
            values["marks"] = [mark.to_json() for mark in order.marks]
        if order.present is not None:
            values["present"] = order.present
    except BadCaseError as error:
        if order.place is None:
            raise
        raise error.at(order.place) from error
    return series, values


def _refuse_unusable(one: AcceptanceSet, manifest: Manifest, order: CaseOrder) -> None:
    """Refuse what says nothing, more than a case holds, or of a label that the set does not name."""
    if order.segmentation is None and order.marks is None and order.present is None:
        raise _bad("say what is there: segmentation, marks or present", "请给出参考：分割、标记或有无")
    if not one.label and (order.marks is not None or order.present is not None):
        names = ", ".join(label.name for label in manifest.labels)
        raise _bad(
            f"the set names no label that this is about; make one that names one of {names}",
            f"该病例集未指定标签；请新建并指定其中之一：{names}",
        )
    if order.marks is not None and len(order.marks) > MOST_MARKS:
        raise _bad(f"a case holds {MOST_MARKS} marks at most", f"每个病例最多 {MOST_MARKS} 个标记")


def _series(one: AcceptanceSet, manifest: Manifest, order: CaseOrder) -> Series:
    uid = order.series_instance_uid
    rows = Series.objects.filter(tenant_id=one.tenant_id, series_instance_uid=uid, is_result=False)
    if order.study_instance_uid:
        rows = rows.filter(study__study_instance_uid=order.study_instance_uid)
    found = list(rows[:2])
    if not found:
        raise _bad(f"this hospital holds no series {uid}", f"本院没有序列 {uid}")
    if len(found) > 1:
        raise _bad(
            f"the series {uid} stands in two studies; name its study_instance_uid",
            f"序列 {uid} 出现在两个检查中；请给出 study_instance_uid",
        )
    wanted = manifest.wants.modality
    if found[0].modality not in wanted:
        raise _bad(
            f"the series {uid} is {found[0].modality}, the plug-in reads {', '.join(wanted)}",
            f"序列 {uid} 为 {found[0].modality}，该插件仅读取 {', '.join(wanted)}",
        )
    return found[0]


def _refuse_marks_outside(series: Series, marks: Sequence[ReaderMark]) -> None:
    """Refuse marks beyond a series; one that has no grid fails with its reason when it runs."""
    if not marks:
        return
    try:
        geometry = _geometry(series)
    except BadCaseError:
        return
    refuse_outside(marks, geometry)


def _segmentation(series: Series, manifest: Manifest, order: SegmentationOrder) -> dict[str, Any]:
    instance = _instance(series, order)
    dataset = pydicom.dcmread(storage().path(instance.storage_key), stop_before_pixels=True)
    refuse_other_grid(dataset, _geometry(series))
    mapped = labels_of_segments(dataset, manifest.labels, order.labels)
    return {
        "series_instance_uid": order.series_instance_uid,
        "sop_instance_uid": instance.sop_instance_uid,
        "labels": {str(number): label for number, label in sorted(mapped.items())},
    }


def _instance(series: Series, order: SegmentationOrder) -> Instance:
    uid = order.series_instance_uid
    rows = Instance.objects.filter(
        tenant_id=series.tenant_id,
        series__series_instance_uid=uid,
        study_id=series.study_id,
        sop_class_uid=SEGMENTATION_STORAGE,
    )
    if order.sop_instance_uid:
        rows = rows.filter(sop_instance_uid=order.sop_instance_uid)
    found = list(rows[:2])
    if not found:
        raise _bad(f"the study holds no segmentation {uid}", f"该检查中没有分割 {uid}")
    if len(found) > 1:
        raise _bad(
            f"the series {uid} holds several segmentations; name the sop_instance_uid",
            f"序列 {uid} 含有多个分割；请给出 sop_instance_uid",
        )
    return found[0]


def _geometry(series: Series) -> Geometry:
    if series.geometry is not None:
        return Geometry.from_json(series.geometry)
    verdict = judge(headers_of_series(series.pk), min_slices=1, need_hu=False)
    if verdict.geometry is None:
        said = Text(
            " ".join(reason.en for reason in verdict.reasons),
            "".join(reason.zh for reason in verdict.reasons),
        )
        raise BadCaseError("bad_case", said)
    return verdict.geometry


def _too_many() -> BadCaseError:
    return _bad(f"A set holds {MOST_CASES} cases at most", f"每个病例集最多 {MOST_CASES} 例")


def _bad(en: str, zh: str) -> BadCaseError:
    return BadCaseError.of("bad_case", en, zh)
