"""Surfaces, tables and texts of an app's result: stored, written, judged by a person, taken out again."""

import hashlib
from uuid import uuid4

import numpy as np
import pydicom
import pytest
from tests.flow.delivery.findings import case_result, manifest
from tests.flow.delivery.scene import SPEC, Scene, _plugin_version, new_scene, run_steps
from tests.unit.dicom.validator import said_by_dciodvfy

from allward.results.actions import Shown, store_result
from allward.results.models import ObjectKind, Result
from allward.results.object_present import present_objects
from allward.runs.models import AppRun
from allward.storage.arrays import pack_arrays
from allward.storage.place import storage
from allward.studies.models import Series
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import within
from allward_dicom.phantom import draw_phantom, phantom_geometry
from allward_dicom.stl import corners_of, stl_of
from allward_runner.direct.records import record_finding
from allward_sdk.found import Found
from allward_sdk.shapes import Mesh
from allward_sdk.writings import Table, Text

LIVER = manifest().labels[0]
MEASURED = manifest().measurements[0]
VERTICES = np.asarray([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], np.float32)
TRIANGLES = np.asarray([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
COLUMN = {
    "name": "volume",
    "title": MEASURED.title,
    "concept": MEASURED.concept,
    "unit": MEASURED.unit,
}
FOUND: tuple[Found, ...] = (
    Mesh(stage="liver", label=LIVER.type, title=LIVER.title, vertices="v", triangles="t"),
    Table.model_validate(
        {
            "stage": "lobes",
            "title": LIVER.title,
            "concept": LIVER.type,
            "columns": [COLUMN],
            "rows": [{"title": LIVER.title, "values": [512.5]}],
        }
    ),
    Text(stage="impression", title=LIVER.title, concept=LIVER.type, paragraphs=(LIVER.title,)),
)


@pytest.fixture
def scene(tmp_path) -> Scene:
    return new_scene(tmp_path)


def new_result(scene: Scene) -> Result:
    """What an app says that draws a surface and writes a table and a text, without any outline."""
    geometry, labels = phantom_geometry(SPEC), draw_phantom(SPEC, seed=scene.seed).labels_kji
    key = f"{scene.system.acting}/results/{uuid4()}.npz"
    with within(scene.system):
        series = Series.objects.get(pk=scene.series_id)
        case = case_result(
            labels, geometry, digest=_plugin_version().digest, evaluable=True,
            study=scene.study_instance_uid, series=series.series_instance_uid,
        )  # fmt: skip
        findings = tuple(record_finding(record, tracking_uid="2.25.7") for record in FOUND)
        storage().write(key, pack_arrays({"v": VERTICES, "t": TRIANGLES}))
        run = AppRun.objects.create(
            study_id=series.study_id, series=series, app="any_imaging", app_version="1.0.0",
            input_digest=series_input_digest(series.pk), key=hashlib.sha256(key.encode()).hexdigest(),
            research_only=False,
        )  # fmt: skip
        return store_result(
            run=run,
            case_result=case.model_copy(update={"found": FOUND, "findings": findings}),
            reasons=[],
            shown=Shown(
                labelmap_key="", geometry=geometry.to_json(), segments=[], plugins=[], arrays_key=key
            ),
        )


def written(scene: Scene, result: Result, kind: ObjectKind) -> list[pydicom.Dataset]:
    """The objects of a kind, oldest first, each without an error by dciodvfy."""
    paths = [storage().path(row.instance.storage_key) for row in scene.objects(result) if row.kind == kind]
    for path in paths:
        said = said_by_dciodvfy(path)
        assert "Error" not in said, said
    return [pydicom.dcmread(path) for path in paths]


def test_each_record_becomes_a_valid_object_of_the_study(scene):
    result = new_result(scene)
    run_steps()
    (surface,) = written(scene, result, ObjectKind.SURFACE)
    np.testing.assert_array_equal(corners_of(stl_of(surface)), VERTICES[TRIANGLES])
    (document,) = written(scene, result, ObjectKind.DOCUMENT)
    assert document.VerificationFlag == "UNVERIFIED"
    assert {surface.StudyInstanceUID, document.StudyInstanceUID} == {scene.study_instance_uid}
    assert not written(scene, result, ObjectKind.SEG)
    findings = scene.shown(result)["findings"]
    assert [finding["kind"] for finding in findings] == ["surface", "table", "text"]
    assert findings[1]["table"]["rows"][0]["values"] == [512.5]
    assert findings[1]["table"]["columns"][0]["unit"] == MEASURED.unit.value
    assert findings[2]["text"] == [LIVER.title.model_dump()]


def test_a_rejected_surface_goes_and_a_verified_document_takes_the_place_of_the_unverified_one(scene):
    result = new_result(scene)
    run_steps()
    scene.review(result, "reject", "accept", "accept")
    run_steps()
    first, second = written(scene, result, ObjectKind.DOCUMENT)
    assert second.VerificationFlag == "VERIFIED"
    assert "张三" in str(second.VerifyingObserverSequence[0].VerifyingObserverName)
    (predecessor,) = second.PredecessorDocumentsSequence
    referenced = predecessor.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert referenced.ReferencedSOPInstanceUID == first.SOPInstanceUID
    with within(scene.system):
        present = present_objects(result)
    kinds = {row.kind for row in scene.objects(result) if row.pk in present.present}
    assert kinds == {ObjectKind.SR, ObjectKind.DOCUMENT}


def test_a_rejected_text_is_left_out_of_the_document(scene):
    result = new_result(scene)
    run_steps()
    scene.review(result, "accept", "accept", "reject")
    run_steps()
    before, after = written(scene, result, ObjectKind.DOCUMENT)
    containers = [
        sum(item.ValueType == "CONTAINER" for item in each.ContentSequence) for each in (before, after)
    ]
    assert containers == [2, 1]


def test_the_same_words_are_written_once(scene):
    result = new_result(scene)
    run_steps()
    scene.review(result, "accept", "accept", "accept")
    run_steps()
    scene.review(result, "reset", "-", "-")
    run_steps()
    scene.review(result, "accept", "-", "-")
    run_steps()
    assert len(written(scene, result, ObjectKind.SURFACE)) == 1
