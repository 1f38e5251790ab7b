"""What a reader does to the result of an app that draws its own outlines, by the actions of the pages."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pydicom
from tests import spots
from tests.flow.delivery.scene import SPEC, Scene, _plugin_version, new_scene

from allward.results.actions import Author, Shown, note_sight, store_edit, store_result, undo_edit
from allward.results.correcting import change_of
from allward.results.edit_requests import EditRequest
from allward.results.edit_states import segments_of
from allward.results.label_maps import keep_label_map
from allward.results.models import FindingRecord, ObjectKind, Result
from allward.results.object_sources import read_label_map
from allward.runs.models import AppRun
from allward.storage.place import storage
from allward.studies.models import Instance, Series
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import Scope, within
from allward_dicom.phantom import draw_phantom
from allward_dicom.volume import read_volume
from allward_measure.components import Box
from allward_runner.case import Case
from allward_runner.run import case_of
from allward_sdk.results import CaseResult, Finding, PluginUse, PointLps

APP = spots.APP


@dataclass
class Desk:
    """A result on the reader's desk; `reader` is the scope of the person."""

    scene: Scene
    result_id: UUID
    case: Case
    points: list[PointLps]
    """Where spots are: the first two were found, the others were missed."""

    @property
    def reader(self) -> Scope:
        return self.scene.radiologist

    @property
    def colleague(self) -> Scope:
        return replace(self.reader, user_id=uuid4(), actor="li")

    def result(self) -> Result:
        with within(self.scene.system):
            return Result.objects.select_related("run", "series").get(pk=self.result_id)

    def records(self) -> list[FindingRecord]:
        """Findings in force."""
        with within(self.scene.system):
            return list(FindingRecord.objects.filter(result_id=self.result_id).order_by("ordinal"))

    def correct(self, asked: EditRequest, *, accept: bool = False, by: Scope | None = None) -> None:
        with within(by or self.reader):
            result = Result.objects.select_related("run", "series").get(pk=self.result_id)
            store_edit(result_id=result.pk, change=change_of(result, asked), author=Author("张三", accept))

    def undo(self, *, by: Scope | None = None) -> None:
        with within(by or self.reader):
            undo_edit(
                result_id=self.result_id, version=self.result().version, author=Author("张三"),
                app_version="1.0.0",
            )  # fmt: skip

    def see(self, records: Iterable[FindingRecord], *, by: Scope | None = None) -> None:
        with within(by or self.reader):
            for each in records:
                note_sight(finding_id=each.pk, edits=each.edits)

    def labels(self) -> np.ndarray:
        with within(self.scene.system):
            return read_label_map(self.result())[0]

    def said(self) -> tuple[Any, ...]:
        """All that a correction may change, to the byte."""
        result = self.result()
        stored = storage().read(result.labelmap_key) if result.labelmap_key else b""
        findings = [(each.pk, each.finding, each.review_state, each.outline) for each in self.records()]
        return stored, result.labels, result.segments, findings

    def objects(self, kind: ObjectKind) -> list[pydicom.Dataset]:
        """The objects of a kind that are in force, oldest first."""
        rows = [row for row in self.scene.objects(self.result()) if row.kind == kind]
        return [pydicom.dcmread(storage().path(row.instance.storage_key)) for row in rows]


def finding_of(record: FindingRecord) -> Finding:
    return Finding.model_validate(record.finding)


def centre_of(record: FindingRecord) -> PointLps:
    centre = finding_of(record).centre_lps_mm
    assert centre is not None
    return centre


def box_of(record: FindingRecord) -> Box:
    box = finding_of(record).box_kji
    assert box is not None
    return box


def new_desk(folder: Path, *, found: int = 2, research_only: bool = False) -> Desk:
    """A result of an app that found the first spots."""
    spots.install()
    scene = new_scene(folder)
    case, points = _case(scene), _places(scene)
    result = add_result(scene, case, points[:found], research_only=research_only)
    return Desk(scene, result.pk, case, points)


def add_result(scene: Scene, case: Case, points: list[PointLps], *, research_only: bool = False) -> Result:
    """What the app says of spots at these points, stored as the platform stores it."""
    with within(scene.system):
        version = _plugin_version()
        use = PluginUse(
            slot="spots.detector", id=version.plugin_id, version=version.version, digest=version.digest
        )
        said = spots.drawn(case, points, use)
        return store_drawn(said, case, scene.series_id, research_only=research_only)


def store_drawn(said: CaseResult, case: Case, series_id: UUID, *, research_only: bool = False) -> Result:
    """Store what the app says of a series, in the scope in force."""
    series = Series.objects.get(pk=series_id)
    run = AppRun.objects.create(
        study_id=series.study_id, series=series, app=APP.id, app_version=APP.version,
        input_digest=series_input_digest(series.pk), key=hashlib.sha256(uuid4().bytes).hexdigest(),
        revision=1 + AppRun.objects.filter(series=series, app=APP.id).count(), research_only=research_only,
        state="COMPLETED",
    )  # fmt: skip
    labels = [label.model_dump(mode="json") for label in said.labels]
    assert said.labels_kji is not None
    shown = Shown(
        labelmap_key=keep_label_map(run.tenant_id, run.pk, said.labels_kji),
        geometry=case.geometry.to_json(), segments=segments_of(labels), plugins=[], labels=labels,
    )  # fmt: skip
    return store_result(run=run, case_result=said, reasons=[], shown=shown)


def case_of_series(scope: Scope, series_id: UUID) -> Case:
    with within(scope):
        keys = Instance.objects.filter(series_id=series_id).values_list("storage_key", flat=True)
        return case_of(read_volume([storage().path(key) for key in keys]))


def _case(scene: Scene) -> Case:
    return case_of_series(scene.system, scene.series_id)


def _places(scene: Scene) -> list[PointLps]:
    """Four points in the liver that lie apart, in the order of the array."""
    labels = draw_phantom(SPEC, seed=scene.seed).labels_kji
    case = _case(scene)
    inside = np.argwhere(labels == 1)
    chosen = [inside[len(inside) // 2]]
    while len(chosen) < 4:
        far = np.min([np.abs(inside - each).max(axis=1) for each in chosen], axis=0)
        chosen.append(inside[int(far.argmax())])
    return [(float(x), float(y), float(z)) for x, y, z in case.geometry.to_lps_mm(np.asarray(chosen))]
