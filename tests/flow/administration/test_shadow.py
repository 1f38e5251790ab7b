"""A version in shadow: what it is given, who sees it, and what is told of it."""

import pytest
from django.conf import settings
from tests.engine_process import running_engine
from tests.flow.administration.forms import faults_of
from tests.flow.administration.shadowing import Ward, make_ward, studies
from tests.flow.pipeline.working import MODELS, item, newest_result, review_all, settle
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline
from tests.small_study import receive

from allward.acceptance.actions import SetOrder, cancel_set, create_set, put_cases, start_set
from allward.acceptance.models import AcceptanceCase
from allward.acceptance.orders import CaseOrder
from allward.api.shadow_forms import DriftForm, ShadowsForm
from allward.audit.models import AuditEvent
from allward.delivery.models import Delivery
from allward.kernel.ids import new_id
from allward.registry.actions import uninstall
from allward.registry.models import Installation
from allward.results.models import Result, ResultObject
from allward.routing.actions import enable_installation
from allward.routing.events import StudyRouted
from allward.runs.actions import confirm_cancel, fail_job, start_attempt
from allward.runs.models import AppRun, DecisionTrace, Job
from allward.runs.states import Fault, JobState, Priority
from allward.shadow.actions import begin_shadow
from allward.shadow.guard import Guard
from allward.shadow.models import Shadow
from allward.shadow.queries import cases_of
from allward.shadow.states import PairState
from allward.shadow.steps import shadow_study

CASES = 6


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> Ward:
    return make_ward(tmp_path_factory.mktemp("ward"))


@pytest.fixture(scope="module")
def client(url, ward):
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as opened:
        yield opened


@pytest.fixture(scope="module")
def compared(ward, client):
    """Six studies that both versions have read; the shadow's outlines are much smaller."""
    guard = {"least_cases": CASES, "least_median_dice": 0.9}
    begun = client.post(ward.address, json={"share_percent": 100, "guard": guard})
    assert begun.status_code == 201, begun.text
    assert not faults_of(ShadowsForm(), begun.json())
    with running_engine(settings.ALLWARD.engine_socket, MODELS):
        ids = ward.receive(CASES)
        assert ward.work_off() == 2 * CASES
    return ids


def begin(ward: Ward, **more) -> Shadow:
    with inside(ward.hospital):
        return begin_shadow(ward.installation_id, **{"share_percent": 100, "guard": Guard(), **more})


def test_every_study_is_read_by_both_and_only_the_enabled_version_is_seen(ward, compared):
    with inside(ward.hospital):
        shadow_jobs = Job.objects.filter(plugin_version__version="1.1.0")
        assert {job.priority for job in shadow_jobs} == {Priority.LOW}
        assert (shadow_jobs.count(), Job.objects.count()) == (CASES, 2 * CASES)
        results = Result.objects.all()
        assert (AppRun.objects.count(), len(results)) == (CASES, CASES)
        assert {result.plugins[0]["version"] for result in results} == {"1.0.0"}
        assert {trace.detail["en"] for trace in DecisionTrace.objects.all()} == {"Every clause is met."}
        sources = ResultObject.objects.values_list("result__run__study_id", flat=True)
        assert len(set(sources)) == CASES
        assert not Delivery.objects.exists()
    assert item(ward.hospital, compared[0])["ai"]["state"] == "completed"


def test_a_pair_keeps_numbers_of_both(ward, compared):
    pairs = ward.pairs()
    assert [pair.state for pair in pairs] == [PairState.COMPARED] * CASES
    for pair in pairs:
        liver = pair.labels["liver"]
        assert 0 < liver["dice"] < 0.9
        assert 0 < liver["volume_ml"] < liver["enabled_volume_ml"]
        assert (pair.findings, pair.enabled_findings) == (1, 1)
        assert pair.device_s is not None
        assert pair.device_s > 0


def test_its_statistics_are_told_and_the_guard_marks_it_worse(ward, client, compared):
    told = client.get(ward.address).json()
    assert not faults_of(ShadowsForm(), told)
    shadow = told["shadow"]
    assert (shadow["state"], shadow["waiting"], shadow["kept_back"]) == ("running", 0, None)
    figures = shadow["statistics"]
    assert (figures["cases"], figures["paired"], figures["alone"]) == (CASES, CASES, 0)
    (liver,) = figures["labels"]
    assert liver["title"] == {"en": "Liver", "zh": "肝脏"}
    assert liver["median_dice"]["low"] <= liver["median_dice"]["value"] <= liver["median_dice"]["high"] < 0.9
    assert liver["volume_bias_ml"] < 0
    assert figures["found"]["both"] == CASES
    (reason,) = shadow["worse"]["reasons"]
    assert reason["code"] == "dice"
    assert "the limit is 0.9" in reason["en"]
    assert "低于限值 0.9" in reason["zh"]
    with inside(ward.hospital):
        noted = AuditEvent.objects.filter(what="installation", what_id=str(ward.installation_id))
        changes = [row.detail.get("change") for row in noted.order_by("at")]
    assert changes[-2:] == ["shadow begun", "shadow worse"]


def test_reviewers_words_are_the_truth_for_both(ward, client, compared):
    review_all(ward.hospital, newest_result(ward.hospital))
    figures = client.get(ward.address).json()["shadow"]["statistics"]
    assert figures["right"]["both"] == 1
    assert figures["enabled"]["sensitivity"]["value"] == 1.0
    assert figures["shadow"]["specificity"] is None


def test_the_drift_line_of_the_enabled_version_comes_from_what_is_stored(ward, client, compared):
    told = client.get(f"/api/v1/installations/{ward.enabled_id}/drift/").json()
    assert not faults_of(DriftForm(), told)
    assert (told["studies"], told["watched"], told["changes"]) == (CASES, False, [])
    (week,) = told["weeks"]
    assert (week["studies"], week["failed_share"], week["found_share"]) == (CASES, 0.0, 1.0)
    assert week["median_volume_ml"]["liver"] > 0
    of_shadow = client.get(f"/api/v1/installations/{ward.installation_id}/drift/").json()
    assert of_shadow["studies"] == 0


def _interrupted(ward: Ward, study_id) -> None:
    with inside(ward.hospital):
        shadow_study(StudyRouted(study_id=study_id))
        raise KeyboardInterrupt


def test_a_step_that_is_killed_leaves_nothing_and_one_that_runs_twice_no_more_than_once(tmp_path):
    ward = make_ward(tmp_path)
    begin(ward)
    with inside(ward.hospital):
        Shadow.objects.update(share_percent=0)
    (study_id,) = ward.receive()
    with inside(ward.hospital):
        Shadow.objects.update(share_percent=100)

    with pytest.raises(KeyboardInterrupt):
        _interrupted(ward, study_id)
    assert ward.pairs() == []
    for _ in range(2):
        with inside(ward.hospital):
            shadow_study(StudyRouted(study_id=study_id))
    (pair,) = ward.pairs()
    assert pair.state == PairState.WAITING
    assert pair.enabled_job is not None
    with inside(ward.hospital):
        assert Job.objects.count() == 2
        assert Job.objects.get(pk=pair.job_id).runjob_set.count() == 0


def test_a_share_of_none_gives_nothing(tmp_path):
    ward = make_ward(tmp_path)
    begin(ward, share_percent=0)
    ward.receive(2)
    assert ward.pairs() == []


def test_late_images_are_a_pair_of_their_own_but_a_series_is_one_case(tmp_path):
    ward = make_ward(tmp_path)
    shadow = begin(ward)
    (paths,) = studies(tmp_path, 1)
    for images in (paths[:5], paths):
        receive(ward.hospital, images)
        settle()
    first, second = ward.pairs()
    assert first.series_id == second.series_id
    assert first.input_digest != second.input_digest
    assert first.enabled_job_id != second.enabled_job_id
    reason = {"en": "The plug-in failed.", "zh": "插件运行出错。"}
    with inside(ward.hospital):
        for pair in (first, second):
            for job_id in (pair.job_id, pair.enabled_job_id):
                start_attempt(job_id=job_id, token=1, worker="test")
                fail_job(job_id=job_id, token=1, fault=Fault.PLUGIN, reason=reason)
    run_pipeline()
    assert [pair.state for pair in ward.pairs()] == [PairState.FAILED] * 2
    with inside(ward.hospital):
        assert len(cases_of(shadow)) == 1


def test_where_nothing_is_enabled_it_reads_what_it_wants_by_itself(tmp_path):
    ward = make_ward(tmp_path, enabled=False)
    begin(ward)
    ward.receive()
    (pair,) = ward.pairs()
    assert pair.enabled_job is None
    with inside(ward.hospital):
        assert not AppRun.objects.exists()


def test_without_an_entitlement_it_is_given_nothing_and_says_why(url, tmp_path):
    ward = make_ward(tmp_path, entitlement=True)
    begin(ward)
    ward.receive()
    assert ward.pairs() == []
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:
        kept_back = client.get(ward.address).json()["shadow"]["kept_back"]
    assert "needs an entitlement" in kept_back["en"]
    assert "需要授权" in kept_back["zh"]


def test_who_ends_without_output_is_counted_and_a_canceled_job_is_not(tmp_path):
    ward = make_ward(tmp_path)
    shadow = begin(ward)
    ward.receive(2)
    failing, canceled = ward.pairs()
    with inside(ward.hospital):
        for job_id in (failing.job_id, failing.enabled_job_id):
            start_attempt(job_id=job_id, token=1, worker="test")
        reason = {"en": "The plug-in failed.", "zh": "插件运行出错。"}
        fail_job(job_id=failing.job_id, token=1, fault=Fault.PLUGIN, reason=reason)
    run_pipeline()
    assert [pair.state for pair in ward.pairs()] == [PairState.WAITING] * 2
    with inside(ward.hospital):
        fail_job(job_id=failing.enabled_job_id, token=1, fault=Fault.PLUGIN, reason=reason)
        for job_id in (canceled.job_id, canceled.enabled_job_id):
            start_attempt(job_id=job_id, token=1, worker="test")
            confirm_cancel(job_id=job_id, token=1)
    run_pipeline()
    failing, canceled = ward.pairs()
    assert (failing.state, failing.failed) == (PairState.FAILED, ["enabled", "shadow"])
    assert canceled.state == PairState.DROPPED
    with inside(ward.hospital):
        assert [case.failed for case in cases_of(shadow)] == [{"enabled", "shadow"}]


def test_a_job_that_somebody_canceled_who_shared_it_is_asked_for_again(tmp_path):
    ward = make_ward(tmp_path, enabled=False)
    begin(ward)
    ward.receive(1)
    (pair,) = ward.pairs()
    with inside(ward.hospital):
        version = Installation.objects.get(pk=ward.installation_id).plugin_version
        one = create_set(SetOrder("Past livers", version))
        put_cases(one.pk, [CaseOrder(pair.series.series_instance_uid, present=True)])
        start_set(one.pk)
    run_pipeline()
    with inside(ward.hospital):
        assert AcceptanceCase.objects.get(acceptance_set=one).job_id == pair.job_id
        cancel_set(one.pk)
    run_pipeline()
    (pair,) = ward.pairs()
    assert (pair.state, pair.job.state) == (PairState.WAITING, JobState.SCHEDULED)


def test_it_is_refused_with_a_reason_where_it_cannot_be(url, tmp_path):
    ward = make_ward(tmp_path)
    enabled = f"/api/v1/installations/{ward.enabled_id}/shadow/"
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:

        def refused(address, body=None, status=409):
            answer = client.post(address, json=body)
            assert answer.status_code == status, answer.text
            assert set(answer.json()["detail"]) == {"en", "zh"}
            return answer.json()["code"]

        assert client.get(ward.address).json() == {"shadow": None, "earlier": []}
        assert refused(enabled, {"share_percent": 10}) == "enabled"
        assert refused(f"{ward.address}end/") == "no_shadow"
        for wrong in (
            {}, {"share_percent": 101}, {"share_percent": -1}, {"share_percent": "nan"},
            {"share_percent": 5, "guard": {"least_cases": 0}},
            {"share_percent": 5, "guard": {"least_median_dice": 2}},
        ):  # fmt: skip
            refused(ward.address, wrong, 400)
        assert client.post(ward.address, json={"share_percent": 10}).status_code == 201
        assert refused(ward.address, {"share_percent": 10}) == "in_shadow"
        ended = client.post(f"{ward.address}end/").json()
        assert ended["shadow"]["state"] == "ended"
        again = client.post(ward.address, json={"share_percent": 20, "guard": {"most_p": None}}).json()
        assert (again["shadow"]["share_percent"], again["shadow"]["guard"]["most_p"]) == (20, None)
        assert [row["share_percent"] for row in again["earlier"]] == [10]
        with inside(ward.hospital):
            enable_installation(ward.installation_id)
        assert client.get(ward.address).json()["shadow"]["state"] == "stopped"
        ward.receive()
        assert ward.pairs() == []
        with inside(ward.hospital):
            uninstall(ward.installation_id)
        client.post(f"{ward.address}end/")
        assert refused(ward.address, {"share_percent": 10}) == "not_installed"
        unknown = f"/api/v1/installations/{new_id()}/"
        assert [client.get(f"{unknown}{what}/").status_code for what in ("shadow", "drift")] == [404, 404]
