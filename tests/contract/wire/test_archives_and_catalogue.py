"""What the platform answers of archives, own titles and the followed catalogue is what the pages expect."""

import json
from typing import Any

import httpx
import pytest
from tests.contract.wire.shapes import differences, fixtures_of, has_definitions, refusals, shape_of
from tests.flow.administration import test_catalogue
from tests.flow.administration.test_catalogue import Scene
from tests.flow.delivery.nodes import free_port
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person

from allward.identity.models import Role

ARCHIVES, FOLLOWED = "/api/v1/archives/", "/api/v1/followed-catalogue/"
scene = test_catalogue.scene


def _said(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()


def _of_archives(client: httpx.Client) -> list[tuple[str, Any]]:
    (example,) = (each["archives"] for each in fixtures_of("sourceArchives"))
    window = next(each["window"] for each in example if each["window"])
    entry = {
        "name": "PACS", "method": "c_move", "host": "127.0.0.1", "port": free_port(),
        "called_ae_title": "PACS", "window": window, "bits_per_s": 10_000_000,
    }  # fmt: skip
    web = {"name": "VNA", "method": "wado_rs", "base_url": f"http://127.0.0.1:{free_port()}/x", "secret": "s"}
    found = [("sourceArchive", _said(client.post(ARCHIVES, json=each))) for each in (entry, web)]
    place = f"{ARCHIVES}{found[0][1]['id']}/"
    found += [("archiveAnswer", _said(client.post(f"{place}test/")))]
    found += [("sourceArchive", _said(client.put(place, json={**entry, "max_associations": 2})))]
    found += [("sourceArchives", _said(client.get(ARCHIVES)))]
    found += [("ownTitles", _said(client.get(f"{ARCHIVES}titles/")))]
    order = {"archive_id": found[0][1]["id"], "accession_numbers": ["A1", "A2"]}
    queued = _said(client.post("/api/v1/retrievals/", json=order))
    found += [("retrievals", queued), ("retrievals", _said(client.get("/api/v1/retrievals/")))]
    canceled = client.post(f"/api/v1/retrievals/{queued['retrievals'][0]['id']}/cancel/")
    return [*found, ("retrieval", _said(canceled))]


def _of_catalogue(client: httpx.Client, made: Scene) -> list[tuple[str, Any]]:
    named = {"location": str(made.repository.folder), "root_json": made.root.read_text()}
    found = [_said(client.get(FOLLOWED)), _said(client.put(FOLLOWED, json=named))]
    made.add("1.1.0")
    made.repository.yank(made.plugin, "1.0.0", "left and right are swapped")
    found.append(_said(client.post(f"{FOLLOWED}sync/")))
    found.append(_said(client.delete(FOLLOWED)))
    return [("followedCatalogue", each) for each in found]


@pytest.fixture
def answers(scene: Scene) -> list[tuple[str, Any]]:
    administrator = make_person(scene.hospital, Role.TENANT_ADMINISTRATOR)
    with serving() as url, client_of(url, administrator, "bearer") as client:
        return [*_of_archives(client), *_of_catalogue(client, scene)]


def test_answers_have_exactly_the_keys_and_types_of_the_fixtures_and_the_pages_take_them(answers):
    assert {schema for schema, _ in answers} > {"sourceArchives", "ownTitles", "followedCatalogue"}
    for schema, value in answers:
        assert not list(differences(value, shape_of(fixtures_of(schema)))), schema
    if has_definitions():
        for (schema, value), said in zip(answers, refusals(answers), strict=True):
            assert said is None, f"{schema}: {said} in {json.dumps(value)[:2000]}"


def test_what_was_tested_and_what_was_withdrawn_is_among_the_answers(answers):
    tests = [
        each["last_test"]
        for schema, value in answers
        if schema == "sourceArchives"
        for each in value["archives"]
    ]
    assert any(tests)
    assert None in tests
    entries = [
        value["catalogue"]["entries"]
        for schema, value in answers
        if schema == "followedCatalogue" and value["catalogue"]
    ]
    assert [each["yanked"] for each in entries[-1]] == ["left and right are swapped", None]


@pytest.mark.skipif(not has_definitions(), reason="the front end's packages are not installed (make setup)")
def test_an_answer_that_lacks_a_field_is_refused(answers):
    for schema, value in answers:
        if isinstance(value, dict) and schema in ("sourceArchive", "archiveAnswer", "retrieval"):
            less = dict(list(value.items())[1:])
            assert refusals([(schema, less)]) != [None], schema
