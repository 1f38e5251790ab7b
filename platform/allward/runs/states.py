"""The states of runs and jobs; those of DICOM's Unified Procedure Step (PS3.4 CC.1.1), so that a UPS
client sees them untranslated. A failed job is a UPS CANCELED with a reason.
"""

from enum import IntEnum, StrEnum


class RunState(StrEnum):
    """Where an app run stands."""

    SCHEDULED = "SCHEDULED"
    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


RUN_MAY_BECOME: dict[RunState, frozenset[RunState]] = {
    RunState.SCHEDULED: frozenset({RunState.IN_PROGRESS, RunState.CANCELED, RunState.COMPLETED}),
    RunState.IN_PROGRESS: frozenset({RunState.COMPLETED, RunState.CANCELED}),
    RunState.COMPLETED: frozenset(),
    RunState.CANCELED: frozenset({RunState.SCHEDULED}),  # a person asks for it again
}


class JobState(StrEnum):
    """Where a job stands. A lost lease ends the attempt, not the job."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


JOB_MAY_BECOME: dict[JobState, frozenset[JobState]] = {
    JobState.SCHEDULED: frozenset({JobState.IN_PROGRESS, JobState.CANCELED, JobState.FAILED}),
    JobState.IN_PROGRESS: frozenset(
        {JobState.COMPLETED, JobState.FAILED, JobState.CANCELED, JobState.SCHEDULED}  # last: next attempt
    ),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset({JobState.SCHEDULED}),  # a person asks for it again
    JobState.CANCELED: frozenset({JobState.SCHEDULED}),
}


class Priority(IntEnum):
    """UPS priorities and ours between them; the smaller number runs first."""

    STAT = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3


class Fault(StrEnum):
    """Whose fault a failure is: who is told, and whether it is tried again, follow from it."""

    INPUT = "input"
    PLUGIN = "plugin"
    PLATFORM = "platform"
