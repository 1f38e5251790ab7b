"""What the platform really answers is what the pages' golden fixtures and definitions say it is."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.test import RequestFactory
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.engine_process import running_engine
from tests.executing import here
from tests.flow.delivery.scene import new_scene
from tests.flow.tenancy.addresses import API, TABLE
from tests.flow.tenancy.serving import client_of, serving, socket_headers
from tests.flow.tenancy.stocked import MODELS, Stocked, make_person, stock
from tests.platform_database import Hospital, inside, run_pipeline
from tests.small_study import receive, write_small_study
from websockets.sync.client import connect

from allward.api.errors import server_error
from allward.execution.run_job import run_job
from allward.identity.models import User
from allward.kernel.clock import now
from allward.runs.claims import claim_next
from allward.runs.models import AppRun
from allward.studies.models import Study
from allward_dicom.phantom import PhantomSpec

BEYOND_THE_PAGES = {
    "studyDetail": {".trace"},
    "studyResults": {
        *(f".results[].plugins[].{key}" for key in ("slot", "digest", "status", "models", "device")),
        ".results[].segmentation.segments[].inside",
    },
}
"""Served for scripts and for people who ask why; the pages read it elsewhere or not at all."""


@dataclass(frozen=True, slots=True)
class House:
    """A hospital that is served."""

    stocked: Stocked
    url: str
    client: httpx.Client


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_engine(settings.ALLWARD.engine_socket, MODELS):
        stocked = stock(tmp_path_factory.mktemp("wire"), "HERON", seed=5)
        folder = tmp_path_factory.mktemp("few")
        receive(stocked.hospital, write_small_study(folder, spec=PhantomSpec(slices=3, size=64)))
        time.sleep(0.4)
        run_pipeline()
        with serving() as url, client_of(url, stocked.person, "basic") as client:
            yield House(stocked, url, client)


@pytest.fixture(scope="module")
def answers(house: House, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    """Ask for everything that has a schema."""
    get, api = house.client.get, "/api/v1"
    with inside(house.stocked.hospital):
        studies = [str(pk) for pk in Study.objects.values_list("pk", flat=True)]
    found = [("me", get(f"{api}/session/").json())]
    found.append(("worklistPage", get(f"{api}/worklist/?limit=1").json()))
    states = set()
    for state, fault in (("SCHEDULED", ""), ("IN PROGRESS", ""), ("COMPLETED", ""), ("CANCELED", "plugin")):
        _set_newest_run(house, state=state, fault=fault)
        page = get(f"{api}/worklist/").json()
        states |= {item["ai"]["state"] for item in page["items"]}
        found += [("worklistPage", page), *(("worklistItem", item) for item in page["items"])]
        found.append(("studyDetail", get(f"{api}/studies/{house.stocked.study_id}/").json()))
    assert states == {"scheduled", "in_progress", "completed", "failed", "not_evaluable"}
    found += [("studyDetail", get(f"{api}/studies/{pk}/").json()) for pk in studies]
    found += [("studyResults", get(f"{api}/studies/{pk}/results/").json()) for pk in studies]
    for version, decision in enumerate(("accept", "reset", "reject"), start=1):
        word = {"decision": decision, "version": version}
        word["reason"] = "false_positive" if decision == "reject" else None
        path = f"{api}/findings/{house.stocked.finding_ids[0]}/review/"
        found.append(("finding", house.client.post(path, json=word).raise_for_status().json()))
    found += [("engineView", view) for view in _engine_views(house)]
    released = house.client.post(f"{api}/engine/quarantine/release/", json={"key": "x"}).raise_for_status()
    found.append(("engineReleased", released.json()))
    return [*found, ("studyResults", _not_evaluable(house, tmp_path_factory.mktemp("mute")))]


def _engine_views(house: House) -> Iterator[Any]:
    """Yield what is said to an operator and to a hospital's administrator, with work in the queue."""
    administrator = make_person(house.stocked.hospital, "tenant_administrator")
    with client_of(house.url, administrator, "bearer") as other:
        for client, sees in ((house.client, "platform"), (other, "hospital")):
            view = client.get("/api/v1/engine/").raise_for_status().json()
            assert (view["sees"], view["engines"][0]["state"]) == (sees, "up")
            assert view["queue"], "a run waits"
            yield view


def _set_newest_run(house: House, *, state: str, fault: str) -> None:
    reasons = [{"en": "It failed.", "zh": "失败。"}] if fault else []
    with inside(house.stocked.hospital):
        rows = AppRun.objects.filter(pk=house.stocked.ended_run_id)
        assert rows.update(state=state, fault=fault, reasons=reasons) == 1


def _not_evaluable(house: House, folder: Any) -> Any:
    scene = new_scene(folder)
    result = scene.new_result(evaluable=False)
    person = make_person(Hospital(scene.system.acting, scene.code, uuid4()), "radiologist")
    with client_of(house.url, person, "bearer") as client:
        said = client.get(f"/api/v1/studies/{result.study_id}/results/").json()
    assert [each["evaluable"] for each in said["results"]] == [False]
    return said


def test_answers_have_exactly_the_keys_and_types_of_the_fixtures(answers):
    for schema, value in answers:
        examples = fixtures_of("worklistPage" if schema == "worklistItem" else schema)
        if schema == "worklistItem":
            examples = [item for page in examples for item in page["items"]]
        assert examples, schema
        found = set(differences(value, shape_of(examples)))
        allowed = {f"{path}: more than agreed" for path in BEYOND_THE_PAGES.get(schema, ())}
        assert not found - allowed, schema


@pytest.mark.skipif(not has_definitions(), reason="the front end's packages are not installed (make setup)")
def test_the_pages_own_definitions_take_every_answer(answers):
    assert refusals([("refusal", {"code": "x"})])[0] is not None  # it does refuse
    for (schema, value), said in zip(answers, refusals(answers), strict=True):
        assert said is None, f"{schema}: {said} in {json.dumps(value)[:2000]}"


def test_a_missing_a_further_and_a_mistyped_key_are_noticed():
    shape = shape_of([{"a": [{"b": 1}], "c": None, "d": {"e": "x"}}])
    assert not list(differences({"a": [], "c": 3, "d": {"e": None}}, shape))
    wrong = {"a": [{"b": "1"}, {}], "c": None, "d": {"e": "x", "f": True}}
    assert sorted(differences(wrong, shape)) == [
        ".a[].b: missing", ".a[].b: string instead of number", ".d.f: more than agreed",
    ]  # fmt: skip


@pytest.mark.skipif(not has_definitions(), reason="the front end's packages are not installed (make setup)")
def test_live_words_are_those_that_the_pages_know(house, tmp_path):
    address = house.url.replace("http", "ws", 1) + "/ws/"
    words: list[dict[str, Any]] = []
    with connect(
        address, additional_headers=socket_headers(house.url, house.stocked.person, "bearer")
    ) as socket:
        time.sleep(0.3)
        receive(house.stocked.hospital, write_small_study(tmp_path, seed=99))
        time.sleep(0.4)
        run_pipeline()
        while (claimed := claim_next(worker="test")) is not None:
            run_job(claimed, here())
            run_pipeline()
        while not _is_last(words):
            words.append(json.loads(socket.recv(timeout=20)))
    assert {word["type"] for word in words} == {"study.changed", "run.progress", "result.changed"}
    assert [said for said in refusals([("liveMessage", word) for word in words]) if said] == []
    for word in words:
        examples = [value for value in fixtures_of("liveMessage") if value["type"] == word["type"]]
        assert not list(differences(word, shape_of(examples)))


def _is_last(words: list[dict[str, Any]]) -> bool:
    types = {word["type"] for word in words}
    return len(types) == 3 and words[-1]["type"] == "study.changed"  # what follows a result


def _refused(house: House) -> Iterator[tuple[str, httpx.Response, int]]:
    """Yield what is asked, the answer, and the status that is due."""
    api, client, person = "/api/v1", house.client, house.stocked.person
    json_type = {"content-type": "application/json"}
    review = f"{api}/findings/{house.stocked.finding_ids[0]}/review/"
    none = uuid4()
    yield "no such address", client.get(f"{api}/nothing/"), 404
    yield "no such study", client.get(f"{api}/studies/{none}/"), 404
    yield "no method", client.put(f"{api}/worklist/"), 405
    yield "no JSON", client.post(review, content=b"{", headers=json_type), 400
    yield "no form", client.post(review, content=b"a=1", headers={"content-type": "text/plain"}), 415
    yield "no decision", client.post(review, json={}), 400
    yield "old version", client.post(review, json={"decision": "accept", "reason": None, "version": 99}), 409
    yield "no reason", client.post(review, json={"decision": "reject", "version": _version(house)}), 400
    yield "no limit", client.get(f"{api}/worklist/?limit=0"), 400
    yield "no cursor", client.get(f"{api}/worklist/?cursor=AAAAA"), 400
    yield "an old cursor", client.get(f"{api}/worklist/?cursor=MDAwMSB4"), 400
    yield "a NUL", client.get(f"{api}/worklist/?q=%00"), 400
    link = f"{api}/patients/{house.stocked.patient_ids[0]}/link/"
    same = {"other_id": str(house.stocked.patient_ids[0]), "same": True}
    yield "oneself", client.post(link, json=same), 400
    node = {"name": "n", "host": "h", "port": 104, "called_ae_title": "A\\B"}
    yield "no AE title", client.post(f"{api}/destinations/", json=node), 400
    yield "nobody", httpx.get(house.url + f"{api}/worklist/"), 401
    yield "wrong password", httpx.get(house.url + f"{api}/worklist/", auth=(person.username, "x")), 401
    yield "foreign host", client.get(f"{api}/session/", headers={"host": "evil.example"}), 400
    dicom = "/dicom-web"
    yield "no such path", client.get(f"{dicom}/nothing"), 404
    yield "no such image", client.get(f"{dicom}/studies/1.2.3"), 404
    yield "no such hospital", client.get(f"{dicom}/hospitals/nowhere/studies"), 404
    yield "no date", client.get(f"{dicom}/studies?StudyDate=x"), 400
    yield "no type", client.post(f"{dicom}/studies", content=b""), 415
    study = f"{dicom}/studies/{house.stocked.study_instance_uid}"
    yield "no picture", client.get(study, headers={"accept": "image/x-none"}), 406
    yield "nobody there", httpx.get(house.url + f"{dicom}/studies"), 401
    User.objects.filter(pk=person.user_id).update(locked_until=now().replace(year=now().year + 1))
    yield "locked", client.get(f"{api}/worklist/"), 423
    yield "locked there", client.get(f"{dicom}/studies"), 423
    User.objects.filter(pk=person.user_id).update(locked_until=None)


def _version(house: House) -> int:
    said = house.client.get(f"/api/v1/studies/{house.stocked.study_id}/results/").json()
    findings = [finding for result in said["results"] for finding in result["findings"]]
    wanted = str(house.stocked.finding_ids[0])
    version: int = next(f["version"] for f in findings if f["finding_id"] == wanted)
    return version


def _assert_refusal(what: str, said: Any) -> None:
    assert set(said) - {"fields"} == {"code", "detail"}, what
    assert set(said["detail"]) == {"en", "zh"}, what
    assert all(isinstance(text, str) and text for text in said["detail"].values()), what
    assert said["detail"]["en"] != said["detail"]["zh"], what


def test_every_refusal_has_a_code_and_words_in_both_languages(house):
    for what, answer, status in _refused(house):
        assert answer.status_code == status, f"{what}: {answer.status_code} {answer.text[:500]}"
        assert answer.headers["content-type"] == "application/json", what
        _assert_refusal(what, answer.json())
        assert (status == 401) == ("www-authenticate" in answer.headers), what
    bug = server_error(RequestFactory().get("/api/v1/worklist/"))
    assert bug.status_code == 500
    _assert_refusal("a bug", json.loads(bug.content))


def test_open_api_lists_every_address_and_every_method(house):
    answer = httpx.get(f"{house.url}/api/v1/schema/?format=json")
    assert answer.status_code == 200
    listed = {
        (method.upper(), path) for path, methods in answer.json()["paths"].items() for method in methods
    }
    served = {(method, _open_api_path(route)) for method, route in TABLE if route != f"{API}schema/"}
    assert listed == served


def _open_api_path(route: str) -> str:
    return "/" + route.replace("<uuid:", "{").replace(">", "}")
