"""Every way runs and jobs are written: one function, one transaction, one event. Leases: `claims.py`."""

from allward.runs.actions.attempts import (
    JobOutput,
    complete_job,
    confirm_cancel,
    fail_job,
    give_back_job,
    note_progress,
    start_attempt,
)
from allward.runs.actions.ending import (
    NothingToRepeatError,
    cancel_run,
    complete_run,
    drop_job,
    fail_run,
    repeat_job,
    repeat_run,
)
from allward.runs.actions.scheduling import RunInput, RunOrder, schedule_job, schedule_run
from allward.runs.actions.tracing import Trace, write_traces

__all__ = [
    "JobOutput",
    "NothingToRepeatError",
    "RunInput",
    "RunOrder",
    "Trace",
    "cancel_run",
    "complete_job",
    "complete_run",
    "confirm_cancel",
    "drop_job",
    "fail_job",
    "fail_run",
    "give_back_job",
    "note_progress",
    "repeat_job",
    "repeat_run",
    "schedule_job",
    "schedule_run",
    "start_attempt",
    "write_traces",
]
