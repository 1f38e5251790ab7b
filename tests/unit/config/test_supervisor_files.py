"""Logs and reports survive what happens to a disk and to the processes that write them."""

import io
import os
import signal
from pathlib import Path

import pytest

from allward.config.supervisor import logs, undertaker
from allward.config.supervisor.backoff import Course
from allward.config.supervisor.report import read_report, report_file, write_report


def test_an_older_log_moves_one_place_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for run in range(6):
        logs.set_aside(log)
        log.write_text(f"run {run}")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "web.log": "run 5",
        "web.log.1": "run 4",
        "web.log.2": "run 3",
        "web.log.3": "run 2",
    }


def test_an_empty_log_is_not_set_aside(tmp_path: Path) -> None:
    (tmp_path / "web.log").touch()
    logs.set_aside(tmp_path / "web.log")
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_a_log_that_grew_is_trimmed_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"before " * 10)
        logs.trim(log, largest_bytes=20)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "web.log.1").read_bytes() == b"before " * 10


def test_the_last_line_that_says_something_is_found(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * 10_000 + "\nTraceback\nValueError: \u5168\u9662\n\n".encode())
    assert logs.last_line(log) == "ValueError: 全院"
    log.write_bytes(b"")
    assert logs.last_line(log) == "nothing was logged"


def test_a_report_reads_as_it_was_written(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None
    report_file(tmp_path).parent.mkdir()
    running = (
        Course().started(process_id=12, now_s=0).ended(exit_code=-9, now_s=3).started(process_id=13, now_s=4)
    )
    write_report(tmp_path, {"web": running, "relay": Course()}, now_s=5)
    found = read_report(tmp_path)
    assert found is not None
    web, relay = found
    assert (web.name, web.pid, web.state, web.restarts, web.last_exit) == ("web", 13, "running", 1, -9)
    assert (relay.pid, relay.state, relay.last_exit) == (None, "stopped", None)
    assert [path.name for path in report_file(tmp_path).parent.iterdir()] == ["processes.json"]


def test_a_supervisor_that_says_goodbye_leaves_the_undertaker_nothing_to_do() -> None:
    assert undertaker.watch(io.StringIO("add 5 15 1\nend\n")) == {}


def test_a_supervisor_that_vanishes_leaves_what_it_ran_last() -> None:
    lines = "add 5 15 1\nadd 6 2 0\ndrop 5\nadd 7 15 1\n"
    assert undertaker.watch(io.StringIO(lines)) == {6: (2, 0), 7: (15, 1)}


def test_the_undertaker_ends_higher_ranks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    def kill_group(group: int, number: int) -> None:
        if number == 0:
            raise ProcessLookupError
        told.append((group, number))

    monkeypatch.setattr(os, "kill", lambda process, number: told.append((process, number)))
    monkeypatch.setattr(os, "killpg", kill_group)
    undertaker.end({6: (signal.SIGINT, 0), 7: (signal.SIGTERM, 1)})
    assert told == [(7, signal.SIGTERM), (7, signal.SIGKILL), (6, signal.SIGINT), (6, signal.SIGKILL)]
