"""What images that come after a result mean for it: what a person said of it never changes silently."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.flow.pipeline.working import MODELS, SPEC, newest_result, review_all, settle, work_off
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.audit.models import AuditEvent
from allward.results.actions import ReviewRefusedError
from allward.results.models import Result


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    return hospital


@pytest.fixture
def paths(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Path]]:
    seed = 100 + sum(map(ord, request.node.name))
    return write_small_study(tmp_path / "study", seed=seed, spec=SPEC)


def statuses(hospital: Hospital) -> list[str]:
    with inside(hospital):
        return list(Result.objects.order_by("run__revision").values_list("status", flat=True))


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
