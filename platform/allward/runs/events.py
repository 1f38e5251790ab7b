"""What can become true of runs and jobs."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class JobScheduled(Event):
    """A job waits for a worker."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class JobCompleted(Event):
    """A job's output is stored."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class JobFailed(Event):
    """A job ended without output; its fault says whose it is."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class RunChanged(Event):
    """A run's state changed: whoever looks at its study should look again."""

    run_id: UUID
