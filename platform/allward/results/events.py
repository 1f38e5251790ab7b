"""What can become true of a result."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ResultReady(Event):
    """A run's findings can be seen."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class ResultReviewed(Event):
    """Somebody gave or changed a word on a finding or corrected one; findings are left without a word."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class ResultAccepted(Event):
    """Every finding is reviewed and at least one is accepted."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class ResultRejected(Event):
    """Every finding is reviewed and all are rejected."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class ResultObjectsWritten(Event):
    """DICOM objects that say the present state of a result are stored."""

    result_id: UUID


@dataclass(frozen=True, slots=True)
class ResultSuperseded(Event):
    """A newer result took its place, or its images are no longer all."""

    result_id: UUID
