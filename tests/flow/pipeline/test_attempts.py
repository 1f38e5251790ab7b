"""Jobs that kill what runs them, and orders that cross one another."""

import threading
from datetime import timedelta

from django.db import connection
from tests.flow.pipeline.working import MODELS, SPEC, item, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.execution.run_job import MOST_DEAD_ATTEMPTS
from allward.kernel.clock import now
from allward.results.models import Result
from allward.routing.actions import set_urgency
from allward.routing.models import RoutingRule
from allward.runs.actions import RunOrder, cancel_run, repeat_run, schedule_run, start_attempt
from allward.runs.claims import claim_next
from allward.runs.models import AppRun, Attempt, Claim, Job
from allward.runs.states import Fault, JobState, Priority, RunState


def scheduled(folder, seed):
    """Return a hospital, its study, and the run that waits."""
    hospital = make_hospital()
    install_small_plugin(hospital, folder, MODELS)
    study_id = receive(hospital, write_small_study(folder / "study", seed=seed, spec=SPEC))
    settle()
    with inside(hospital):
        return hospital, study_id, AppRun.objects.get(study_id=study_id)


def test_a_job_that_kills_the_engine_each_time_is_failed_and_a_person_may_try_it_again(tmp_path, engine):
    hospital, study_id, run = scheduled(tmp_path, 21)
    with inside(hospital):
        job = Job.objects.get(runjob__run=run)
        for number in range(1, MOST_DEAD_ATTEMPTS + 1):
            Attempt.objects.create(
                job=job, number=number, worker="w", outcome="died", ended_at="2026-01-01T00:00Z"
            )
        Claim.objects.filter(job_id=job.pk).update(token=MOST_DEAD_ATTEMPTS)
    assert work_off(hospital) == 1
    ai = item(hospital, study_id)["ai"]
    assert (ai["state"], ai["fault"]) == ("failed", Fault.PLATFORM)
    with inside(hospital):
        repeat_run(run_id=run.pk)
    assert work_off(hospital) == 1
    assert item(hospital, study_id)["ai"]["state"] == "completed"


def test_a_job_becomes_as_urgent_as_the_most_urgent_run_that_waits_for_it(tmp_path):
    hospital, _, run = scheduled(tmp_path, 25)
    due_at = now() + timedelta(minutes=10)
    with inside(hospital):
        job = Job.objects.get(runjob__run=run)
        for version, priority, due in (("next", 0, due_at), ("later", 3, due_at + timedelta(hours=1))):
            order = RunOrder(
                app=run.app, app_version=version, series=run.series, input_digest=run.input_digest,
                plugins={"any_imaging.segmentation": job.plugin_version}, priority=priority,
                research_only=True, due_at=due,
            )  # fmt: skip
            assert schedule_run(order)[1]
        job = Job.objects.get()
        claim = Claim.objects.get(job_id=job.pk)
        assert (job.priority, claim.priority) == (0, 0)
        assert job.due_at == claim.due_at == due_at


def test_a_rule_says_when_its_results_are_due(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    with inside(hospital):
        set_urgency(RoutingRule.objects.get(), priority=Priority.HIGH, due_within_s=600)
    before = now()
    receive(hospital, write_small_study(tmp_path / "study", seed=26, spec=SPEC))
    settle()
    with inside(hospital):
        claim = Claim.objects.get()
        assert claim.priority == Priority.HIGH
        assert before < claim.due_at - timedelta(seconds=600) < now()


def test_a_run_canceled_in_the_moment_its_job_is_done_can_be_asked_for_again(tmp_path, engine):
    hospital, _, run = scheduled(tmp_path, 22)
    with inside(hospital):
        AppRun.objects.filter(pk=run.pk).update(state=RunState.CANCELED)
    assert work_off(hospital) == 1
    with inside(hospital):
        assert Job.objects.get(runjob__run=run).state == JobState.COMPLETED
        assert not Result.objects.filter(run=run).exists()
        repeat_run(run_id=run.pk)
    run_pipeline()
    with inside(hospital):
        assert AppRun.objects.get(pk=run.pk).state == RunState.COMPLETED
        assert Result.objects.filter(run=run).count() == 1


def test_cancelling_and_starting_at_the_same_time_never_deadlock(tmp_path):
    for seed in range(23, 27):
        hospital, _, run = scheduled(tmp_path / str(seed), seed)
        claimed = claim_next(worker="test")
        assert claimed is not None
        failures: list[BaseException] = []
        barrier = threading.Barrier(2)

        def at_once(do, hospital=hospital, failures=failures, barrier=barrier):
            barrier.wait()
            try:
                with inside(hospital):
                    do()
            except Exception as error:  # noqa: BLE001 (told to the test, whatever it is)
                failures.append(error)
            connection.close()

        orders = (
            lambda claimed=claimed: start_attempt(job_id=claimed.job_id, token=claimed.token, worker="test"),
            lambda run=run: cancel_run(run_id=run.pk),
        )
        threads = [threading.Thread(target=at_once, args=(order,)) for order in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        with inside(hospital):
            assert AppRun.objects.get(pk=run.pk).state == RunState.CANCELED
            Claim.objects.all().delete()
