"""A job as the front keeps it: what was asked, by whom, how far it is. Its voxels stay a descriptor."""

import os
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from allward_engine.requests import Priority, Progress
from allward_engine.tile_requests import AnyRequest
from allward_engine.wire import Message


class JobState(StrEnum):
    """Where a job is."""

    CHECKING = "checking"
    """Its input is being hashed, since its plug-in has brought a worker down before."""
    DEFERRED = "deferred"
    """It does not fit just now."""
    WAITING = "waiting"
    RUNNING = "running"
    """One of its units runs."""
    ENDED = "ended"


class Listener(Protocol):
    """Who is told how a job goes."""

    def tell(self, message: Message, descriptors: tuple[int, ...] = ()) -> None:
        """Pass a message on, without waiting; descriptors are copied."""

    def ended(self, job: "Job") -> None:
        """Take note that nothing more comes of this job."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run of a model that a job waits for."""

    model: str
    """Key of the graph and how it is used."""
    sha256: str
    file_bytes: int
    items: int
    item_bytes: int

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Wanted":
        """Read what a worker wrote."""
        return cls(
            model=str(data["model"]),
            sha256=str(data["sha256"]),
            file_bytes=int(data["bytes"]),
            items=int(data["items"]),
            item_bytes=int(data["item_bytes"]),
        )


@dataclass(eq=False)
class Job:
    """A request on its way through the engine."""

    number: int
    """Names it between front and worker."""
    request: AnyRequest
    message: Message
    """As it came; handed on to a worker, as often as one has to start it."""
    volume: int
    """Descriptor of its voxels; owned, closed by `let_go`."""
    listener: Listener
    lane: str
    arrived_s: float = field(default_factory=time.monotonic)
    state: JobState = JobState.WAITING
    canceled: bool = False
    opened: bool = False
    """Whether its lane's worker holds an execution of it."""
    wants: Wanted | None = None
    progress: Progress | None = None
    last_model: str | None = None
    spent_s: float = 0.0
    """Time of its units since it was last started."""
    alone: bool = False
    """Whether it is kept out of batches, because one that it was in failed or brought a worker down."""
    key: str | None = None
    """Names input and plug-in in the quarantine; None until somebody needed it."""
    why_deferred: str = ""

    @property
    def urgent(self) -> bool:
        """Whether nothing may keep it waiting."""
        return self.request.priority is Priority.STAT

    @property
    def due_s(self) -> float | None:
        """When it should be done, on the front's clock; None: no time was named."""
        return None if self.request.due_in_s is None else self.arrived_s + self.request.due_in_s

    @property
    def plugin(self) -> str:
        """Plug-in and version, for people and for what is learnt of its times."""
        identity = self.request.manifest.plugin
        return f"{identity.id} {identity.version}"

    @property
    def stage(self) -> str:
        """The stage that it is in."""
        return self.progress.stage if self.progress is not None else self.request.manifest.stages[0].name

    @property
    def memory_bytes(self) -> int:
        """What it may take of the host's memory."""
        return self.request.manifest.resources.memory_mib * 2**20

    @property
    def timeout_s(self) -> int:
        """What its units may take together."""
        return self.request.manifest.resources.timeout_s

    def set_back(self) -> None:
        """Let it start from its beginning, on whatever worker comes."""
        self.opened, self.wants, self.spent_s, self.last_model = False, None, 0.0, None
        self.progress = None

    def copy_volume(self) -> int:
        """Return a descriptor of its voxels that outlives it; the caller's own."""
        return os.dup(self.volume)

    def let_go(self) -> None:
        """End it: close its volume."""
        if self.state is not JobState.ENDED:
            self.state = JobState.ENDED
            os.close(self.volume)

    def describe(self, now_s: float) -> dict[str, Any]:
        """Return the job's line in the engine's status."""
        return {
            "job_id": self.request.job_id,
            "tenant": self.request.tenant,
            "app": self.request.app,
            "priority": self.request.priority.value,
            "lane": self.lane,
            "state": "waiting" if self.state is JobState.CHECKING else self.state.value,
            "started": self.opened,
            "waited_s": round(now_s - self.arrived_s, 3),
            "due_in_s": None if self.due_s is None else round(self.due_s - now_s, 3),
            "progress": self.progress.to_json() if self.progress is not None else None,
        }
