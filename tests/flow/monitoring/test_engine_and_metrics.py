"""What is told of the engine and by `/metrics`, and to whom; what is in quarantine, and its release."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.db import OperationalError
from tests.engine_process import running_engine
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import MODELS, Person, Stocked, make_person, stock
from tests.platform_database import inside, make_hospital
from tests.unit.monitoring.prometheus_text import read_exposition

from allward.audit.models import AuditEvent
from allward.runs.models import Job

RELEASE = "/api/v1/engine/quarantine/release/"


@dataclass(frozen=True, slots=True)
class House:
    """A hospital of whose jobs one is in quarantine, and people of it and of another."""

    url: str
    stocked: Stocked
    operator: Person
    administrator: Person
    stranger: Person


def _write_quarantine(job_id: str) -> None:
    """Write the book as an engine leaves it that a job has brought down twice."""
    record = {
        "key": "held", "plugin": "org.example.small 1.0.0", "graphs": "0" * 64, "job_id": job_id,
        "reason": "the worker ended with 139", "since": "2026-11-22T08:00:00+00:00", "times": 2,
    }  # fmt: skip
    path = settings.ALLWARD.engine_socket.parent / "engine-quarantine.json"
    path.write_text(json.dumps([record]), encoding="utf-8")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    socket = settings.ALLWARD.engine_socket
    with running_engine(socket, MODELS):
        stocked = stock(tmp_path_factory.mktemp("held"), "PLOVER", seed=31)
    with inside(stocked.hospital):
        job = Job.objects.filter(state="completed").earliest("created_at")
    _write_quarantine(str(job.pk))
    with running_engine(socket, MODELS), serving() as url:
        yield House(
            url=url,
            stocked=stocked,
            operator=make_person(stocked.hospital, "platform_operator"),
            administrator=make_person(stocked.hospital, "tenant_administrator"),
            stranger=make_person(make_hospital(), "tenant_administrator"),
        )


def _held(house: House, person: Person) -> list[dict]:
    with client_of(house.url, person, "bearer") as client:
        return client.get("/api/v1/engine/").raise_for_status().json()["quarantine"]


def test_the_operator_and_the_jobs_own_hospital_see_it_and_nobody_else(house):
    for person in (house.operator, house.administrator):
        (one,) = _held(house, person)
        assert (one["key"], one["plugin"]) == ("held", "org.example.small 1.0.0")
        assert one["plugin_used"]["title"]["zh"]
        assert one["study_id"] is None, "neither may look at studies"
    assert _held(house, house.stranger) == []


def test_an_administrator_cannot_release_it(house):
    with client_of(house.url, house.administrator, "bearer") as client:
        assert client.post(RELEASE, json={"key": "held"}).status_code == 403
    assert len(_held(house, house.operator)) == 1


def test_a_release_without_a_key_is_no_release(house):
    with client_of(house.url, house.operator, "bearer") as client:
        assert client.post(RELEASE, json={}).status_code == 400


def test_the_operator_releases_it_and_that_stands_in_the_audit_trail(house):
    with client_of(house.url, house.operator, "session") as client:
        answer = client.post(RELEASE, json={"key": "held"}).raise_for_status()
        assert answer.json() == {"key": "held", "released": True}
        again = client.post(RELEASE, json={"key": "held"}).raise_for_status()
        assert again.json() == {"key": "held", "released": False}
    assert _held(house, house.operator) == []
    with inside(house.stocked.hospital):
        row = AuditEvent.objects.filter(what="engine quarantine").earliest("at")
    assert (row.action, row.what_id, row.user_id) == ("change", "held", house.operator.user_id)


def test_a_metric_counts_what_is_held_and_names_no_job(house):
    with client_of(house.url, house.operator, "bearer") as client:
        text = client.get("/metrics").raise_for_status().text
    assert 'allward_engine_quarantined{engine="engine"} ' in text
    assert str(house.stocked.study_id) not in text
    assert house.stocked.word not in text
    assert house.stocked.code in text


def test_without_an_engine_nothing_is_released_and_nothing_written_down(tmp_path, monkeypatch, house):
    monkeypatch.setattr(type(settings.ALLWARD), "engine_sockets", (tmp_path / "nobody.sock",))
    key = f"k-{uuid4().hex}"
    with client_of(house.url, house.operator, "bearer") as client:
        answer = client.post(RELEASE, json={"key": key})
        assert (answer.status_code, answer.json()["code"]) == (409, "engine_away")
        (engine,) = client.get("/api/v1/engine/").raise_for_status().json()["engines"]
        assert (engine["state"], set(engine["detail"])) == ("away", {"en", "zh"})
        assert 'allward_engine_up{engine="engine"} 0\n' in client.get("/metrics").text
    with inside(house.stocked.hospital):
        assert not AuditEvent.objects.filter(what_id=key).exists()


def test_the_token_of_the_metrics_opens_the_metrics_and_nothing_else(monkeypatch, house):
    token = "t" * 40
    monkeypatch.setattr(settings, "ALLWARD", _with_token(token))
    headers = {"authorization": f"Bearer {token}"}
    assert httpx.get(f"{house.url}/metrics", headers=headers).status_code == 200
    assert httpx.get(f"{house.url}/api/v1/engine/", headers=headers).status_code == 401
    assert httpx.get(f"{house.url}/metrics", headers={"authorization": "Bearer x"}).status_code == 401
    assert httpx.post(f"{house.url}/metrics", headers=headers).status_code in (403, 405)


def _with_token(token: str):
    return replace(settings.ALLWARD, metrics_token=token)


def test_while_the_database_is_away_the_token_still_opens_what_there_is_to_say(monkeypatch, house):
    def away():
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(settings, "ALLWARD", _with_token("d" * 40))
    monkeypatch.setattr("allward.api.metrics.outbox_families", away)
    answer = httpx.get(f"{house.url}/metrics", headers={"authorization": f"Bearer {'d' * 40}"})
    said = read_exposition(answer.raise_for_status().text)
    assert said["allward_database_up"].samples == {frozenset(): 0.0}
    assert "allward_engine_up" in said
    assert "allward_jobs" not in said
