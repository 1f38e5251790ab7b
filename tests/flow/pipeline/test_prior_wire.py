"""The page is told which earlier series a result was compared with, so that it can show both."""

from pathlib import Path

import pytest
from tests import following
from tests.flow.pipeline.test_priors import FOLLOWING, arrive, write
from tests.flow.pipeline.working import MODELS
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_plugin import install_small_plugin
from tests.small_study import study_of

from allward.worklist.detail import results_in_full


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    monkeypatch.syspath_prepend(str(following.make_known(tmp_path / "site")))
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS, FOLLOWING)
    return hospital


def shown(hospital: Hospital, study_id):
    study = study_of(hospital, study_id)
    with inside(hospital):
        (result,) = results_in_full(study)
    return result


def test_a_result_names_its_app_and_the_series_that_it_was_compared_with(hospital, tmp_path, engine):
    earlier = arrive(hospital, write(tmp_path, "20250101"))
    today = arrive(hospital, write(tmp_path, "20250701"))
    alone, compared = shown(hospital, earlier), shown(hospital, today)
    assert alone["prior"] is None
    assert compared["prior"] == {
        "study_id": str(earlier),
        "study_instance_uid": study_of(hospital, earlier).study_instance_uid,
        "series_instance_uid": alone["series_instance_uid"],
        "study_date": "2025-01-01",
    }
    for finding in compared["findings"]:
        assert finding["id"]
        assert finding["tracking_uid"].startswith(("1.", "2."))
        assert isinstance(finding["properties"], list)
