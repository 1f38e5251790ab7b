"""Cases of a set and their jobs: canceled, failed, asked for again; no engine is needed."""

from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from django.conf import settings
from pydicom.uid import generate_uid
from tests.flow.administration.accepting import Ward, finished, make_ward, started
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline
from tests.small_package import SmallPlugin
from tests.small_study import receive

from allward.acceptance.actions import (
    SetOrder,
    WrongSetStateError,
    accept_version,
    cancel_set,
    create_set,
    fail_case,
    put_cases,
    start_set,
)
from allward.acceptance.actions.accepting import NothingRanError
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.orders import CaseOrder
from allward.acceptance.states import CaseState, SetState
from allward.entitlements.models import UsageRecord
from allward.kernel.texts import Text
from allward.registry.actions import set_parameters, yank
from allward.registry.models import Installation
from allward.registry.trust import NotPermittedError
from allward.runs.actions import drop_job, fail_job, start_attempt
from allward.runs.claims import claim_next
from allward.runs.models import Claim, Job
from allward.runs.states import Fault, JobState


@pytest.fixture
def ward(tmp_path) -> Iterator[Ward]:
    made = make_ward(tmp_path, count=2, plugin=SmallPlugin(version="7.4.0"), use="research")
    yield made
    with inside(made.hospital):
        Claim.objects.filter(tenant_id=made.hospital.tenant_id).delete()


def states(ward: Ward, one: AcceptanceSet) -> tuple[str, list[str], list[str]]:
    """How the set, its cases and all jobs of the hospital stand."""
    with inside(ward.hospital):
        cases = AcceptanceCase.objects.filter(acceptance_set=one).order_by("number")
        jobs = Job.objects.filter(tenant_id=ward.hospital.tenant_id).order_by("created_at")
        return (
            AcceptanceSet.objects.get(pk=one.pk).state,
            list(cases.values_list("state", flat=True)),
            list(jobs.values_list("state", flat=True)),
        )


def fail_jobs(ward: Ward) -> None:
    """Let every job of the hospital end without output."""
    with inside(ward.hospital):
        mine = set(Job.objects.filter(tenant_id=ward.hospital.tenant_id).values_list("pk", flat=True))
    while mine:
        claimed = claim_next(worker="test")
        assert claimed is not None
        mine.discard(claimed.job_id)
        with inside(ward.hospital):
            start_attempt(job_id=claimed.job_id, token=claimed.token, worker="test")
            fail_job(
                job_id=claimed.job_id,
                token=claimed.token,
                fault=Fault.INPUT,
                reason={"en": "Slices are missing in 1.2.840.1.2.3.", "zh": "缺少层面。"},
            )


def test_a_canceled_set_ends_its_jobs_and_goes_on_when_it_is_started_again(ward):
    one = started(ward)
    assert states(ward, one) == (SetState.RUNNING, [CaseState.RUNNING] * 2, [JobState.SCHEDULED] * 2)
    with inside(ward.hospital):
        cancel_set(one.pk)
    run_pipeline()
    assert states(ward, one) == (SetState.CANCELED, [CaseState.CANCELED] * 2, [JobState.CANCELED] * 2)
    with inside(ward.hospital):
        assert not Claim.objects.filter(tenant_id=ward.hospital.tenant_id).exists()
        start_set(one.pk)
    run_pipeline()
    assert states(ward, one) == (SetState.RUNNING, [CaseState.RUNNING] * 2, [JobState.SCHEDULED] * 2)
    with inside(ward.hospital):
        assert UsageRecord.objects.filter(app="acceptance").count() == 2  # each study once


def test_a_job_that_somebody_else_cancels_is_asked_for_again(ward):
    one = started(ward)
    with inside(ward.hospital):
        drop_job(job_id=Job.objects.filter(tenant_id=ward.hospital.tenant_id).order_by("created_at")[0].pk)
    run_pipeline()
    assert states(ward, one) == (SetState.RUNNING, [CaseState.RUNNING] * 2, [JobState.SCHEDULED] * 2)


def test_a_set_that_shares_jobs_with_another_one_leaves_them_when_it_is_canceled(ward):
    one, other = started(ward), started(ward)
    with inside(ward.hospital):
        cancel_set(one.pk)
    run_pipeline()
    assert states(ward, other) == (SetState.RUNNING, [CaseState.RUNNING] * 2, [JobState.SCHEDULED] * 2)


def test_a_case_that_fails_counts_as_failed_with_its_reason_and_nothing_is_accepted_on_such(ward):
    one = started(ward)
    fail_jobs(ward)
    run_pipeline()
    state, cases, _ = states(ward, one)
    assert (state, cases) == (SetState.FINISHED, [CaseState.FAILED] * 2)
    with inside(ward.hospital):
        case = AcceptanceCase.objects.filter(acceptance_set=one).first()
        assert case is not None
        assert case.reason["zh"] == "缺少层面。"
        assert case.groups["manufacturer"]
        with pytest.raises(NothingRanError):
            accept_version(one.pk, installation_id=ward.installation_id, remark="")


def test_a_set_whose_report_cannot_be_made_says_why_and_makes_it_when_it_is_started_again(ward):
    key = settings.ALLWARD.home / "keys" / f"{ward.hospital.code}.pem"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("no key")
    one = started(ward)
    fail_jobs(ward)
    run_pipeline()
    with inside(ward.hospital):
        one.refresh_from_db()
        assert one.state == SetState.CANCELED
        assert one.reason["en"].startswith("The report cannot be made: ")
        assert one.reason["zh"].startswith("无法生成报告：")
        key.unlink()
        start_set(one.pk)
    run_pipeline()
    with inside(ward.hospital):
        one.refresh_from_db()
        assert (one.state, one.reason) == (SetState.FINISHED, None)


def test_a_set_that_waits_for_its_report_can_be_canceled(ward):
    one = started(ward)
    with inside(ward.hospital):
        for case in AcceptanceCase.objects.filter(acceptance_set=one):
            fail_case(case.pk, Text("No.", "否。"))
        one.refresh_from_db()
        assert one.state == SetState.REPORTING
        cancel_set(one.pk)
    run_pipeline()
    assert states(ward, one)[:2] == (SetState.CANCELED, [CaseState.FAILED] * 2)


def test_images_that_arrive_while_a_set_runs_make_its_case_fail(ward):
    one = started(ward)
    first = ward.cases[0]
    image = pydicom.dcmread(first.files[-1])
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.save_as(ward.folder / "late.dcm")
    receive(ward.hospital, [ward.folder / "late.dcm"])
    with inside(ward.hospital):
        case = AcceptanceCase.objects.get(acceptance_set=one, number=1)
        drop_job(job_id=case.job_id)  # as the executor does with a job whose images have changed
    run_pipeline()
    with inside(ward.hospital):
        case.refresh_from_db()
        assert case.state == CaseState.FAILED
        assert case.reason["en"].startswith("Images of this series arrived")


def test_cases_are_computed_with_the_values_that_hold_where_the_version_is_installed(tmp_path):
    ward = make_ward(tmp_path, count=1, plugin=SmallPlugin(version="7.5.0", least=0.2), use="research")
    with inside(ward.hospital):
        set_parameters(ward.installation_id, {"sure": 0.6})
    one = started(ward)
    with inside(ward.hospital):
        set_parameters(ward.installation_id, {"sure": 0.7})
        assert AcceptanceSet.objects.get(pk=one.pk).parameters == {"sure": 0.6}
        (job,) = Job.objects.filter(tenant_id=ward.hospital.tenant_id)
        assert job.parameters == {"sure": 0.6}
        Claim.objects.filter(tenant_id=ward.hospital.tenant_id).delete()


def test_a_version_is_accepted_and_enabled_only_with_the_values_that_its_report_names(url, tmp_path):
    plugin = SmallPlugin(version="7.6.0", least=0.2, status="cleared")
    ward = make_ward(tmp_path, count=1, plugin=plugin)
    row = f"/api/v1/installations/{ward.installation_id}/"
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:

        def put(sure: float) -> Any:
            return client.put(f"{row}parameters/", json={"values": {"sure": sure}})

        def accept(one: AcceptanceSet) -> Any:
            order = {"installation_id": str(ward.installation_id)}
            return client.post(f"/api/v1/acceptance/{one.pk}/accept/", json=order)

        put(0.6).raise_for_status()
        one = finished(ward)
        put(0.7).raise_for_status()
        assert (accept(one).status_code, accept(one).json()["code"], ward.state()) == (
            409, "other_values", "verified",
        )  # fmt: skip
        put(0.6).raise_for_status()
        assert (accept(one).status_code, ward.state()) == (200, "accepted")
        put(0.7).raise_for_status()
        assert ward.state() == "verified"
        assert client.post(f"{row}enable/").json()["code"] == "acceptance_required"
        put(0.6).raise_for_status()
        assert client.post(f"{row}enable/").status_code == 200
        refused = put(0.7)
        assert (refused.status_code, refused.json()["code"]) == (409, "acceptance_required")
        assert "Uninstall this version" in refused.json()["detail"]["en"]
        assert put(0.6).status_code == 200
    with inside(ward.hospital):
        assert Installation.objects.get(pk=ward.installation_id).parameters == {"sure": 0.6}
        Claim.objects.filter(tenant_id=ward.hospital.tenant_id).delete()


def test_what_was_withdrawn_is_not_tried(ward):
    with inside(ward.hospital):
        one = create_set(SetOrder("Past livers", ward.version))
        put_cases(one.pk, [CaseOrder(ward.cases[0].series_uid, present=True)])
        yank(ward.installation_id, reason="wrong on thin slices")
    with pytest.raises(NotPermittedError, match="wrong on thin slices"), inside(ward.hospital):
        start_set(one.pk)
    with pytest.raises(WrongSetStateError), inside(ward.hospital):
        cancel_set(one.pk)
