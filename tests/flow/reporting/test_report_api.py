"""Reports as the pages and a RIS meet them: over HTTP, by people with their roles."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from pypdf import PdfReader
from tests import drafting
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.flow.delivery.scene import Scene, new_scene, run_steps
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, make_hospital

from allward.audit.models import AuditEvent
from allward.reporting.events import ReportReleased
from allward.reporting.models import ReportVersion
from allward.reporting.releasing import schedule_messages
from allward.results.models import FindingRecord, Result
from allward.runs.models import AppRun
from allward.studies.models import Study
from allward.tenancy.actions import grant_reading
from allward.tenancy.scope import within

API = "/api/v1"
WORDS = {"en": "A mass of the liver.", "zh": "肝内肿块。"}


@dataclass
class Room:
    """A hospital that is served, and its people by name."""

    scene: Scene
    result: Result
    people: dict[str, httpx.Client]

    def post(self, who: str, path: str, **body: object) -> httpx.Response:
        return self.people[who].post(f"{API}/{path}", json=body)

    def get(self, who: str, path: str) -> httpx.Response:
        return self.people[who].get(f"{API}/{path}")

    def begin(self, who: str = "wang") -> dict:
        return self.post(who, "reports/", result_id=str(self.result.pk)).raise_for_status().json()

    def act(self, who: str, report: dict, act: str, **body: object) -> httpx.Response:
        return self.post(who, f"reports/{report['report_id']}/{act}/", revision=report["revision"], **body)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture
def room(tmp_path, url) -> Iterator[Room]:
    drafting.install()
    scene = new_scene(tmp_path)
    result = scene.new_result()
    with within(scene.system):
        AppRun.objects.update(app="drafting")
        count = FindingRecord.objects.filter(result=result).count()
    scene.review(result, *["accept"] * count)
    run_steps()
    hospital = Hospital(scene.system.acting, scene.code, uuid4())
    roles = {
        "wang": "radiologist", "zhao": "radiologist", "surgeon": "surgeon",
        "admin": "tenant_administrator", "technologist": "technologist",
    }  # fmt: skip
    people: dict[str, httpx.Client] = {}
    opened = [client_of(url, make_person(hospital, role), "bearer") for role in roles.values()]
    for name, one in zip(roles, opened, strict=True):
        people[name] = one.__enter__()
    yield Room(scene, result, people)
    for one in opened:
        one.__exit__(None, None, None)


def check_shapes(answers: list[tuple[str, object]]) -> None:
    for schema, value in answers:
        assert not list(differences(value, shape_of(fixtures_of(schema)))), schema
    if has_definitions():
        for (schema, value), said in zip(answers, refusals(answers), strict=True):
            assert said is None, f"{schema}: {said} in {value}"


def sent(report: dict, **texts: dict) -> list[dict]:
    """The sections as a page sends them, with other words in a section's first sentence."""
    sections = []
    for section in report["sections"]:
        lines = [
            {key: line[key] for key in ("sentence_id", "text", "finding_id")} for line in section["sentences"]
        ]
        if section["name"] in texts:
            lines[0]["text"] = texts[section["name"]]
        sections.append({"name": section["name"], "sentences": lines})
    return sections


def test_an_apps_draft_is_written_on_signed_verified_and_read_in_every_form(room):
    begun = room.begin()
    answers: list[tuple[str, object]] = [("report", begun)]
    findings = next(each for each in begun["sections"] if each["name"] == "findings")
    assert all(line["finding_id"] and not line["outdated"] for line in findings["sentences"])
    assert begun["advice"][0]["category"] == str(len(findings["sentences"]))
    assert begun["may"] == {
        "edit": True, "sign": True, "verify": False, "send_back": False, "amend": False,
        "give_up_amendment": False, "withdraw": True,
    }  # fmt: skip
    path = f"reports/{begun['report_id']}/"
    body = {"revision": begun["revision"], "sections": sent(begun, impression=WORDS)}
    saved = room.people["wang"].put(f"{API}/{path}", json=body).raise_for_status().json()
    late = room.people["zhao"].put(f"{API}/{path}", json=body)
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    draft = room.get("wang", f"{path}report.pdf?language=zh").content
    assert "未签名" in PdfReader(io.BytesIO(draft)).pages[0].extract_text()
    signed = room.act("wang", saved, "sign").raise_for_status().json()
    own = room.act("wang", signed, "verify")
    assert (own.status_code, own.json()["code"]) == (409, "same_person")
    assert signed["why_not_verify"] is not None
    assert not signed["may"]["verify"]
    final = room.act("zhao", signed, "verify").raise_for_status().json()
    run_steps()
    assert final["state"] == "final"
    for language, wanted in (("en", WORDS["en"]), ("zh", WORDS["zh"])):
        pdf = room.get("surgeon", f"{path}report.pdf?language={language}")
        assert pdf.headers["content-type"] == "application/pdf"
        assert wanted in "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf.content)).pages)
    fhir = room.get("surgeon", f"{path}fhir/").raise_for_status().json()
    Bundle.model_validate(fhir)
    assert fhir["entry"][0]["resource"]["status"] == "final"
    answers += [("report", saved), ("report", signed), ("report", final)]
    listed = room.get("technologist", f"reports/?study_id={begun['study_id']}").raise_for_status().json()
    check_shapes([*answers, ("reports", listed)])


def test_roles_keep_writing_verifying_and_settings_apart(room):
    begun = room.begin()
    for who in ("surgeon", "technologist", "admin"):
        assert room.act(who, begun, "sign").status_code == 403
    assert room.get("admin", f"reports/{begun['report_id']}/").status_code == 403
    assert room.get("wang", "ris-connections/").status_code == 403
    assert room.get("surgeon", f"reports/{begun['report_id']}/").json()["may"]["edit"] is False


def test_a_page_learns_at_once_that_a_sentence_is_outdated_and_gets_a_new_draft(room):
    begun = room.begin()
    with within(room.scene.system):
        row = FindingRecord.objects.filter(result=room.result).order_by("ordinal")[0]
    said = {"decision": "reject", "reason": "false_positive", "version": row.version}
    room.people["wang"].post(f"{API}/findings/{row.pk}/review/", json=said).raise_for_status()
    seen = room.get("wang", f"reports/{begun['report_id']}/").json()
    outdated = [line for section in seen["sections"] for line in section["sentences"] if line["outdated"]]
    assert {line["finding_id"] for line in outdated} == {str(row.pk), None}
    refused = room.act("wang", seen, "sign")
    assert (refused.status_code, refused.json()["code"]) == (409, "outdated")
    anew = room.act("wang", seen, "redraft", result_id=str(room.result.pk)).raise_for_status().json()
    assert not [line for section in anew["sections"] for line in section["sentences"] if line["outdated"]]
    assert room.act("wang", anew, "sign").status_code == 200


def test_a_critical_finding_is_loud_until_somebody_acknowledged_it(room):
    begun = room.begin()
    answers: list[tuple[str, object]] = []
    listed = room.get("surgeon", "critical-notices/").json()
    assert listed["waiting"] == 1
    (notice,) = listed["notices"]
    assert (notice["report_id"], notice["reason"]["zh"]) == (begun["report_id"], "立即通知。")
    path = f"critical-notices/{notice['notice_id']}"
    early = room.post("surgeon", f"{path}/acknowledge/", by="Dr Li")
    assert (early.status_code, early.json()["code"]) == (409, "state")
    told = room.post("wang", f"{path}/tell/", recipient="Dr Li", way="phone", read_back=True)
    heard = room.post("surgeon", f"{path}/acknowledge/", by="Dr Li").raise_for_status()
    assert heard.json()["state"] == "acknowledged"
    answers += [("criticalNotice", told.json()), ("criticalNotice", heard.json())]
    last = room.get("wang", "critical-notices/").json()
    assert last["waiting"] == 0
    check_shapes([*answers, ("criticalNotices", listed), ("criticalNotices", last)])


def test_an_administrator_enters_a_ris_and_says_how_reports_look(room):
    body = {"name": "RIS", "kind": "fhir", "base_url": "https://fhir.example/R4", "token": "secret"}
    made = room.post("admin", "ris-connections/", **body).raise_for_status()
    assert "secret" not in made.text
    assert made.json()["has_token"]
    taken = room.post("admin", "ris-connections/", **body)
    assert taken.status_code == 400
    templates = room.get("admin", "report-templates/").raise_for_status().json()
    wanted = {**templates["templates"][0], "header": {"en": "Our clinic", "zh": "本院"}}
    wanted["sections"] = list(reversed(wanted["sections"]))
    changed = room.people["admin"].put(f"{API}/report-templates/", json=wanted).raise_for_status().json()
    begun = room.begin()
    assert [each["name"] for each in begun["sections"]] == ["impression", "findings", "technique"]
    pdf = room.get("wang", f"reports/{begun['report_id']}/report.pdf?language=zh").content
    assert "本院" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    lost = room.people["admin"].put(f"{API}/report-templates/", json={**wanted, "sections": []})
    assert lost.status_code == 400
    listed = room.get("admin", "ris-connections/").json()
    check_shapes(
        [
            ("risConnection", made.json()), ("risConnections", listed),
            ("reportTemplates", templates), ("reportTemplates", changed),
        ]
    )  # fmt: skip


def test_a_ris_is_led_to_the_one_study_of_its_number_and_issuer_and_nobody_guesses(room):
    with within(room.scene.system):
        study = Study.objects.get()
        Study.objects.update(accession_number="A77", issuer_of_accession_number="RIS-A")
        other = Study.objects.create(
            patient=study.patient, study_instance_uid="1.2.3.77", accession_number="A77",
            issuer_of_accession_number="RIS-B",
        )  # fmt: skip

    def launched(query: str) -> dict:
        return room.get("surgeon", f"launch/?{query}").raise_for_status().json()

    assert launched("accession=A77&issuer=RIS-A")["study_id"] == str(study.pk)
    assert launched("accession=A77&issuer=RIS-B")["study_id"] == str(other.pk)
    several = launched("accession=A77")
    assert (several["study_id"], several["found"]) == (None, 2)
    assert launched("accession=A77&issuer=RIS-C") == {"study_id": None, "found": 0, "issuers": []}
    assert launched("accession=A7")["found"] == 0
    assert room.get("surgeon", "launch/").status_code == 400
    check_shapes([("launched", several), ("launched", launched("accession=A77&issuer=RIS-A"))])


@pytest.fixture
def partner(room, url) -> Iterator[Callable[..., httpx.Client]]:
    """A radiologist of another hospital, whom the grant of this one lets do what is said."""
    other, opened = make_hospital(), []

    def granted(**allowed: bool) -> httpx.Client:
        with within(room.scene.system):
            grant_reading(reader_tenant_id=other.tenant_id, **{"may_review": False, **allowed})
        opened.append(client_of(url, make_person(other, "radiologist"), "bearer"))
        room.people["partner"] = opened[-1].__enter__()
        return room.people["partner"]

    yield granted
    for each in opened:
        each.__exit__(None, None, None)


def test_a_partner_writes_and_verifies_reports_only_where_the_grant_says_so(room, partner):
    partner(may_review=True)
    begun = room.begin()
    assert room.post("partner", "reports/", result_id=str(room.result.pk)).status_code == 403
    assert room.act("partner", begun, "sign").status_code == 403
    partner(may_review=True, may_report=True)
    seen = room.get("partner", f"reports/{begun['report_id']}/").json()
    assert (seen["may"]["sign"], seen["may"]["verify"]) == (True, False)
    signed = room.act("wang", begun, "sign").raise_for_status().json()
    assert room.act("partner", signed, "verify").status_code == 403
    assert room.act("partner", signed, "send-back", reason="Which side?").status_code == 403
    partner(may_review=True, may_report=True, may_verify=True)
    final = room.act("partner", signed, "verify").raise_for_status().json()
    partner(may_review=True, may_report=True)
    assert room.act("partner", final, "withdraw", reason="Other patient.").status_code == 403
    partner(may_verify=True)
    assert room.act("partner", final, "amend", reason="Side.").status_code == 403
    gone = room.act("partner", final, "withdraw", reason="Other patient.").raise_for_status().json()
    assert gone["state"] == "entered_in_error"


def test_a_partner_learns_nothing_of_the_systems_that_reports_go_to(room, partner):
    partner()
    wanted = {"name": "RIS", "kind": "fhir", "base_url": "https://fhir.test/R4", "sends_preliminary": True}
    room.post("admin", "ris-connections/", **wanted, enabled=True).raise_for_status()
    signed = room.act("wang", room.begin(), "sign").raise_for_status().json()
    with within(room.scene.system):
        version = ReportVersion.objects.get()
        schedule_messages(ReportReleased(report_id=version.report_id, version_id=version.pk))
    path = f"reports/{signed['report_id']}/"
    assert [each["connection"] for each in room.get("wang", path).json()["messages"]] == ["RIS"]
    assert room.get("partner", path).json()["messages"] == []
    (listed,) = room.get("partner", f"reports/?study_id={signed['study_id']}").json()["reports"]
    assert listed["messages"] == []


def test_reading_the_reports_of_a_study_stands_in_the_audit(room):
    begun = room.begin()
    room.get("surgeon", f"reports/?study_id={begun['study_id']}").raise_for_status()
    with within(room.scene.system):
        row = AuditEvent.objects.get(action="view", what="report")
    assert (row.what_id, row.detail["form"]) == (begun["report_id"], "list")
