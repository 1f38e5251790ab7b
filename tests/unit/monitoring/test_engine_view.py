"""Who may know what of the work on the engine: decided by a pure function, so here without a database."""

import json
from uuid import UUID

from tests.unit.monitoring.engine_words import JOBS, LIVER, LUNG, MINE, THEIRS, WORDS

from allward.monitoring.engine_facts import KnownJob, Taken, Waiting
from allward.monitoring.engine_status import parse_status
from allward.monitoring.engine_view import Asker, Engine, Facts, engines_json

STUDY = UUID(int=99)
STATUS = parse_status(WORDS)
OPERATOR = Asker(UUID(MINE), operates=True, views=False)
ADMINISTRATOR = Asker(UUID(MINE), operates=False, views=False)


def facts(asker: Asker) -> Facts:
    liver = {"id": "org.example.liver", "version": "1.0.0", "title": {"en": "Liver", "zh": "肝脏"}}
    named = {
        tenant: {"id": tenant, "code": code, "name": {"en": code, "zh": code}}
        for tenant, code in ((MINE, "central"), (THEIRS, "east"))
        if asker.sees(tenant)
    }
    return Facts(
        waiting=(
            Waiting(UUID(THEIRS), "MEDIUM", 5, 2, 90.04),
            Waiting(UUID(MINE), "MEDIUM", 1, 0, 10.0),
            Waiting(UUID(MINE), "LOW", 1, 1, None),
        ),
        taken=(
            Taken(UUID(JOBS[0]), UUID(MINE), "MEDIUM"),
            Taken(UUID(JOBS[1]), UUID(THEIRS), "STAT"),
            Taken(UUID(JOBS[3]), UUID(MINE), "STAT"),
        ),
        jobs={JOBS[0]: KnownJob(({"en": "Any", "zh": "任意"},), liver, STUDY)},
        models={LIVER: {**liver, "model": "liver"}},
        hospitals=named,
        recent={"failed": 2, "in progress": 1},
    )


PROCESS = {"state": "running", "restarts": 0, "since": "2026-11-22T08:00:00+00:00"}


def view(asker: Asker, *statuses):
    engines = [
        Engine(f"engine-{n}" if n else "engine", each, PROCESS)
        for n, each in enumerate(statuses or (STATUS,))
    ]
    return json.loads(json.dumps(engines_json(engines, facts(asker), asker)))


def test_the_operator_sees_the_work_of_every_hospital():
    said = view(OPERATOR)
    assert [job["job_id"] for job in said["jobs"]] == list(JOBS[:3])
    assert [job["hospital"]["code"] for job in said["jobs"]] == ["central", "east", "east"]
    assert {model["sha256"] for model in said["engines"][0]["models"]} == {LIVER, LUNG}
    assert len(said["slow_units"]) == 2
    assert said["quarantine"][0]["key"] == "a1b2"
    assert said["engines"][0]["counters"]["crashes_total"] == 2
    assert said["may_release"] is True


def test_what_a_job_is_for_is_told_of_the_askers_own_hospital_alone():
    own, other, _ = view(OPERATOR)["jobs"]
    assert own["plugin_used"]["version"] == "1.0.0"
    assert own["apps"] == [{"en": "Any", "zh": "任意"}]
    assert (other["plugin_used"], other["apps"], other["study_id"]) == (None, [], None)


def test_which_study_it_is_is_told_to_those_who_may_look_at_studies():
    assert view(OPERATOR)["jobs"][0]["study_id"] is None
    assert view(Asker(UUID(MINE), operates=True, views=True))["jobs"][0]["study_id"] == str(STUDY)


def test_the_administrator_is_told_no_row_and_no_count_of_another_hospital():
    said = view(ADMINISTRATOR)
    assert [job["job_id"] for job in said["jobs"]] == [JOBS[0]]
    assert {row["hospital"]["code"] for row in said["queue"]} == {"central"}
    text = json.dumps(said)
    for secret in (THEIRS, "east", JOBS[1], JOBS[2], JOBS[3], LUNG, "lung", "a1b2"):
        assert secret not in text
    (engine,) = said["engines"]
    assert engine["other_models"] == {"count": 1, "bytes": 80_000_000}
    assert (engine["counters"], said["may_release"]) == (None, False)


def test_a_lane_that_works_for_somebody_else_is_occupied_and_no_more():
    theirs = Asker(UUID(THEIRS), operates=False, views=False)
    _, bulk = view(theirs)["engines"][0]["lanes"]
    assert (bulk["occupied"], bulk["running"]) == (True, None)
    urgent, bulk = view(ADMINISTRATOR)["engines"][0]["lanes"]
    assert (urgent["occupied"], bulk["running"]["job_id"]) == (False, JOBS[0])


def test_the_queue_counts_each_job_once_by_class_and_hospital():
    rows = {(r["priority"], (r["hospital"] or {}).get("code")): r for r in view(OPERATOR)["queue"]}
    assert list(rows) == [
        ("STAT", "central"), ("STAT", "east"), ("MEDIUM", "central"), ("MEDIUM", "east"), ("LOW", "central"),
    ]  # fmt: skip
    assert rows["STAT", "central"]["preparing"] == 1
    assert (rows["STAT", "east"]["waiting"], rows["STAT", "east"]["longest_wait_s"]) == (1, 31.0)
    assert (rows["MEDIUM", "central"]["waiting"], rows["MEDIUM", "central"]["running"]) == (1, 1)
    assert (rows["MEDIUM", "east"]["waiting"], rows["MEDIUM", "east"]["postponed"]) == (3, 2)
    assert rows["MEDIUM", "east"]["longest_wait_s"] == 90.0
    assert rows["LOW", "central"]["longest_wait_s"] is None


def test_a_model_bears_the_name_of_its_plugin_where_it_is_known():
    liver, lung = view(OPERATOR)["engines"][0]["models"]
    assert (liver["plugin_used"]["title"]["zh"], liver["plugin_used"]["model"]) == ("肝脏", "liver")
    assert (lung["plugin_used"], lung["name"]) == (None, "lung")


def test_an_engine_that_is_away_is_said_aloud_and_the_queue_is_still_shown():
    said = view(OPERATOR, None)
    (engine,) = said["engines"]
    assert (engine["state"], engine["process"]) == ("away", PROCESS)
    assert engine["detail"]["en"] != engine["detail"]["zh"]
    for unknown in ("lanes", "models", "ledger", "uptime_s"):
        assert engine[unknown] is None
    for unknown in ("jobs", "slow_units", "quarantine"):
        assert said[unknown] is None, "not told is not empty"
    assert sum(row["waiting"] for row in said["queue"]) == 4
    assert sum(row["preparing"] for row in said["queue"]) == 3


def test_several_engines_stand_beside_one_another_and_their_work_is_one_queue():
    said = view(OPERATOR, STATUS, None, parse_status({"device": "CUDA", "quarantine": WORDS["quarantine"]}))
    assert [engine["state"] for engine in said["engines"]] == ["up", "away", "up"]
    assert {job["engine"] for job in said["jobs"]} == {"engine"}
    assert [one["engine"] for one in said["quarantine"]] == ["engine", "engine-2"]


def test_jobs_of_the_last_day_are_counted_in_every_state():
    assert view(OPERATOR)["recent_jobs"] == {
        "scheduled": 0, "in_progress": 1, "completed": 0, "failed": 2, "canceled": 0,
    }  # fmt: skip
