"""Images that arrive between a job and its result: the older one never stands beside the newer one."""

import time
from pathlib import Path

import pytest
from django.conf import settings
from tests.engine_process import running_engine
from tests.executing import here
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.execution.run_job import run_job
from allward.outbox.models import OutboxDelivery
from allward.results.actions import Shown, store_result
from allward.results.models import Result
from allward.results.states import ResultStatus
from allward.runs.claims import claim_next
from allward.runs.models import AppRun
from allward.runs.states import RunState
from allward_sdk.results import CaseResult

MODELS = settings.ALLWARD.home / "models"


@pytest.fixture(scope="module")
def engine():
    with running_engine(settings.ALLWARD.engine_socket, MODELS) as process:
        yield process


@pytest.fixture
def hospital(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    return hospital


def route() -> None:
    """Let the quiet time pass and the pipeline run dry."""
    time.sleep(0.4)
    run_pipeline()


def carry_out_jobs() -> None:
    """Carry out what waits, without letting the pipeline hear of it."""
    while (claimed := claim_next(worker="test")) is not None:
        run_job(claimed, here())


def statuses(hospital) -> list[str]:
    with inside(hospital):
        return list(Result.objects.order_by("run__revision").values_list("status", flat=True))


def run_states(hospital) -> list[str]:
    with inside(hospital):
        return list(AppRun.objects.order_by("revision").values_list("state", flat=True))


@pytest.mark.parametrize("first", [slice(0, 11), slice(0, 6)], ids=["one is late", "half is late"])
def test_images_between_a_job_and_its_result_end_that_run(hospital, engine, tmp_path: Path, first):
    """Six of twelve labelled slices on a series of twelve would be a wrong result, not a smaller one."""
    paths = write_small_study(tmp_path / "study", seed=11)
    receive(hospital, paths[first])
    route()
    carry_out_jobs()
    receive(hospital, paths)
    run_pipeline()
    with inside(hospital):  # where other steps took the quiet time, a newer run waits already
        ended = AppRun.objects.get(revision=1)
    assert ended.state == RunState.CANCELED
    said = ended.reasons
    assert said[0]["en"].startswith("Images arrived")
    assert said[0]["zh"]
    steps = OutboxDelivery.objects.using("dispatcher").filter(tenant_id=hospital.tenant_id)
    assert not steps.filter(state="failed").exists()
    route()
    carry_out_jobs()
    run_pipeline()
    assert statuses(hospital) == [ResultStatus.PRELIMINARY]
    assert run_states(hospital) == [RunState.CANCELED, RunState.COMPLETED]


def test_a_result_that_comes_after_a_newer_one_is_superseded_at_once(hospital, engine, tmp_path: Path):
    paths = write_small_study(tmp_path / "study", seed=12)
    receive(hospital, paths[:-1])
    route()
    carry_out_jobs()
    with inside(hospital):
        older = AppRun.objects.get()
    receive(hospital, paths[-1:])
    route()
    carry_out_jobs()
    run_pipeline()
    assert statuses(hospital) == [ResultStatus.PRELIMINARY]
    with inside(hospital):
        newer = Result.objects.get()
        late = CaseResult.model_validate(newer.case_result)
        store_result(run=older, case_result=late, reasons=[], shown=Shown("", None, [], []))
    assert statuses(hospital) == [ResultStatus.SUPERSEDED, ResultStatus.PRELIMINARY]
