"""A study from its last image to a reviewed result, with the real database, storage and engine."""

from functools import partial

import pytest
from tests.flow.pipeline.working import MODELS, SPEC, item, reviewer, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, study_of, write_small_study

from allward.results.actions import ReviewConflictError, ReviewRefusedError, review_finding
from allward.results.models import FindingRecord, Result
from allward.results.states import ResultStatus, ReviewState
from allward.runs.actions import NothingToRepeatError, cancel_run, repeat_run
from allward.runs.claims import claim_next
from allward.runs.models import AppRun, Attempt, Claim, DecisionTrace, Job
from allward.runs.states import Fault, JobState, RunState
from allward.studies.models import Series
from allward.tenancy.scope import within
from allward_dicom.phantom import PhantomSpec


def test_a_complete_study_is_routed_run_assessed_and_reviewed(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    study_id = receive(hospital, write_small_study(tmp_path / "study", spec=SPEC))
    assert item(hospital, study_id)["ai"]["state"] == "none"
    settle()
    assert item(hospital, study_id)["ai"]["state"] == "scheduled"
    assert work_off(hospital) == 1
    with inside(hospital):
        run = AppRun.objects.get(study_id=study_id)
        assert run.state == RunState.COMPLETED
        result = Result.objects.get(run=run)
        assert result.evaluable
        findings = list(FindingRecord.objects.filter(result=result))
        assert findings
    assert item(hospital, study_id)["ai"] == {
        **item(hospital, study_id)["ai"], "state": "completed", "finding_count": len(findings),
    }  # fmt: skip
    with within(reviewer(hospital)):
        for finding in findings:
            review_finding(
                finding_id=finding.pk, decision="accept", reason="", version=1, author_name="Dr Test"
            )
    with inside(hospital):
        assert Result.objects.get(pk=result.pk).status == ResultStatus.CURRENT
    assert item(hospital, study_id)["review"] == "reviewed"


def test_the_same_images_again_change_nothing_and_late_ones_make_a_new_revision(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    paths = write_small_study(tmp_path / "study", seed=2, spec=SPEC)
    study_id = receive(hospital, paths[:-1])
    settle()
    work_off(hospital)
    receive(hospital, paths[:-1])
    settle()
    assert work_off(hospital) == 0
    assert study_of(hospital, study_id).revision == 1
    receive(hospital, paths[-1:])
    settle()
    assert study_of(hospital, study_id).revision == 2
    assert work_off(hospital) == 1
    with inside(hospital):
        statuses = list(Result.objects.order_by("created_at").values_list("status", flat=True))
        assert statuses == [ResultStatus.SUPERSEDED, ResultStatus.PRELIMINARY]


def test_a_review_on_an_older_version_or_without_a_reason_is_refused(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    receive(hospital, write_small_study(tmp_path / "study", seed=3, spec=SPEC))
    settle()
    work_off(hospital)
    with inside(hospital):
        finding = FindingRecord.objects.first()
    assert finding is not None
    review = partial(review_finding, finding_id=finding.pk, author_name="Dr Test")
    with within(reviewer(hospital)):
        review(decision="accept", reason="", version=1)
    with pytest.raises(ReviewConflictError), within(reviewer(hospital)):
        review(decision="reject", reason="false_positive", version=1)
    with pytest.raises(ReviewRefusedError), within(reviewer(hospital)):
        review(decision="reject", reason="", version=2)
    with inside(hospital), pytest.raises(ReviewRefusedError, match="only a person"):
        review(decision="reset", reason="", version=2)
    with inside(hospital):
        assert FindingRecord.objects.get(pk=finding.pk).review_state == ReviewState.ACCEPTED


@pytest.mark.parametrize(
    ("spec", "clause"),
    [
        (PhantomSpec(slices=3, size=64, slice_spacing_mm=10.0), "min_slices"),
        (PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0, fault="missing_slice"), "geometry"),
        (PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0, fault="gantry_tilt"), "geometry"),
    ],
)
def test_images_that_cannot_be_evaluated_are_said_aloud_and_never_run(tmp_path, spec, clause):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    study_id = receive(hospital, write_small_study(tmp_path / "study", spec=spec))
    settle()
    ai = item(hospital, study_id)["ai"]
    assert ai["state"] == "not_evaluable"
    assert ai["reasons"][0]["en"].startswith("Not evaluable")
    assert ai["reasons"][0]["zh"].startswith("无法评估")
    with inside(hospital):
        assert DecisionTrace.objects.get(study_id=study_id).clause == clause
        assert not AppRun.objects.exists()


def test_a_research_version_does_not_run_in_a_clinical_department(tmp_path):
    hospital = make_hospital(use="clinical")
    install_small_plugin(hospital, tmp_path, MODELS)
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=4, spec=SPEC))
    settle()
    with inside(hospital):
        trace = DecisionTrace.objects.get(study_id=study_id)
        assert (trace.ran, trace.clause) == (False, "status")
        assert Series.objects.get(study_id=study_id).evaluable


def test_what_a_dead_worker_still_writes_is_refused_and_the_job_is_done_once(tmp_path, engine):
    from allward.runs import actions

    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    receive(hospital, write_small_study(tmp_path / "study", seed=5, spec=SPEC))
    settle()
    dead = claim_next(worker="dead")
    assert dead is not None
    with inside(hospital):
        actions.start_attempt(job_id=dead.job_id, token=dead.token, worker="dead")
        Claim.objects.filter(job_id=dead.job_id).update(lease_until="2000-01-01T00:00:00Z")
    assert work_off(hospital) == 1
    output = actions.JobOutput("key", "0" * 64, {}, [], "", {}, {})
    with inside(hospital):
        assert not actions.complete_job(job_id=dead.job_id, token=dead.token, output=output)
        job = Job.objects.get(pk=dead.job_id)
        assert (job.state, job.labelmap_key != "key") == (JobState.COMPLETED, True)
        outcomes = list(Attempt.objects.filter(job=job).order_by("number").values_list("outcome", flat=True))
        assert outcomes == ["lost", "completed"]


def test_a_canceled_run_ends_its_job_and_says_so(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=6, spec=SPEC))
    settle()
    with inside(hospital):
        run = AppRun.objects.get(study_id=study_id)
        cancel_run(run_id=run.pk)
    run_pipeline()
    with inside(hospital):
        assert AppRun.objects.get(pk=run.pk).state == RunState.CANCELED
        assert Job.objects.get(runjob__run=run).state == JobState.CANCELED
        assert not Claim.objects.exists()


def test_a_model_that_breaks_its_contract_is_the_plug_ins_fault_and_is_told(tmp_path, engine):
    hospital = make_hospital()
    version = install_small_plugin(hospital, tmp_path, MODELS, SmallPlugin(version="1.0.1", above_hu=61.0))
    digest = version.manifest["models"]["bright"]["sha256"]
    (MODELS / f"{digest}.onnx").write_bytes(b"not a model")
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=7, spec=SPEC))
    settle()
    assert work_off(hospital) == 1
    ai = item(hospital, study_id)["ai"]
    assert (ai["state"], ai["fault"]) == ("failed", Fault.PLUGIN)
    assert ai["reasons"][0]["en"].startswith("The plug-in failed")


def test_a_canceled_run_that_a_person_asks_for_again_comes_to_a_result(tmp_path, engine):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS)
    study_id = receive(hospital, write_small_study(tmp_path / "study", seed=8, spec=SPEC))
    settle()
    with inside(hospital):
        run = AppRun.objects.get(study_id=study_id)
        cancel_run(run_id=run.pk)
    run_pipeline()
    with inside(hospital):
        repeat_run(run_id=run.pk)
    run_pipeline()
    assert work_off(hospital) == 1
    with inside(hospital):
        assert AppRun.objects.get(pk=run.pk).state == RunState.COMPLETED
        assert Result.objects.filter(run=run).count() == 1
    with pytest.raises(NothingToRepeatError), inside(hospital):
        repeat_run(run_id=run.pk)
