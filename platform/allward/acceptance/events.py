"""What can become true of a set of past cases."""

from dataclasses import dataclass
from uuid import UUID

from allward.kernel.events import Event


@dataclass(frozen=True, slots=True)
class AcceptanceStarted(Event):
    """The cases of a set that are not over yet are to be computed."""

    set_id: UUID


@dataclass(frozen=True, slots=True)
class AcceptanceCompared(Event):
    """Every case of a set is over: its report can be made."""

    set_id: UUID
