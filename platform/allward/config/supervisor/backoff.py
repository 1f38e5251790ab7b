"""When a process that ended starts again: a pure decision over what happened so far."""

from dataclasses import dataclass, replace
from enum import StrEnum

FIRST_WAIT_S = 1.0
"""After the first crash: quick enough that nobody notices."""

LONGEST_WAIT_S = 30.0
"""However often it crashed: an operator who repairs the cause need not wait longer than this."""

HEALTHY_AFTER_S = 60.0
"""A process that ran this long starts afresh: its next crash counts as the first."""


class State(StrEnum):
    """What a supervised process is doing."""

    RUNNING = "running"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Course:
    """What became of one process so far. Times are those of a monotonic clock.

    `start_at_s` is set while it waits for its restart, `process_id` while it runs.
    """

    state: State = State.STOPPED
    process_id: int | None = None
    restarts: int = 0
    crashes_in_row: int = 0
    last_exit: int | None = None
    since_s: float = 0.0
    start_at_s: float | None = None

    def started(self, *, process_id: int, now_s: float) -> "Course":
        """Return the course after a start."""
        again = self.restarts + (self.state is State.RESTARTING)
        return replace(
            self, state=State.RUNNING, process_id=process_id, restarts=again, since_s=now_s, start_at_s=None
        )

    def ended(self, *, exit_code: int, now_s: float) -> "Course":
        """Return the course after the process ended without being asked to.

        Parameters
        ----------
        exit_code : negative for the number of the signal that ended it
        """
        was_healthy = self.state is State.RUNNING and now_s - self.since_s >= HEALTHY_AFTER_S
        crashes_in_row = 1 if was_healthy else self.crashes_in_row + 1
        return replace(
            self,
            state=State.RESTARTING,
            process_id=None,
            crashes_in_row=crashes_in_row,
            last_exit=exit_code,
            since_s=now_s,
            start_at_s=now_s + wait_s(crashes_in_row),
        )

    def stopped(self, *, exit_code: int | None, now_s: float) -> "Course":
        """Return the course after the process ended because it was asked to."""
        return replace(
            self, state=State.STOPPED, process_id=None, last_exit=exit_code, since_s=now_s, start_at_s=None
        )

    def is_due(self, now_s: float) -> bool:
        """Tell whether it is time to start it again."""
        return self.start_at_s is not None and now_s >= self.start_at_s


def wait_s(crashes_in_row: int) -> float:
    """Return how long to wait before the next start: doubling, up to a bound."""
    return float(min(FIRST_WAIT_S * 2 ** min(crashes_in_row - 1, 16), LONGEST_WAIT_S))
