"""What can become true of a study."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class StudyChanged(Event):
    """Images arrived, or its state changed: whoever looks at it should look again."""

    study_id: UUID


@dataclass(frozen=True, slots=True)
class PatientsLinked(Event):
    """A person said that two numbers are the same patient, or that they are not."""

    one_id: UUID
    other_id: UUID


@dataclass(frozen=True, slots=True)
class StudyCompleted(Event):
    """No image came for the quiet time, and there are others than at the last completion."""

    study_id: UUID
