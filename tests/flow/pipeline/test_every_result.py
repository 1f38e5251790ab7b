"""A plug-in of every operation: what it finds is kept, shown, reviewed and written, without outlines too."""

import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.flow.pipeline.working import MODELS, item, newest_result, review_all, reviewer, settle, work_off
from tests.platform_database import Hospital, inside, make_hospital, run_pipeline
from tests.small_study import receive, study_of, write_small_study
from tests.unit.dicom.validator import said_by_dciodvfy
from tests.unit.runner.chain_plugin import write_chain_plugin

from allward.config.installing import install_with_rules
from allward.registry.actions import import_build
from allward.results.actions import review_finding
from allward.results.models import FindingRecord, ObjectKind, Result, ResultObject
from allward.results.object_present import present_objects
from allward.runs.models import Job
from allward.storage.arrays import unpack_arrays
from allward.storage.place import storage
from allward.tenancy.scope import Scope, within
from allward.worklist.detail import results_in_full
from allward_dicom.phantom import PhantomSpec
from allward_sdk.package import pack

TABLE = re.compile(
    r"^(?=\[\[stages\]\]|\[\[labels\]\]|\[\[measurements\]\]|\[models|\[resources)", re.MULTILINE
)
OF_BONE = re.compile(r'^(name|of) = "bone"$|^\[models.bone', re.MULTILINE)
CHAIN = PhantomSpec(slices=14, size=64)


def without_outlines(folder: Path) -> Path:
    """Take the segmentation out of the chain: boxes, classes, vectors and a map are left."""
    text = (folder / "plugin.toml").read_text(encoding="utf-8")
    tables = TABLE.split(text)
    kept = [table for table in tables if not OF_BONE.search(table)]
    text = (
        "".join(kept).replace('mask = { stage = "bone" }\n', "").replace("org.test.chain", "org.test.points")
    )
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    (folder / "models" / "bone.onnx").unlink()
    return folder


def install(hospital: Hospital, plugin: Path) -> None:
    package = pack(plugin, plugin.parent)
    with inside(hospital):
        version = import_build(package.path, models_folder=MODELS)
    install_with_rules(version, Scope.of_tenant(hospital.tenant_id, actor="test"), department="imaging")


@pytest.fixture
def hospital(tmp_path):
    hospital = make_hospital()
    install(hospital, write_chain_plugin(tmp_path / "chain", slot="any_imaging.segmentation"))
    return hospital


@pytest.fixture
def assessed(hospital, tmp_path, engine):
    """A hospital whose only study a plug-in of every operation has judged."""
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=41, spec=CHAIN))
    settle()
    assert work_off(hospital) == 1
    assert item(hospital, study_id)["ai"]["state"] == "completed"
    return hospital, study_id


def objects(hospital, result, kind: ObjectKind) -> list[ResultObject]:
    with inside(hospital):
        rows = ResultObject.objects.filter(result=result, kind=kind).select_related("instance")
        return list(rows.order_by("created_at"))


def shown(hospital, study_id):
    study = study_of(hospital, study_id)
    with inside(hospital):
        (result,) = results_in_full(study)
    return result


def test_what_was_found_is_kept_and_shown(assessed):
    hospital, study_id = assessed
    with inside(hospital):
        job = Job.objects.get()
        arrays = unpack_arrays(storage().read(job.arrays_key))
    assert {record["kind"] for record in job.found} == {
        "detections", "classification", "vectors", "volume_map",
    }  # fmt: skip
    assert set(arrays) == {"vector.index", "vector.vectors", "heat.map"}
    findings = shown(hospital, study_id)["findings"]
    assert {"organ", "lesion", "class", "map"} <= {finding["kind"] for finding in findings}
    spots = [finding for finding in findings if finding["kind"] == "lesion"]
    for spot in spots:
        corner, edges = spot["box_lps_mm"]["corner_lps_mm"], np.asarray(spot["box_lps_mm"]["edges_lps_mm"])
        assert np.allclose(corner + edges.sum(axis=0) / 2, spot["centre_lps_mm"], atol=1e-2)
        assert 0 < spot["score"] <= 1
    assert {finding["chosen"] for finding in findings if finding["kind"] == "class"} == {True, False}


def test_every_object_is_valid_and_says_what_was_found(assessed):
    hospital, _ = assessed
    result = newest_result(hospital)
    assert result.objects_fault is None
    kinds = (ObjectKind.SEG, ObjectKind.SR, ObjectKind.PARAMETRIC_MAP)
    for kind in kinds:
        (row,) = objects(hospital, result, kind)
        path = storage().path(row.instance.storage_key)
        said = said_by_dciodvfy(path)
        assert "Error" not in said, said
    written = pydicom.dcmread(path)
    with inside(hospital):
        heat = unpack_arrays(storage().read(result.arrays_key))["heat.map"]
    values = np.frombuffer(written.FloatPixelData, "<f4")
    np.testing.assert_array_equal(np.sort(values), np.sort(heat.ravel()))
    assert "research use only" in written.SeriesDescription


def test_accepted_findings_of_every_kind_make_a_verified_report(assessed):
    hospital, study_id = assessed
    result = newest_result(hospital)
    review_all(hospital, result)
    run_pipeline()
    assert len(objects(hospital, result, ObjectKind.PARAMETRIC_MAP)) == 1
    assert [row.verified for row in objects(hospital, result, ObjectKind.SR)] == [False, True]
    assert shown(hospital, study_id)["status"] == "current"
    with inside(hospital):
        present = present_objects(result)
    assert {row.pk for row in objects(hospital, result, ObjectKind.PARAMETRIC_MAP)} <= present.present


def test_a_rejected_map_is_no_longer_true_while_the_rest_is(assessed):
    hospital, _ = assessed
    result = newest_result(hospital)
    with within(reviewer(hospital)):
        for finding in FindingRecord.objects.filter(result=result):
            decision = "reject" if finding.finding["kind"] == "map" else "accept"
            review_finding(
                finding_id=finding.pk, decision=decision, reason="other", version=1, author_name="Dr Test"
            )
    run_pipeline()
    (heat,) = objects(hospital, result, ObjectKind.PARAMETRIC_MAP)
    (seg,) = objects(hospital, result, ObjectKind.SEG)
    with inside(hospital):
        present = present_objects(result)
    assert heat.pk not in present.present | present.standing
    assert seg.pk in present.present
    verified = objects(hospital, result, ObjectKind.SR)[-1]
    report = pydicom.dcmread(storage().path(verified.instance.storage_key))
    assert "1 finding was rejected" in report.ContentSequence[-1].TextValue


def test_a_plugin_without_outlines_is_reviewed_and_superseded_like_any_other(tmp_path, engine):
    hospital = make_hospital()
    plugin = write_chain_plugin(tmp_path / "points", slot="any_imaging.segmentation")
    install(hospital, without_outlines(plugin))
    paths = write_small_study(tmp_path / "study", seed=43, spec=CHAIN)
    study_id = receive(hospital, paths[:-2])
    settle()
    work_off(hospital)
    first = newest_result(hospital)
    assert first.labelmap_key == ""
    assert shown(hospital, study_id)["segmentation"] is None
    assert not objects(hospital, first, ObjectKind.SEG)
    (row,) = objects(hospital, first, ObjectKind.SR)
    said = said_by_dciodvfy(storage().path(row.instance.storage_key))
    assert "Error" not in said, said
    receive(hospital, paths[-2:])
    settle()
    work_off(hospital)
    second = newest_result(hospital)
    review_all(hospital, second, "reject")
    run_pipeline()
    with inside(hospital):
        statuses = list(Result.objects.order_by("run__revision").values_list("status", flat=True))
        assert statuses == ["superseded", "current"]
        assert not present_objects(second).present
