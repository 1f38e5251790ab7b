"""What units and jobs took before, and so what they will take; and which took much longer than that."""

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from allward_engine.batching import TimeTable
from allward_engine.front.jobs import Job
from allward_engine.front.lanes import Busy
from allward_engine.front.models import Model

_SLOW = 2.0
"""A unit that takes so many times what was predicted, and longer than a quantum, is noted as slow."""

_UNKNOWN_JOB_S = 30.0
"""What a job of a plug-in that has never run is taken to need, for the queue's horizon."""


class Predictions:
    """Measured times of one engine.

    Attributes
    ----------
    times
        Of runs, by lane and model; of work on the processor, by plug-in and place in it; of jobs, by plug-in.
    slow
        The last units that took much longer than predicted, as JSON.
    """

    def __init__(self, quantum_s: float) -> None:
        self.quantum_s = quantum_s
        self.times = TimeTable()
        self._single: set[tuple[str, str]] = set()
        """Lane and model of which a run of one item was measured."""
        self.slow: deque[dict[str, Any]] = deque(maxlen=50)

    def unit_s(self, job: Job, items: int | None = None) -> float:
        """Return what a job's next unit will take, of so many items, its own by default; 0 if unknown."""
        if job.wants is None:
            return self.times.predict_s(place_of(job), 1) or 0.0
        return self.times.predict_s(joins_of(job), items or job.wants.items) or 0.0

    def remaining_s(self, job: Job) -> float:
        """Return what is left of a job, by what the plug-in's jobs took."""
        total_s = self.times.predict_s(job.plugin, 1)
        return max(0.0, (_UNKNOWN_JOB_S if total_s is None else total_s) - job.spent_s)

    def learn(self, busy: Busy, took_s: float, runs: Sequence[Mapping[str, Any]]) -> None:
        """Note what a unit took, and each run of a model in it; it may have gone on beyond what was asked."""
        job = busy.jobs[0]
        for run in runs:
            self.times.note((job.lane, str(run["model"])), int(run["items"]), float(run["took_s"]))
            if run["items"] == 1:
                self._single.add((job.lane, str(run["model"])))
        beyond = runs if busy.model is None else runs[1:]
        took_s = max(0.0, took_s - sum(float(run["took_s"]) for run in beyond))
        if busy.model is None:
            self.times.note(busy.place, 1, took_s)
        if busy.predicted_s > 0.0 and took_s > max(self.quantum_s, _SLOW * busy.predicted_s):
            self.slow.append(
                {
                    "at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "job_id": job.request.job_id,
                    "stage": busy.stage,
                    "predicted_s": round(busy.predicted_s, 3),
                    "took_s": round(took_s, 3),
                }
            )

    def learn_job(self, job: Job) -> None:
        """Note what a job took that is done."""
        self.times.note(job.plugin, 1, job.spent_s)

    def exceeding(self, models: Iterable[Model]) -> list[str]:
        """Return the keys of models of which a single item takes longer than a quantum."""
        return [
            model.key
            for model in models
            if (model.lane, model.key) in self._single
            and (self.times.predict_s((model.lane, model.key), 1) or 0.0) > self.quantum_s
        ]


def place_of(job: Job) -> Hashable:
    """Return what names the processor work that a job does next, the same in every job of its plug-in."""
    progress = job.progress
    if progress is None:
        return job.plugin, "", "begins"
    if progress.ends_stage:
        return job.plugin, progress.stage, "ends"
    return job.plugin, progress.stage, "windows" if progress.unit > 0 else round(progress.fraction, 4)


def joins_of(job: Job) -> tuple[str, str] | None:
    """Return what names the runs that a job's next one may be joined with; None if it waits for none."""
    return None if job.wants is None else (job.lane, job.wants.model)
