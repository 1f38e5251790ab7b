"""An administrator takes tokens in and out, and reads what was used."""

import csv
import io
import json

import pytest
from tests.contract.wire.shapes import has_definitions, refusals
from tests.flow.administration.entitling import DAY, Ward, make_ward
from tests.flow.administration.forms import faults_of
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person

from allward.api.entitlement_forms import UsageForm
from allward.identity.models import Role
from allward.kernel.clock import now

ADDRESS = "/api/v1/entitlements/"


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> Ward:
    return make_ward(tmp_path_factory.mktemp("ward"))


@pytest.fixture(scope="module")
def client(ward):
    person = make_person(ward.hospital, Role.TENANT_ADMINISTRATOR)
    with serving() as url, client_of(url, person, "basic") as opened:
        yield opened


def upload(client, token: str):
    return client.post(ADDRESS, content=token, headers={"content-type": "application/json"})


def test_the_hospital_names_itself_as_a_publisher_needs_it(ward, client):
    told = client.get(ADDRESS).raise_for_status().json()
    hospital = ward.hospital
    assert told["hospital"] == {
        "id": str(hospital.tenant_id),
        "code": hospital.code,
        "tenant": f"{hospital.code}:{hospital.tenant_id}",
    }
    assert told["clock"]["behind_s"] is None


def test_a_token_is_taken_in_listed_used_and_taken_out(ward, client):
    token = ward.publisher.token(ward.hospital, quota={"studies": 5, "per": "month"}, grace_days=3)
    answer = upload(client, json.dumps(json.loads(token), indent=2))
    assert answer.status_code == 201
    assert ward.route(ward.receive(1)).ran
    (listed,) = client.get(ADDRESS).json()["entitlements"]
    assert listed == answer.json() | {"quota": {"studies": 5, "per": "month", "used": 1}}
    assert (listed["state"], listed["runs"], listed["publisher"]) == ("valid", True, "Test GmbH")
    assert listed["text"]["en"].startswith("It holds until")
    assert upload(client, token).json()["id"] == listed["id"]
    assert client.delete(f"{ADDRESS}{listed['id']}/").status_code == 204
    assert client.get(ADDRESS).json()["entitlements"] == []
    assert client.delete(f"{ADDRESS}{listed['id']}/").status_code == 404


@pytest.mark.parametrize("body", ["[]", '"token"', "{}", "null", '{"payload": "eA=="}', "7"])
def test_what_is_no_token_is_refused_with_the_reason(client, body):
    answer = upload(client, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "entitlement_refused")
    assert "The token is refused: token: " in answer.json()["detail"]["en"]
    assert "授权被拒绝" in answer.json()["detail"]["zh"]


def test_a_token_that_is_over_is_refused_with_the_reason(ward, client):
    over = ward.publisher.token(ward.hospital, not_before=now() - 3 * DAY, expires=now() - DAY)
    detail = upload(client, over).json()["detail"]
    assert "It ended on" in detail["en"]
    assert "到期" in detail["zh"]


def test_usage_is_told_by_month_as_json_and_as_a_table(ward, client):
    token = ward.publisher.token(ward.hospital)
    assert upload(client, token).status_code == 201
    for seed in (11, 12, 11):
        assert ward.route(ward.receive(seed)).ran
    told = client.get("/api/v1/usage/").json()
    (line,) = told["usage"]
    assert told["month"] == f"{now():%Y-%m}"
    assert told["studies"] == line["studies"] == line["versions"]["1.0.0"] >= 2
    assert (line["app"], line["plugin_id"]) == ("any_imaging", ward.plugin_id)
    table = client.get("/api/v1/usage/", params={"month": told["month"], "format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows == [
        ["month", "app", "plugin_id", "studies"],
        [told["month"], "any_imaging", ward.plugin_id, str(line["studies"])],
    ]
    long_ago = client.get("/api/v1/usage/?month=2001-01").json()
    assert (long_ago["month"], long_ago["studies"], long_ago["usage"]) == ("2001-01", 0, [])
    assert long_ago["months"] == told["months"]


def test_usage_of_the_last_twelve_months_is_told_with_those_without_any(ward, client):
    token = ward.publisher.token(ward.hospital)
    assert upload(client, token).status_code == 201
    assert ward.route(ward.receive(21)).ran
    told = client.get("/api/v1/usage/").json()
    assert not faults_of(UsageForm(), told)
    *before, present = told["months"]
    assert present == {"month": told["month"], "studies": told["studies"]}
    assert len(before) == 11
    assert {one["studies"] for one in before} == {0}


@pytest.mark.skipif(not has_definitions(), reason="the front end's packages are not installed (make setup)")
def test_the_pages_definitions_take_what_is_told(ward, client):
    token = ward.publisher.token(ward.hospital, quota={"studies": 5, "per": "total"})
    told = [("entitlement", upload(client, token).json()), ("entitlements", client.get(ADDRESS).json())]
    told += [
        ("usage", client.get("/api/v1/usage/").json()),
        ("publisherKeys", client.get("/api/v1/publisher-keys/").json()),
    ]
    assert refusals(told) == [None] * len(told)


@pytest.mark.parametrize("month", ["2026", "2026-13", "", "2026-1-1", "now"])
def test_a_month_that_is_none_is_refused(client, month):
    answer = client.get("/api/v1/usage/", params={"month": month})
    assert answer.status_code == 400
    assert "YYYY-MM" in answer.json()["detail"]["en"]
