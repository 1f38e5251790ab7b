"""What images that come after a result mean for it: what a person said of it never changes silently."""

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import generate_uid
from tests.flow.pipeline.working import MODELS, SPEC, item, newest_result, review_all, settle, work_off
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.audit.models import AuditEvent
from allward.results.actions import ReviewRefusedError
from allward.results.models import Result
from allward.runs.models import AppRun, Job


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    return hospital


@pytest.fixture
def paths(tmp_path: Path, request: pytest.FixtureRequest) -> list[Path]:
    seed = 100 + sum(map(ord, request.node.name))
    return write_small_study(tmp_path / "study", seed=seed, spec=SPEC)


def statuses(hospital: Hospital) -> list[str]:
    with inside(hospital):
        return list(Result.objects.order_by("run__revision").values_list("status", flat=True))


def at_the_same_place(path: Path) -> Path:
    """Write the same slice once more as another image: no volume has two."""
    image = pydicom.dcmread(path)
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    again = path.with_name("again.dcm")
    image.save_as(again)
    return again


def test_a_result_that_nobody_reviewed_gives_way_at_once_and_that_is_noted(hospital, paths, engine):
    receive(hospital, paths[:-1])
    settle()
    work_off(hospital)
    receive(hospital, paths[-1:])
    settle()
    work_off(hospital)
    assert statuses(hospital) == ["superseded", "preliminary"]
    with inside(hospital):
        noted = AuditEvent.objects.get(what="result", detail__status="superseded")
        assert noted.detail["was_reviewed"] is False


def test_a_reviewed_result_stands_until_a_person_has_judged_the_newer_one(hospital, paths, engine):
    receive(hospital, paths[:-1])
    settle()
    work_off(hospital)
    review_all(hospital, newest_result(hospital))
    receive(hospital, paths[-1:])
    settle()
    work_off(hospital)
    assert statuses(hospital) == ["current", "preliminary"]
    review_all(hospital, newest_result(hospital), "reject")
    assert statuses(hospital) == ["superseded", "current"]


def test_a_result_on_images_that_are_no_longer_all_cannot_be_accepted(hospital, paths, engine):
    receive(hospital, paths[:-1])
    settle()
    work_off(hospital)
    receive(hospital, paths[-1:])
    with pytest.raises(ReviewRefusedError, match="images have arrived"):
        review_all(hospital, newest_result(hospital))


def test_images_that_make_a_series_not_evaluable_end_what_nobody_reviewed(hospital, paths, engine):
    study_id = receive(hospital, paths)
    settle()
    work_off(hospital)
    receive(hospital, [at_the_same_place(paths[3])])
    settle()
    assert statuses(hospital) == ["superseded"]
    ai = item(hospital, study_id)["ai"]
    assert (ai["state"], ai["finding_count"]) == ("not_evaluable", None)
    assert ai["reasons"][0]["en"].startswith("Not evaluable")
    with inside(hospital):
        noted = AuditEvent.objects.get(what="result", detail__status="superseded")
        assert noted.detail["superseded_by"] is None


def test_such_images_leave_a_reviewed_result_standing_and_the_line_says_so(hospital, paths, engine):
    study_id = receive(hospital, paths)
    settle()
    work_off(hospital)
    result = newest_result(hospital)
    review_all(hospital, result)
    receive(hospital, [at_the_same_place(paths[3])])
    settle()
    assert statuses(hospital) == ["current"]
    assert item(hospital, study_id)["ai"]["reasons"][0]["en"].startswith("Not evaluable")
    review_all(hospital, result, "reject")
    with pytest.raises(ReviewRefusedError, match="images have arrived"):
        review_all(hospital, result)


def test_such_images_end_a_run_that_waits_and_its_job(hospital, paths):
    study_id = receive(hospital, paths)
    settle()
    receive(hospital, [at_the_same_place(paths[3])])
    settle()
    with inside(hospital):
        assert AppRun.objects.get().state == "CANCELED"
        assert Job.objects.get().state == "canceled"
    ai = item(hospital, study_id)["ai"]
    assert ai["state"] == "not_evaluable"
    assert ai["reasons"][0]["en"].startswith("Not evaluable")
