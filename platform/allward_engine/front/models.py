"""A model as the front sees it: in one lane, so many bytes, and what may be ordered about it."""

from dataclasses import dataclass
from enum import StrEnum


class ModelState(StrEnum):
    """Where a model is."""

    LOADING = "loading"
    RESIDENT = "resident"
    EVICTING = "evicting"


class Do(StrEnum):
    """What a lane has to do before a run."""

    NOTHING = "nothing"
    LOAD = "load"
    REST = "rest"
    DROP = "drop"
    WAIT = "wait"
    """For memory that another lane uses just now."""


@dataclass(frozen=True, slots=True)
class Order:
    """Something that the worker of a lane does with a model."""

    do: Do
    lane: str = ""
    model: str = ""


@dataclass(eq=False)
class Model:
    """A model in one lane."""

    lane: str
    key: str
    sha256: str
    size_bytes: int
    last_used_s: float
    workspace_bytes: int
    measured: bool = False
    """Whether the workspace is, rather than guessed."""
    state: ModelState = ModelState.LOADING
    active: bool = False
    """Whether its workspace is reserved."""
    resting: bool = False
    fresh: bool = True
    """Whether it has not been run since it was loaded."""
    device: str = ""

    @property
    def account(self) -> str:
        """Its key in the ledger."""
        return f"{self.lane}/{self.key}"

    @property
    def held_bytes(self) -> int:
        """What it has reserved."""
        return self.size_bytes + (self.workspace_bytes if self.active else 0)
