"""What the supervisor tells other processes about those it runs: one file, replaced whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from allward.config.embedded.state_folder import write_private
from allward.config.supervisor.backoff import Course


@dataclass(frozen=True)
class ProcessReport:
    """One process as the supervisor last saw it.

    `state` is running, restarting or stopped; `last_exit` is None until it first ended, and negative for
    the number of the signal that ended it; `since` is when the state began, ISO 8601 in UTC.
    """

    name: str
    pid: int | None
    state: str
    restarts: int
    last_exit: int | None
    since: str


def report_file(home: Path) -> Path:
    """Return where the report lies."""
    return home / "run" / "processes.json"


def write_report(home: Path, courses: Mapping[str, Course], *, now_s: float) -> None:
    """Replace the report.

    Parameters
    ----------
    now_s : of the monotonic clock that the courses were timed with
    """
    now = datetime.now(UTC)
    reports = [
        ProcessReport(
            name=name,
            pid=course.process_id,
            state=course.state.value,
            restarts=course.restarts,
            last_exit=course.last_exit,
            since=(now - timedelta(seconds=now_s - course.since_s)).isoformat(timespec="milliseconds"),
        )
        for name, course in courses.items()
    ]
    write_private(report_file(home), json.dumps([asdict(report) for report in reports], indent=1) + "\n")


def read_report(home: Path) -> tuple[ProcessReport, ...] | None:
    """Return the processes in the order of their start, or None if no supervisor ever ran here."""
    try:
        found = json.loads(report_file(home).read_text())
    except FileNotFoundError:
        return None
    return tuple(ProcessReport(**entry) for entry in found)
