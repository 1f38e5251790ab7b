"""What can become true of a study's way through the rules."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class StudyRouted(Event):
    """Every rule was asked about a study, and the runs that they want are scheduled."""

    study_id: UUID
