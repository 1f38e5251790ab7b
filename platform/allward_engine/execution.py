"""One job being worked on: unit by unit, with its clock, its time limit and its way to be stopped."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from allward_engine.memory import give_back_freed_memory, peak_resident_mib
from allward_engine.operations.segmentation import Segmentation, segment
from allward_engine.requests import Progress, SegmentRequest, SegmentResult
from allward_engine.residency import Models
from allward_engine.units import Infer, Units
from allward_sdk.errors import PluginFaultError


@dataclass
class Execution:
    """Runs a request's units; nothing happens between two calls of `step`.

    Attributes
    ----------
    result
        None until the last unit is done.
    spent_s
        Time spent on units; waiting for other jobs does not count.
    """

    request: SegmentRequest
    volume_kji: npt.NDArray[Any] | None
    models: Models
    result: SegmentResult | None = None
    spent_s: float = 0.0
    _timings_s: dict[str, float] = field(default_factory=dict)
    _units: Units[Segmentation] | None = None

    def step(self) -> Progress | None:
        """Run one unit; returns None when the last one is done and `result` is there.

        Raises
        ------
        PluginFaultError
            Also if the units so far took longer than the manifest's `resources.timeout_s`.
        """
        if self._units is None:
            assert self.volume_kji is not None
            self._units = segment(self.request, self.volume_kji)
        start = time.perf_counter()
        try:
            progress = self._advance(self._units)
        except StopIteration as stop:
            self._finish(stop.value)
            return None
        took_s = time.perf_counter() - start
        self.spent_s += took_s
        self._timings_s[progress.stage] = self._timings_s.get(progress.stage, 0.0) + took_s
        limit_s = self.request.manifest.resources.timeout_s
        if self.spent_s > limit_s:
            raise PluginFaultError(f"The plug-in took longer than the {limit_s} s that it declares.")
        return progress

    def close(self) -> None:
        """Give up: let go of the volume and of everything that the units hold."""
        if self._units is not None:
            self._units.close()
        self._units = None
        self.volume_kji = None
        self.models.rest()
        give_back_freed_memory()

    def _advance(self, units: Units[Segmentation]) -> Progress:
        """Run on to the next progress, models and all."""
        said = next(units)
        while isinstance(said, Infer):
            said = units.send(self.models.get(said.model).run(said.tensor))
        if said.units is not None and said.unit == said.units:
            self.models.rest()  # a stage is done: its activations are not needed while labels are made
        return said

    def _finish(self, found: Any) -> None:
        manifest = self.request.manifest
        self.result = SegmentResult(
            labels_kji=found.labels_kji,
            stages_run=found.stages_run,
            timings_s={name: round(took, 3) for name, took in self._timings_s.items()},
            device=self.models.runtime.name,
            models={stage.model: manifest.models[stage.model].sha256 for stage in manifest.stages},
            peak_memory_mib=peak_resident_mib(),
        )
        self.close()
