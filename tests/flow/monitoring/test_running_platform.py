"""What operators see of the platform while it works: the page's data and the metrics, of real processes."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.real_platform import send, wait_for_ai
from tests.running_platform import Running, running_platform
from tests.unit.monitoring.prometheus_text import Read, read_exposition

from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom

pytestmark = pytest.mark.timeout(600)

TOKEN = "metrics-of-the-flow-test-0123456789abcdef"
PATIENT = PhantomPatient(name="Watched^Patient", patient_id="WATCHED-1", issuer="TEST")
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_platform(tmp_path_factory.mktemp("home"), extra={"ALLWARD_METRICS_TOKEN": TOKEN}) as running:
        yield running


def engine_view(platform: Running, username: str = "operator") -> dict[str, Any]:
    with platform.client(username) as client:
        said: dict[str, Any] = client.get("/api/v1/engine/").raise_for_status().json()
    return said


def metrics(platform: Running) -> dict[str, Read]:
    answer = httpx.get(f"{platform.url}/metrics", headers=BEARER, timeout=30).raise_for_status()
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read_exposition(answer.text)


def value(families: dict[str, Read], measure: str, /, **labels: str) -> float | None:
    found = families.get(measure)
    return found.samples.get(frozenset(labels.items())) if found else None


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.3)


def test_the_operator_sees_an_engine_that_is_up_and_idle(platform):
    said = engine_view(platform)
    (engine,) = said["engines"]
    assert (engine["state"], engine["process"]["state"]) == ("up", "running")
    assert {lane["name"] for lane in engine["lanes"]} == {"urgent", "bulk"}
    assert engine["ledger"]["capacity_bytes"] > 0
    assert (said["jobs"], said["queue"], said["quarantine"]) == ([], [], [])
    assert said["recent_jobs"] == dict.fromkeys(said["recent_jobs"], 0)


def test_every_process_is_up_and_the_text_is_what_a_scraper_reads(platform):
    said = metrics(platform)
    names = {
        dict(key)["process"] for key, number in said["allward_process_up"].samples.items() if number == 1
    }
    assert {"web", "dimse", "relay", "executor", "worker", "engine", "postgres", "valkey"} <= names
    assert value(said, "allward_database_up") == 1
    assert value(said, "allward_engine_up", engine="engine") == 1
    assert value(said, "allward_jobs", tenant="central", state="failed") == 0
    assert value(said, "allward_deliveries", tenant="east", state="scheduled") == 0
    assert value(said, "allward_outbox_steps", state="failed") == 0
    text = repr(said)
    assert "Central Hospital" not in text
    assert "operator" not in text


def test_who_is_not_the_operator_gets_no_metrics(platform):
    assert httpx.get(f"{platform.url}/metrics").status_code == 401
    for username, status in (("radiologist", 403), ("administrator", 403), ("operator", 200)):
        with platform.client(username) as client:
            assert client.get("/metrics").status_code == status


def test_a_job_is_seen_while_it_runs_and_counted_when_it_is_done(platform, tmp_path):
    spec = PhantomSpec(slices=24, size=192, slice_spacing_mm=8.0, patient=PATIENT)
    write_abdomen_phantom(tmp_path / "study", seed=4, spec=spec)
    send(platform, tmp_path / "study")
    seen: list[dict[str, Any]] = []

    def is_running() -> bool:
        seen.append(engine_view(platform))
        return any(job["state"] == "running" for job in seen[-1]["jobs"])

    wait_until(is_running, 180)
    (job,) = seen[-1]["jobs"]
    assert job["hospital"]["code"] == "central"
    assert job["plugin_used"]["id"] == "org.allward.liver-ct"
    assert job["apps"][0]["zh"] != job["apps"][0]["en"]
    assert job["study_id"] is None
    (row,) = seen[-1]["queue"]
    assert (row["running"], row["hospital"]["code"]) == (1, "central")
    mine = engine_view(platform, "administrator")
    assert mine["sees"] == "hospital"
    assert PATIENT.patient_id not in str([mine, *seen])

    with platform.client() as client:
        assert wait_for_ai(client, PATIENT.patient_id, seconds=300)["ai"]["state"] == "completed"
    said = metrics(platform)
    assert value(said, "allward_engine_jobs_finished_total", engine="engine") == 1
    assert (value(said, "allward_engine_units_total", engine="engine") or 0) > 1
    assert value(said, "allward_jobs", tenant="central", state="completed") == 1
    assert value(said, "allward_runs", tenant="central", state="completed") == 1
    assert (value(said, "allward_instances_indexed_total", tenant="central") or 0) >= spec.slices
    done = engine_view(platform)
    assert done["recent_jobs"]["completed"] == 1
    (engine,) = done["engines"]
    assert engine["models"][0]["plugin_used"]["title"]["en"] == "Liver and liver lesions on CT"
    assert engine["models"][0]["bytes"] > 0


def test_an_engine_that_dies_is_away_and_its_restart_is_counted(platform):
    before = value(metrics(platform), "allward_process_restarts_total", process="engine")
    process_id = next(row["pid"] for row in platform.processes() if row["name"] == "engine")
    os.kill(process_id, signal.SIGKILL)
    states = []

    def is_back() -> bool:
        (engine,) = engine_view(platform)["engines"]
        states.append((engine["state"], engine["detail"]))
        return len(states) > 1 and engine["state"] == "up" and engine["pid"] != process_id

    wait_until(is_back, 90)
    away = [detail for state, detail in states if state == "away"]
    assert away, "nobody noticed"
    assert "none is lost" in away[0]["en"]
    after = value(metrics(platform), "allward_process_restarts_total", process="engine")
    assert after == (before or 0) + 1
