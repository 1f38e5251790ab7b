"""One job being worked on: from yield to yield, with its clock; it holds no session and decides nothing."""

from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from allward_engine.memory import give_back_freed_memory, peak_resident_mib
from allward_engine.operations.chain import Everything, operate
from allward_engine.requests import Progress, SegmentResult
from allward_engine.sessions import Output
from allward_engine.tile_requests import AnyRequest
from allward_engine.units import Infer, Units
from allward_sdk.references import models_of

_SMALL_BYTES = 2 * 2**20
"""Images of at most this size are prepared in less time than it takes to tell of it."""


@dataclass
class Execution:
    """A request's operation, run by whoever calls `advance`; nothing happens between two calls.

    Attributes
    ----------
    device
        What runs its models; the result names what really did, reduced arithmetic included.
    small
        Whether its images are so small that all but its models takes no time.
    result
        None until the last unit is done.
    """

    request: AnyRequest
    volume_kji: npt.NDArray[Any] | None
    device: str
    result: SegmentResult | None = None
    small: bool = field(init=False)
    _timings_s: dict[str, float] = field(default_factory=dict)
    _since_progress_s: float = 0.0
    _used: dict[str, None] = field(default_factory=dict)
    _units: Units[Everything] | None = None

    def __post_init__(self) -> None:
        """Look at the images."""
        self.small = self.volume_kji is not None and self.volume_kji.nbytes <= _SMALL_BYTES

    def advance(self, answer: Output | None = None) -> Progress | Infer | None:
        """Run on to the next yield; returns None when there is none and `result` is there.

        Parameters
        ----------
        answer
            What the model returned, if an `Infer` was said last.
        """
        if self._units is None:
            assert self.volume_kji is not None
            self._units = operate(self.request, self.volume_kji)
        if answer is not None and answer.device:
            self._used[answer.device] = None
        try:
            return self._units.send(answer)
        except StopIteration as stop:
            self._finish(stop.value)
            return None

    def charge(self, took_s: float, said: Progress | Infer | None) -> None:
        """Note how long a unit took, and what was said at its end."""
        self._since_progress_s += took_s
        if isinstance(said, Progress):
            before_s = self._timings_s.get(said.stage, 0.0)
            self._timings_s[said.stage] = before_s + self._since_progress_s
            self._since_progress_s = 0.0

    def close(self) -> None:
        """Give up: let go of the volume and of everything that the units hold."""
        if self._units is not None:
            self._units.close()
        self._units = None
        self.volume_kji = None
        if not self.small:  # giving pages back and getting them again takes longer than a small job
            give_back_freed_memory()

    def _finish(self, found: Everything) -> None:
        manifest = self.request.manifest
        self.result = SegmentResult(
            labels_kji=found.labels_kji,
            stages_run=found.stages_run,
            timings_s={name: round(took, 3) for name, took in self._timings_s.items()},
            device=", ".join(self._used) or self.device,
            models={name: manifest.models[name].sha256 for name in models_of(manifest)},
            peak_memory_mib=peak_resident_mib(),
            found=found.found,
            arrays=found.arrays,
        )
        self.close()
