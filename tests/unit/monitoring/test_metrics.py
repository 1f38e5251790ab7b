"""What Prometheus is told of the engine and of the processes."""

import os

from tests.unit.monitoring.engine_words import LIVER, MINE, WORDS
from tests.unit.monitoring.prometheus_text import read_exposition

from allward.monitoring.engine_status import parse_status
from allward.monitoring.exposition import exposition
from allward.monitoring.metrics import EngineFamilies, process_families


def engine_families(*statuses):
    families = EngineFamilies()
    for number, status in enumerate(statuses):
        families.add(f"engine-{number}" if number else "engine", status)
    return families


def read(families):
    return read_exposition(exposition(families))


def value(families, measure, /, **labels):
    return families[measure].samples[frozenset(labels.items())]


def test_every_number_of_the_engine_is_told():
    said = read(engine_families(parse_status(WORDS)))
    assert value(said, "allward_engine_up", engine="engine") == 1
    assert value(said, "allward_engine_lane_busy_ratio", engine="engine", lane="bulk") == 1.0
    assert value(said, "allward_engine_lane_restarts_total", engine="engine", lane="bulk") == 2
    assert value(said, "allward_engine_jobs", engine="engine", priority="STAT", state="waiting") == 1
    assert value(said, "allward_engine_jobs", engine="engine", priority="HIGH", state="waiting") == 0
    assert (
        value(said, "allward_engine_model_bytes", engine="engine", model=LIVER[:12], lane="bulk")
        == 120_000_000
    )
    assert value(said, "allward_engine_ledger_free_bytes", engine="engine", memory="device") == 0
    assert value(said, "allward_engine_ledger_free_bytes", engine="engine", memory="host") == 7000
    assert value(said, "allward_engine_quarantined", engine="engine") == 1
    assert value(said, "allward_engine_evictions_total", engine="engine") == 3
    assert value(said, "allward_engine_process_bytes", engine="engine", which="now") == 1210 * 2**20


def test_the_times_of_units_are_a_histogram_of_each_lane_that_tells_them():
    said = read(engine_families(parse_status(WORDS)))["allward_engine_unit_seconds"]
    buckets = {
        dict(labels)["le"]: count
        for labels, count in said.parts["allward_engine_unit_seconds_bucket"].items()
    }
    assert buckets == {"0.1": 4, "1": 6, "+Inf": 7}
    lane = frozenset({"engine": "engine", "lane": "bulk"}.items())
    assert said.parts["allward_engine_unit_seconds_sum"] == {lane: 3.5}
    assert said.parts["allward_engine_unit_seconds_count"] == {lane: 7}


def test_each_engine_has_its_own_measures():
    said = read(engine_families(parse_status(WORDS), None))
    assert value(said, "allward_engine_up", engine="engine") == 1
    assert value(said, "allward_engine_up", engine="engine-1") == 0
    assert len(said["allward_engine_units_total"].samples) == 1


def test_an_engine_that_is_away_says_nothing_else():
    said = read(engine_families(None))
    assert set(said) == {"allward_engine_up"}
    assert value(said, "allward_engine_up", engine="engine") == 0


def test_what_the_engine_does_not_say_is_not_told_as_zero():
    said = read(engine_families(parse_status({"device": "CPU"})))
    assert set(said) == {"allward_engine_up", "allward_engine_info"}


def test_no_measure_bears_a_job_or_a_hospital_of_the_engine():
    text = exposition(engine_families(parse_status(WORDS)))
    assert MINE not in text
    assert WORDS["jobs"][0]["job_id"] not in text


def test_processes_are_up_or_not_with_their_restarts_and_memory():
    rows = [
        {"name": "web", "pid": os.getpid(), "state": "running", "restarts": 1},
        {"name": "dimse", "pid": None, "state": "restarting", "restarts": 4},
    ]
    said = read(process_families(rows))
    assert value(said, "allward_process_up", process="web") == 1
    assert value(said, "allward_process_up", process="dimse") == 0
    assert value(said, "allward_process_restarts_total", process="dimse") == 4
    assert value(said, "allward_process_resident_bytes", process="web") > 10**6
    assert len(said["allward_process_resident_bytes"].samples) == 1
