"""What can become true of a report."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class ReportReleased(Event):
    """A version was signed, verified or withdrawn: others may have to hear of it."""

    report_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class MessageScheduled(Event):
    """A message for a RIS waits to be sent."""

    message_id: UUID
