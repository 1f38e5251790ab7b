"""Several machines on one queue: each job is done once, whichever node dies."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.flow.pipeline.working import MODELS, SPEC, settle
from tests.platform_database import Hospital, inside, make_hospital, run_pipeline
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.results.models import Result
from allward.runs.models import Attempt, Claim, Job
from allward.runs.states import JobState

STUDIES = 10


def _command(home: Path, **extra: str) -> subprocess.Popen[str]:
    variables = {**os.environ, "ALLWARD_HOME": str(home), "ALLWARD_ENGINE_SOCKET": "", **extra}
    command = [sys.executable, "-m", "allward_sdk.cli", "node"]
    return subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@contextmanager
def _node(home: Path):
    """Run a node; give its supervisor once it is ready."""
    process = _command(home)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ready"):
                break
        else:
            raise AssertionError("".join(said))
        _wait_for_executor(home / "logs" / "executor.log")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _wait_for_executor(log: Path) -> None:
    """Let the executor load all that it needs: the other node's would have done all jobs by then."""
    end_s = time.monotonic() + 60
    while " is ready" not in log.read_text():
        assert time.monotonic() < end_s, log.read_text()
        time.sleep(0.1)


def _states(hospital: Hospital) -> list[str]:
    with inside(hospital):
        return list(Job.objects.values_list("state", flat=True))


def _workers(hospital: Hospital) -> set[str]:
    """Return the executors that completed a job, by process."""
    with inside(hospital):
        names = Attempt.objects.filter(outcome="completed").values_list("worker", flat=True)
        return {name.rsplit("-", 2)[0] for name in names}


@pytest.mark.timeout(240)
def test_two_nodes_share_the_jobs_and_the_one_that_is_left_finishes_them(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path / "plugin", MODELS)
    for seed in range(STUDIES):
        receive(hospital, write_small_study(tmp_path / f"study-{seed}", seed=500 + seed, spec=SPEC))
    with ExitStack() as stack:
        first = stack.enter_context(_node(tmp_path / "first"))
        stack.enter_context(_node(tmp_path / "second"))
        settle()
        end_s = time.monotonic() + 120
        while len(_workers(hospital)) < 2:
            assert time.monotonic() < end_s, (_states(hospital), _workers(hospital))
            time.sleep(0.02)
        first.kill()  # its undertaker ends what it ran
        while set(_states(hospital)) != {JobState.COMPLETED}:
            assert time.monotonic() < end_s, _states(hospital)
            time.sleep(0.1)
        run_pipeline()
    with inside(hospital):
        assert Job.objects.count() == Result.objects.count() == STUDIES
        assert Attempt.objects.filter(outcome="completed").count() == STUDIES
        assert not Claim.objects.filter(job_id__in=Job.objects.values("pk")).exists()
    assert list((tmp_path / "second" / "models").glob("*.onnx")), "the models came from the storage"


def test_a_node_without_a_platform_says_what_is_missing(tmp_path):
    alone = _command(tmp_path, ALLWARD_STORAGE_URL="", ALLWARD_BROKER_URL="")
    said, _ = alone.communicate(timeout=60)
    assert alone.returncode == 1
    assert "set ALLWARD_BROKER_URL, ALLWARD_STORAGE_URL to the platform's own" in said
