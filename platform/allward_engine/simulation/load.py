"""What a simulated hospital asks for: models, jobs and the stages of a job."""

from dataclasses import dataclass

from allward_engine.requests import Priority


@dataclass(frozen=True, slots=True)
class Model:
    """A model, as a device sees it."""

    key: str
    size_bytes: int
    """Weights and workspace."""
    load_s: float
    item_s: float
    """Device time of one item of a batch."""
    overhead_s: float = 0.0
    """Device time of a batch of any size."""

    def unit_s(self, items: int) -> float:
        """Return the device time of a batch."""
        return self.overhead_s + items * self.item_s


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a job that runs one model."""

    model: Model
    units: int
    items: int = 1
    """Items of one unit."""
    joins: bool = False
    """Whether its units may run in one batch with those of other jobs."""

    @property
    def device_s(self) -> float:
        """Device time of the stage alone."""
        return self.units * self.model.unit_s(self.items)


@dataclass(frozen=True, slots=True)
class Job:
    """One plug-in on one study."""

    job_id: str
    tenant: str
    app: str
    priority: Priority
    arrived_s: float
    stages: tuple[Stage, ...]
    deadline_s: float | None = None
    slowness: float = 1.0
    """What its units really take, over what is predicted."""

    @property
    def device_s(self) -> float:
        """Predicted device time, loading left out."""
        return sum(stage.device_s for stage in self.stages)


@dataclass(slots=True)
class Running:
    """A job on a device, and how far it is."""

    job: Job
    remaining_s: float
    stage: int = 0
    units_done: int = 0
    began_as: int | None = None
    first_unit_s: float | None = None

    @classmethod
    def fresh(cls, job: Job) -> "Running":
        """Return a job of which nothing has run."""
        return cls(job, job.device_s)

    @property
    def now_in(self) -> Stage:
        """The stage that its next unit belongs to."""
        return self.job.stages[self.stage]

    @property
    def done(self) -> bool:
        """Whether it has no unit left."""
        return self.stage == len(self.job.stages)

    def advance(self, units: int) -> None:
        """Count units of the present stage as done."""
        stage = self.now_in
        self.units_done += units
        self.remaining_s = max(0.0, self.remaining_s - units * stage.model.unit_s(stage.items))
        if self.units_done == stage.units:
            self.stage, self.units_done = self.stage + 1, 0
