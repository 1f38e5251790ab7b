"""A version is tried on a hospital's own past cases, and enabled only once somebody accepted it."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connections
from tests.engine_process import running_engine
from tests.flow.administration.accepting import (
    SETS,
    Ward,
    make_set,
    make_ward,
    run_set,
    say_present,
    store_reference,
)
from tests.flow.administration.forms import faults_of
from tests.flow.pipeline.working import MODELS, item
from tests.flow.tenancy.serving import client_of
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import inside, run_pipeline
from tests.small_package import SmallPlugin, make_package

from allward.acceptance.events import AcceptanceCompared, AcceptanceStarted
from allward.acceptance.models import AcceptanceCase, AcceptanceReport
from allward.acceptance.report import PAYLOAD_TYPE, recompute
from allward.api.acceptance_forms import (
    AcceptanceSetDetailForm,
    AcceptanceSetsForm,
    AcceptanceSettingsForm,
    SeriesChoicesForm,
)
from allward.audit.models import AuditEvent
from allward.outbox.publish import publish
from allward.registry.models import Installation, TrustedKey
from allward.registry.trust import publisher_key, trust_of
from allward.runs.events import JobCompleted
from allward.runs.models import AppRun, Job
from allward.runs.states import Priority
from allward.studies.models import Patient
from allward_sdk.cli import main
from allward_sdk.trust.dsse import read_envelope, signer_of
from allward_sdk.trust.keys import publishers_to_json

CASES = 6
TABLE = {"content-type": "text/csv"}


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> Ward:
    return make_ward(tmp_path_factory.mktemp("ward"), count=CASES)


@pytest.fixture(scope="module")
def client(url, ward):
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as opened:
        yield opened


@pytest.fixture(scope="module")
def engine():
    with running_engine(settings.ALLWARD.engine_socket, MODELS):
        yield


def put(client, made, content):
    kind = {"json": content} if isinstance(content, dict) else {"content": content, "headers": TABLE}
    return client.post(f"{SETS}{made['id']}/cases/", **kind)


def enable(client, ward):
    return client.post(f"/api/v1/installations/{ward.installation_id}/enable/")


@pytest.fixture(scope="module")
def finished(client, ward, engine):
    """A set with all three kinds of reference, run to its end."""
    made = make_set(client, ward)
    say_present(client, made, ward.cases)
    first, second = ward.cases[:2]
    seg = store_reference(ward, first)
    marks = [{"x_mm": 0.0, "y_mm": 0.0, "z_mm": 190.0, "diameter_mm": 400.0}]
    orders = [
        {"series_instance_uid": first.series_uid, "segmentation": {"series_instance_uid": seg}},
        {"series_instance_uid": second.series_uid, "marks": marks},
    ]
    answer = put(client, made, {"cases": orders})
    assert (answer.json()["added"], answer.json()["changed"]) == (0, 2), answer.text
    return run_set(client, ward, made)


def test_a_clinical_department_enables_nothing_that_was_not_accepted_and_says_what_to_do(client, ward):
    refused = enable(client, ward)
    assert (refused.status_code, refused.json()["code"]) == (409, "acceptance_required")
    assert "accept the version on its report" in refused.json()["detail"]["en"]
    assert ward.state() == "verified"


def test_the_command_leaves_a_version_that_was_not_accepted_installed_and_says_so(ward, tmp_path, capsys):
    plugin = SmallPlugin(version="7.3.0", status="cleared", plugin_id="org.test.other")
    words = ["--tenant", ward.hospital.code, "--department", "imaging", "--built-here"]
    assert main(["plugin", "install", str(make_package(tmp_path, plugin)), *words]) == 1
    assert "enables only what was accepted" in capsys.readouterr().err
    with inside(ward.hospital):
        row = Installation.objects.get(plugin_version__plugin_id=plugin.plugin_id)
    assert row.state == "verified"


def test_every_case_is_judged_against_what_is_known_of_it(finished):
    assert not faults_of(AcceptanceSetDetailForm(), finished)
    assert (finished["state"], finished["progress"]) == ("finished", 1.0)
    assert finished["counts"]["done"] == CASES
    outcomes = [case["outcome"] for case in finished["cases"]]
    assert all(outcome["present"] and outcome["reported"] for outcome in outcomes)
    assert outcomes[0]["outlines"]["liver"]["dice"] > 0.8
    assert (len(outcomes[1]["marks"]["hits"]), outcomes[1]["marks"]["missed"]) == (1, 0)
    overall = finished["figures"]["overall"]
    assert (overall["sensitivity"]["value"], overall["sensitivity"]["cases"]) == (1.0, CASES)
    assert overall["mean_dice"] == []  # one case with an outline is too few
    assert finished["figures"]["froc"]["targets"] == 1
    questions = [group["question"] for group in finished["figures"]["subgroups"]]
    assert questions[:4] == ["sex", "age", "slice thickness", "manufacturer"]


def test_nobody_else_sees_that_the_cases_ran(finished, ward):
    with inside(ward.hospital):
        assert not AppRun.objects.filter(tenant_id=ward.hospital.tenant_id).exists()
        jobs = Job.objects.filter(tenant_id=ward.hospital.tenant_id)
        assert {job.priority for job in jobs} == {Priority.LOW}
    for case in ward.cases:
        assert item(ward.hospital, case.study_id)["ai"]["state"] == "none"


def test_the_report_is_signed_by_the_hospital_names_no_series_and_can_be_computed_again(
    client, finished, ward
):
    answer = client.get(f"{SETS}{finished['id']}/report.json")
    assert hashlib.sha256(answer.content).hexdigest() == finished["report"]["digest"]
    envelope = read_envelope(answer.content, PAYLOAD_TYPE, place="report.json")
    with inside(ward.hospital):
        key = signer_of(envelope, trust_of(ward.hospital.tenant_id), place="report.json")
    assert key.keyid == finished["report"]["keyid"]
    report = json.loads(base64.b64decode(answer.json()["payload"]))
    assert finished["report"]["pdf_keyid"] == key.keyid
    assert report["plugin"]["digest"] == ward.version.digest
    assert report["figures"] == finished["figures"] == recompute(report)
    assert not [case for case in ward.cases if case.series_uid.encode() in envelope.payload]
    assert {case["case"] for case in report["cases"]} == {case["pseudonym"] for case in finished["cases"]}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_can_be_printed(client, finished, language):
    answer = client.get(
        f"{SETS}{finished['id']}/report.pdf",
        params={"language": language},
        headers={"accept": "application/pdf"},
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_what_is_told_twice_changes_nothing(client, finished, ward):
    with inside(ward.hospital):
        tenant_id = ward.hospital.tenant_id
        job_id = AcceptanceCase.objects.filter(acceptance_set_id=finished["id"]).first().job_id
        publish(AcceptanceStarted(set_id=finished["id"]), tenant_id=tenant_id)
        publish(JobCompleted(job_id=job_id), tenant_id=tenant_id)
        publish(AcceptanceCompared(set_id=finished["id"]), tenant_id=tenant_id)
    run_pipeline()
    assert client.get(f"{SETS}{finished['id']}/").json() == finished
    with inside(ward.hospital):
        assert AcceptanceReport.objects.filter(acceptance_set_id=finished["id"]).count() == 1


def test_another_set_on_the_same_series_shares_what_was_computed(client, finished, ward):
    with inside(ward.hospital):
        before = Job.objects.filter(tenant_id=ward.hospital.tenant_id).count()
    again = make_set(client, ward, cases_of=finished["id"])
    assert again["counts"]["waiting"] == CASES
    client.post(f"{SETS}{again['id']}/start/").raise_for_status()
    run_pipeline()
    told = client.get(f"{SETS}{again['id']}/").json()
    assert told["state"] == "finished"
    assert told["figures"] == finished["figures"]
    with inside(ward.hospital):
        assert Job.objects.filter(tenant_id=ward.hospital.tenant_id).count() == before


def test_a_finished_set_is_evidence_and_stays_as_it_is(client, finished):
    at = f"{SETS}{finished['id']}/"
    row = f"series_instance_uid,present\n{finished['cases'][0]['series']['series_instance_uid']},no"
    refusals = [
        client.delete(at),
        client.delete(f"{at}cases/{finished['cases'][0]['id']}/"),
        client.post(f"{at}start/"),
        client.post(f"{at}cancel/"),
        put(client, finished, row),
    ]
    assert {(refused.status_code, refused.json()["code"]) for refused in refusals} == {(409, "wrong_state")}


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("series_instance_uid,present\n{known},yes\n{other},perhaps", "Line 3", "write yes or no"),
        ("series_instance_uid;present\n{known};yes\n{known};no", "Line 3", "in line 2 already"),
        ("series_instance_uid,present\n{known},yes\n1.2.3,no", "Line 3", "holds no series 1.2.3"),
        ("series_instance_uid,x_mm,y_mm,z_mm\n{known},1,2,here", "Line 2", "not a number"),
        ("series_instance_uid,x_mm,y_mm,z_mm\n{known},1,2,9999", "Line 2", "LPS, mm"),
        ("series_instance_uid,when\n{known},now", "Line 1", "is missing"),
    ],
)
def test_a_table_with_a_fault_is_refused_whole_with_its_line(client, ward, content, line, said):
    made = make_set(client, ward)
    known, other = (case.series_uid for case in ward.cases[:2])
    refused = put(client, made, content.format(known=known, other=other))
    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"]["en"].startswith(line)
    assert said in refused.json()["detail"]["en"]
    assert client.get(f"{SETS}{made['id']}/").json()["cases"] == []
    client.delete(f"{SETS}{made['id']}/").raise_for_status()


def test_numbers_that_are_none_and_lists_without_end_are_refused_before_anything_is_kept(client, ward):
    made = make_set(client, ward)
    series = {"series_instance_uid": ward.cases[0].series_uid}
    mark = {"x_mm": 0.0, "y_mm": 0.0, "z_mm": 0.0}
    wrong = [{**series, "marks": [{**mark, "x_mm": said}]} for said in ("NaN", "Infinity", "1e999")]
    wrong.append({**series, "marks": [mark] * 1001})
    sent = [put(client, made, {"cases": [each]}) for each in wrong]
    sent.append(put(client, made, {"cases": [{**series, "present": True}] * 1001}))
    sent.append(
        client.post(SETS, json={"name": "x", "version_id": str(ward.version.pk), "least_score": "NaN"})
    )
    table = "series_instance_uid,present\n" + "".join(f"1.2.{number},yes\n" for number in range(1001))
    sent.append(put(client, made, table))
    assert [answer.status_code for answer in sent] == [400] * 7
    assert "1000 cases at most" in sent[-1].json()["detail"]["en"]
    assert client.get(f"{SETS}{made['id']}/").json()["counts"]["cases"] == 0


def test_series_are_offered_without_their_patients(client, ward, finished):
    made = make_set(client, ward)
    answer = client.get(f"{SETS}{made['id']}/series/")
    offered = answer.json()
    assert not faults_of(SeriesChoicesForm(), offered)
    assert {each["series"]["series_instance_uid"] for each in offered["series"]} == {
        case.series_uid for case in ward.cases
    }
    assert any(each["segmentations"] for each in offered["series"])
    with inside(ward.hospital):
        patient = Patient.objects.filter(tenant_id=ward.hospital.tenant_id).first()
    assert patient.patient_id not in answer.text
    assert patient.name_alphabetic not in answer.text
    assert client.get(f"{SETS}{made['id']}/series/", params={"from": "2999-01-01"}).json()["series"] == []
    client.delete(f"{SETS}{made['id']}/").raise_for_status()


@contextmanager
def pipeline_running():
    """Relay and workers of a platform that is up."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.2):
            run_pipeline()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_one_command_gives_the_signed_report_and_another_one_checks_it(ward, finished, tmp_path, capsys):
    table, publishers, out = tmp_path / "livers.csv", tmp_path / "publishers.json", tmp_path / "out"
    table.write_text("series_instance_uid,present\n" + "\n".join(f"{c.series_uid},yes" for c in ward.cases))
    named = f"{ward.version.plugin_id}@{ward.version.version}"
    words = ["acceptance", "run", named, str(table), "--tenant", ward.hospital.code, "--output", str(out)]
    with pipeline_running():
        assert main(words) == 0
    assert sorted(path.name for path in out.iterdir()) == ["report.en.pdf", "report.json", "report.zh.pdf"]
    with inside(ward.hospital):
        own = TrustedKey.objects.get(tenant_id=ward.hospital.tenant_id, own=True)
        publishers.write_text(publishers_to_json([publisher_key(own)]))
    check = ["acceptance", "verify", str(out / "report.json"), "--publishers", str(publishers)]
    assert main(check) == 0
    assert "its figures follow from its cases" in capsys.readouterr().out
    digest = hashlib.sha256((out / "report.json").read_bytes()).hexdigest()
    for printed in (out / "report.en.pdf", out / "report.zh.pdf"):
        assert main(["acceptance", "verify", str(printed), "--publishers", str(publishers)]) == 0
        assert digest in capsys.readouterr().out
    envelope = json.loads((out / "report.json").read_text())
    payload = base64.b64decode(envelope["payload"]).replace(b'"failed":0', b'"failed":1')
    envelope["payload"] = base64.b64encode(payload).decode()
    (out / "report.json").write_text(json.dumps(envelope))
    assert main(check) == 1
    assert "not a signature of this payload" in capsys.readouterr().err


def test_a_table_with_a_fault_is_told_by_the_command_too(ward, tmp_path, capsys):
    table = tmp_path / "livers.csv"
    table.write_text("series_instance_uid,present\n1.2.3,yes")
    named = f"{ward.version.plugin_id}@{ward.version.version}"
    assert main(["acceptance", "run", named, str(table), "--tenant", ward.hospital.code]) == 1
    assert "Line 2: this hospital holds no series 1.2.3" in capsys.readouterr().err
    assert main(["acceptance", "run", "org.none@1.0.0", str(table), "--tenant", ward.hospital.code]) == 1
    assert "has not taken it in" in capsys.readouterr().err


def test_an_administrator_accepts_on_the_ground_of_the_report_and_it_is_audited(client, ward, finished):
    at = f"{SETS}{finished['id']}/accept/"
    order = {"installation_id": str(ward.installation_id), "remark": "as good as our readers"}
    accepted = client.post(at, json=order)
    assert accepted.status_code == 200, accepted.text
    assert accepted.json()["accepted"][0]["report_digest"] == finished["report"]["digest"]
    assert ward.state() == "accepted"
    assert client.post(at, json=order).json()["code"] == "wrong_state"
    with inside(ward.hospital):
        row = AuditEvent.objects.get(
            what="installation", what_id=str(ward.installation_id), detail__state="accepted"
        )
    assert row.detail["report"] == finished["report"]["digest"]
    enabled = enable(client, ward)
    assert enabled.status_code == 200, enabled.text
    assert ward.state() == "enabled"
    listed = client.get(SETS).json()
    assert not faults_of(AcceptanceSetsForm(), listed)


def test_who_asks_for_acceptance_is_set_by_department_and_for_the_hospital(url, tmp_path):
    ward = make_ward(tmp_path, count=0, plugin=SmallPlugin(version="7.2.0", status="cleared"))
    at = f"{SETS}settings/"
    with client_of(url, make_person(ward.hospital, "tenant_administrator"), "bearer") as client:
        said = client.get(at).json()
        assert not faults_of(AcceptanceSettingsForm(), said)
        assert (said["hospital"], said["departments"][0]["applies"]) == (None, True)
        said = client.put(at, json={"department": None, "required": False}).json()
        assert (said["hospital"], said["departments"][0]["applies"]) == (False, False)
        said = client.put(at, json={"department": "imaging", "required": True}).json()
        assert said["departments"][0]["applies"] is True
        assert enable(client, ward).json()["code"] == "acceptance_required"
        client.put(at, json={"department": "imaging", "required": None}).raise_for_status()
        assert enable(client, ward).status_code == 200
        assert client.put(at, json={"department": "nowhere", "required": True}).status_code == 404
    with inside(ward.hospital):
        assert AuditEvent.objects.filter(what="acceptance requirement").count() == 3
