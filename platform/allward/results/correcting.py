"""From what a reader asks for to what it changes: voxels moved in the label map, findings measured anew.

The app measures (`allward_runner.abilities.Correctable`); this file keeps the label map and the findings
true to one another. Nothing is written to the database here: `actions.store_edit` does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never
from uuid import UUID

import numpy as np

from allward.results.actions import Change, Corrected
from allward.results.case_voxels import case_of_result
from allward.results.edit_masks import (
    LabelArray,
    cut_between,
    free_of_others,
    free_value,
    is_inside,
    joined,
    outline_of,
    trimmed,
    with_outline,
    without_values,
)
from allward.results.edit_refusals import (
    EMPTY,
    NO_LESION,
    NO_OUTLINE,
    NOTHING_THERE,
    ONE_SIDE,
    OUTSIDE,
    SHARED,
    TAKEN,
    TOO_MANY,
    TWO,
    UNKNOWN,
    CorrectionRefusedError,
    why_not,
)
from allward.results.edit_requests import AddAt, AddDrawn, Draw, EditRequest, Measure, Merge, Split
from allward.results.label_maps import keep_label_map
from allward.results.models import EditKind, FindingRecord, Result, SegmentAlgorithmType
from allward.results.object_sources import read_label_map
from allward_runner.abilities import Calipers, Correctable, Outline
from allward_runner.apps import load_app
from allward_runner.case import Case
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label
from allward_sdk.results import Finding, PointLps


def app_version_of(result: Result) -> str:
    """Return the version of the app that measures now."""
    return load_app(result.run.app).version


def change_of(result: Result, asked: EditRequest) -> Change:
    """Return what a correction makes of a result; the label map that it needs is written.

    Raises
    ------
    CorrectionRefusedError
        If it cannot be, in words for the reader.
    BadInputError
        If the app cannot measure what is outlined, or an image is missing.
    """
    refused = why_not(result)
    if refused is not None:
        raise CorrectionRefusedError(refused)
    desk = _Desk.of(result)
    drawn = desk.carry_out(asked)
    key = result.labelmap_key
    if drawn.labels_kji is not desk.labels_kji:
        key = keep_label_map(result.tenant_id, result.run_id, drawn.labels_kji)
    return Change(
        kind=_KINDS[type(asked)],
        version=result.version,
        labelmap_key=key,
        labels=tuple(label.model_dump(mode="json") for label in drawn.labels.values()),
        app_version=desk.app_version,
        replaced=drawn.replaced,
        added=drawn.added,
        removed=drawn.removed,
        calipers=_lines(asked.calipers) if isinstance(asked, Measure) else None,
    )


_KINDS: dict[type, EditKind] = {
    Measure: EditKind.CALIPERS,
    Draw: EditKind.OUTLINE,
    AddAt: EditKind.ADD,
    AddDrawn: EditKind.ADD_OUTLINE,
    Merge: EditKind.MERGE,
    Split: EditKind.SPLIT,
}


def _lines(calipers: Calipers) -> dict[str, Any]:
    return {"long_lps_mm": calipers.long_lps_mm, "short_lps_mm": calipers.short_lps_mm}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What comes out of a correction; labels by their value."""

    labels_kji: LabelArray
    labels: Mapping[int, Label]
    replaced: Mapping[UUID, Corrected] = field(default_factory=dict)
    added: tuple[Corrected, ...] = ()
    removed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class _Desk:
    """A result as it lies open: its images, its label map, its findings in force, the app that measures."""

    app: Correctable
    app_version: str
    case: Case
    labels_kji: LabelArray
    geometry: Geometry
    labels: Mapping[int, Label]
    records: Mapping[UUID, FindingRecord]

    @classmethod
    def of(cls, result: Result) -> "_Desk":
        app = load_app(result.run.app)
        assert isinstance(app, Correctable)
        case = case_of_result(result)
        records = FindingRecord.objects.filter(result=result).order_by("ordinal")
        labels = [Label.model_validate(label) for label in result.labels or ()]
        empty: LabelArray = np.zeros(case.geometry.shape_kji, dtype=np.uint8)
        return cls(
            app=app,
            app_version=app.version,
            case=case,
            labels_kji=read_label_map(result)[0] if result.labelmap_key else empty,
            geometry=case.geometry,
            labels={label.value: label for label in labels},
            records={each.pk: each for each in records},
        )

    def carry_out(self, asked: EditRequest) -> _Drawn:
        match asked:
            case Measure():
                return self._measure(asked)
            case Draw():
                return self._draw(asked)
            case AddAt():
                return self._add(self._outline_at(asked.point_lps_mm), SegmentAlgorithmType.SEMIAUTOMATIC)
            case AddDrawn():
                return self._add(self._inside(asked.outline), SegmentAlgorithmType.MANUAL)
            case Merge():
                return self._merge(asked)
            case Split():
                return self._split(asked)
        assert_never(asked)

    def _measure(self, asked: Measure) -> _Drawn:
        record = self._lesion(asked.finding_id)
        outline = self._own(record)
        corrected, label = self._named(
            outline, value=self._value(record), like=record, calipers=asked.calipers
        )
        corrected = replace(corrected, outline=SegmentAlgorithmType(record.outline))
        return self._with({label.value: label}, self.labels_kji, replaced={record.pk: corrected})

    def _draw(self, asked: Draw) -> _Drawn:
        record = self._lesion(asked.finding_id)
        value = record.finding["segment_value"]
        if value is None:
            value = self._new_value()
        elif self._is_shared(record):
            raise CorrectionRefusedError(SHARED)
        outline = self._free(self._inside(asked.outline), value)
        corrected, label = self._named(outline, value=value, like=record)
        was_manual = record.outline == SegmentAlgorithmType.MANUAL
        if not was_manual:
            corrected = replace(corrected, outline=SegmentAlgorithmType.SEMIAUTOMATIC)
        drawn = with_outline(self.labels_kji, outline, value=value)
        return self._with({value: label}, drawn, replaced={record.pk: corrected})

    def _add(self, outline: Outline, by: SegmentAlgorithmType) -> _Drawn:
        value = self._new_value()
        outline = self._free(outline, value)
        corrected, label = self._named(outline, value=value, like=None)
        drawn = with_outline(self.labels_kji, outline, value=value)
        return self._with({value: label}, drawn, added=(replace(corrected, outline=by),))

    def _merge(self, asked: Merge) -> _Drawn:
        if len(set(asked.finding_ids)) < 2:
            raise CorrectionRefusedError(TWO)
        records = [self._lesion(each) for each in dict.fromkeys(asked.finding_ids)]
        sizes = {each.pk: int(self._own(each).mask.sum()) for each in records}
        kept = max(records, key=lambda each: (sizes[each.pk], -each.ordinal))
        value, values = self._value(kept), {self._value(each) for each in records}
        outline = joined(self.labels_kji, values)
        assert outline is not None  # each of them has voxels
        corrected, label = self._named(outline, value=value, like=kept)
        drawn = with_outline(without_values(self.labels_kji, values), outline, value=value)
        return self._with(
            {**dict.fromkeys(values - {value}), value: label},
            drawn,
            replaced={kept.pk: corrected},
            removed=frozenset(sizes) - {kept.pk},
        )

    def _split(self, asked: Split) -> _Drawn:
        record = self._lesion(asked.finding_id)
        parts = cut_between(self._own(record), self.geometry, asked.points_lps_mm)
        if parts is None:
            raise CorrectionRefusedError(ONE_SIDE)
        value, other = self._value(record), self._new_value()
        kept, kept_label = self._named(parts[0], value=value, like=record)
        added, added_label = self._named(parts[1], value=other, like=None)
        drawn = with_outline(self.labels_kji, parts[0], value=value)
        drawn = with_outline(drawn, parts[1], value=other)
        labels = {value: kept_label, other: added_label}
        return self._with(labels, drawn, replaced={record.pk: kept}, added=(added,))

    def _with(self, changed: Mapping[int, Label | None], labels_kji: LabelArray, **findings: Any) -> _Drawn:
        """Return the outcome with some labels put in, or taken out where None stands."""
        labels = {**self.labels, **changed}
        kept = {value: label for value, label in sorted(labels.items()) if label is not None}
        return _Drawn(labels_kji, kept, **findings)

    def _named(
        self, outline: Outline, *, value: int, like: FindingRecord | None, calipers: Calipers | None = None
    ) -> tuple[Corrected, Label]:
        """Let the app measure an outline; what must not change with a correction does not."""
        before = None if like is None else Finding.model_validate(like.finding)
        finding, label = self.app.finding_of(self.case, outline, value=value, like=before, calipers=calipers)
        fixed: dict[str, Any] = {"segment_value": value}
        if before is not None:
            fixed |= {"id": before.id, "tracking_uid": before.tracking_uid}
        names = {each.name for each in self.labels.values() if each.value != value}
        named = {"value": value} | ({"name": f"finding_{value}"} if label.name in names else {})
        corrected = Corrected(finding.model_copy(update=fixed), SegmentAlgorithmType.SEMIAUTOMATIC)
        return corrected, label.model_copy(update=named)

    def _lesion(self, finding_id: UUID) -> FindingRecord:
        record = self.records.get(finding_id)
        if record is None:
            raise CorrectionRefusedError(UNKNOWN)
        if record.finding["kind"] != "lesion":
            raise CorrectionRefusedError(NO_LESION)
        return record

    def _value(self, record: FindingRecord) -> int:
        return int(record.finding["segment_value"])

    def _own(self, record: FindingRecord) -> Outline:
        """Return the voxels of a finding."""
        if record.finding["segment_value"] is None:
            raise CorrectionRefusedError(NO_OUTLINE)
        if self._is_shared(record):
            raise CorrectionRefusedError(SHARED)
        outline = outline_of(self.labels_kji, self._value(record))
        if outline is None:
            raise CorrectionRefusedError(NO_OUTLINE)
        return outline

    def _is_shared(self, record: FindingRecord) -> bool:
        values = [each.finding["segment_value"] for each in self.records.values()]
        return values.count(record.finding["segment_value"]) > 1

    def _inside(self, outline: Outline) -> Outline:
        if not is_inside(outline, self.geometry.shape_kji):
            raise CorrectionRefusedError(OUTSIDE)
        return outline

    def _free(self, outline: Outline, value: int) -> Outline:
        free = free_of_others(self.labels_kji, outline, value=value)
        if free is None:
            raise CorrectionRefusedError(EMPTY)
        return free

    def _new_value(self) -> int:
        values = {each.finding["segment_value"] for each in self.records.values()}
        value = free_value({*values, *self.labels})
        if value is None:
            raise CorrectionRefusedError(TOO_MANY)
        return value

    def _outline_at(self, point_lps_mm: PointLps) -> Outline:
        index_kji = np.rint(self.geometry.to_index_kji(np.asarray([point_lps_mm]))[0]).astype(int)
        if (index_kji < 0).any() or (index_kji >= self.geometry.shape_kji).any():
            raise CorrectionRefusedError(OUTSIDE)
        if self.labels_kji[tuple(index_kji)]:
            raise CorrectionRefusedError(TAKEN)
        outline = self.app.outline_at(self.case, point_lps_mm)
        outline = None if outline is None else trimmed(outline)
        if outline is None:
            raise CorrectionRefusedError(NOTHING_THERE)
        return self._inside(outline)
