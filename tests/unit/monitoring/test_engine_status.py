"""What an engine says of itself is read for what it is; what it does not say stays unknown."""

import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.monitoring.engine_words import WORDS

from allward.monitoring.engine_reader import EngineReader
from allward.monitoring.engine_status import EngineStatus, parse_status
from allward_sdk.errors import TemporaryError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(WORDS)), inner, max_size=6)
    ),
    max_leaves=30,
)


def test_everything_that_the_front_says_is_read():
    status = parse_status(WORDS)
    assert (status.device, status.uptime_s, status.resident_mib) == ("OpenVINO CPU", 512.5, 1210.0)
    urgent, bulk = status.lanes or ()
    assert (urgent.name, urgent.state, urgent.busy_share) == ("urgent", "ready", 0.25)
    assert bulk.running == WORDS["jobs"][0]["job_id"]
    assert [job.progress for job in status.jobs] == [0.4, None, 0.0]
    assert status.models[0].bytes == 120_000_000
    assert status.ledger.free_bytes == 0
    assert status.counters.evictions_total == 3
    assert status.quarantine[0].key == "a1b2"


def test_progress_may_come_with_its_stage():
    said = {"jobs": [{"progress": {"stage": "lesions", "fraction": 0.5}}]}
    (job,) = parse_status(said).jobs or ()
    assert (job.progress, job.stage) == (0.5, "lesions")


def test_an_older_engine_that_says_less_leaves_the_rest_unknown():
    status = parse_status({"pid": 7, "device": "CPU", "jobs": [], "models": [{"sha256": "ab", "mib": 3.0}]})
    assert status.lanes is None
    assert status.ledger is None
    assert status.counters is None
    assert status.jobs == ()
    assert status.models[0].bytes is None


@pytest.mark.parametrize(
    "times",
    [
        {"bounds_s": [0.1], "counts": [1], "total_s": 1.0},
        {"bounds_s": [0.1], "counts": [1, -1], "total_s": 1.0},
        {"bounds_s": [0.1], "counts": [1, 1]},
        "fast",
    ],
)
def test_times_of_units_that_make_no_sense_are_unknown(times):
    (lane,) = parse_status({"lanes": [{"name": "bulk", "unit_times": times}]}).lanes or ()
    assert lane.name == "bulk"
    assert lane.unit_times is None


def test_a_mistyped_value_is_unknown_and_spoils_nothing_else():
    said = {
        "uptime_s": "long", "resident_mib": math.nan, "ledger": [1],
        "lanes": [{"name": "urgent", "busy_share": 7, "restarts": -1, "state": 3}, "bulk"],
    }  # fmt: skip
    status = parse_status(said)
    assert (status.uptime_s, status.resident_mib, status.ledger) == (None, None, None)
    (lane,) = status.lanes or ()
    assert (lane.name, lane.busy_share, lane.restarts, lane.state) == ("urgent", None, None, None)


@given(JSON)
def test_nothing_that_an_engine_says_breaks_the_reader(said):
    assert isinstance(parse_status(said), EngineStatus)


class _Client:
    def __init__(self, wait_s: float = 0.0) -> None:
        self.asked = 0
        self.may_answer = threading.Event()
        if not wait_s:
            self.may_answer.set()

    def status(self):
        self.asked += 1
        self.may_answer.wait(5)
        return WORDS


def _reader(tmp_path, client) -> EngineReader:
    reader = EngineReader(tmp_path / "engine.sock")
    reader._client = client
    return reader


def test_an_engine_that_is_not_there_is_away(tmp_path):
    assert EngineReader(tmp_path / "nobody.sock").read() is None


def test_an_engine_that_is_silent_is_away_soon_and_asked_once_at_a_time(tmp_path):
    client = _Client(wait_s=5)
    reader = _reader(tmp_path, client)
    began = time.monotonic()
    assert [reader.read(patience_s=0.05) for _ in range(4)] == [None] * 4
    assert time.monotonic() - began < 2
    assert client.asked == 1
    client.may_answer.set()
    assert reader.read(patience_s=2).device == "OpenVINO CPU"


def test_each_question_is_asked_anew(tmp_path):
    client = _Client()
    reader = _reader(tmp_path, client)
    assert reader.read().pid == reader.read().pid == WORDS["pid"]
    assert client.asked == 2


def test_an_engine_that_answers_with_a_fault_is_away(tmp_path):
    class Broken:
        def status(self):
            raise TemporaryError("it ends")

    assert _reader(tmp_path, Broken()).read() is None
