"""The sessions of one worker: loaded, run, rested and dropped as the front says, which keeps the books."""

import hashlib
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from allward_engine.memory import give_back_freed_memory
from allward_engine.residency import read_model
from allward_engine.sessions import ModelSpec, Output, Runtime, Session
from allward_engine.units import Infer
from allward_engine.worker.meter import Meter
from allward_sdk.errors import PluginFaultError, TemporaryError

log = logging.getLogger(__name__)

_NO_MEMORY = re.compile(
    r"bad_alloc|out of memory|failed to allocate|cannot allocate|could not allocate|OOM|CUBLAS_STATUS_ALLOC",
    re.IGNORECASE,
)
"""How runtimes say in their messages that memory ran out; none of them has a class for it."""


@dataclass(slots=True)
class _Loaded:
    spec: ModelSpec
    session: Session
    workspaces: dict[int, int] = field(default_factory=dict)
    """Items of a run -> measured peak of its activations, in bytes."""


class LoadedModels:
    """What this worker holds; keys name a graph and its use, the same in every process."""

    def __init__(self, folder: Path, runtime: Runtime, meter: Meter) -> None:
        self.runtime = runtime
        self.meter = meter
        self._folder = folder
        self._loaded: dict[str, _Loaded] = {}
        self._loading = 0
        """Loads under way: beside one, nothing else can be measured."""

    def wanted(self, infer: Infer) -> dict[str, Any]:
        """Return what the front must know of a pending run, as JSON."""
        spec = infer.model
        try:
            size_bytes = (self._folder / f"{spec.sha256}.onnx").stat().st_size
        except OSError:
            size_bytes = 0  # the load will say it in words
        return {
            "model": key_of(spec),
            "sha256": spec.sha256,
            "bytes": size_bytes,
            "items": int(infer.tensor.shape[0]),
            "item_bytes": int(infer.tensor.nbytes // max(1, infer.tensor.shape[0])),
        }

    def load(self, spec: ModelSpec) -> dict[str, Any]:
        """Load a model; returns its measured size and time as JSON.

        Raises
        ------
        TemporaryError
            If the file is not there (yet), or memory ran out.
        PluginFaultError
            If its bytes are not the ones that the manifest names, or it does not load.
        """
        start_s = time.perf_counter()
        graph = read_model(self._folder, spec.sha256)
        size_bytes = len(graph)
        before = self.meter.held_bytes()
        self._loading += 1
        try:
            session = self.runtime.load(graph, spec)
        except (MemoryError, PluginFaultError) as error:
            raise _judged(error) from error
        finally:
            self._loading -= 1
        del graph
        give_back_freed_memory()
        grown = self.meter.held_bytes() - before
        self._loaded[key_of(spec)] = _Loaded(spec, session)
        took_s = time.perf_counter() - start_s
        log.info("loaded model %s on %s in %.2f s", spec.sha256[:12], session.device, took_s)
        return {
            "bytes": max(grown, size_bytes),
            "file_bytes": size_bytes,
            "took_s": took_s,
            "device": session.device,
        }

    def run(self, key: str, tensors: Sequence[Any]) -> tuple[list[Output], int | None]:
        """Run a model once on several executions' tensors, joined along the batch axis.

        Returns
        -------
        one output for each tensor, and the measured workspace in bytes; None where it could not be measured

        Raises
        ------
        PluginFaultError
            If the model fails, or returns another number of items than it was given.
        TemporaryError
            If memory ran out.
        """
        loaded = self._loaded[key]
        items = sum(len(tensor) for tensor in tensors)
        joined = tensors[0] if len(tensors) == 1 else np.concatenate(tensors)
        measuring = items not in loaded.workspaces and not self._loading
        before = self._start_measuring(loaded) if measuring else 0
        try:
            output = loaded.session.run(joined)
        except (MemoryError, PluginFaultError) as error:
            raise _judged(error) from error
        if measuring and not self._loading:
            loaded.workspaces[items] = max(0, self.meter.peak_bytes() - before)
        return _scattered(output, [len(tensor) for tensor in tensors]), loaded.workspaces.get(items)

    def rest(self, key: str) -> None:
        """Let a model give back the memory for its activations."""
        self._loaded[key].session.release()
        give_back_freed_memory()

    def drop(self, key: str) -> None:
        """Let go of a model."""
        del self._loaded[key]
        give_back_freed_memory()

    def _start_measuring(self, loaded: _Loaded) -> int:
        loaded.session.release()
        give_back_freed_memory()
        self.meter.start()
        return self.meter.held_bytes()


def key_of(spec: ModelSpec) -> str:
    """Return a short name for a graph and how it is used, the same in every process."""
    return hashlib.sha256(repr(spec).encode()).hexdigest()[:24]


def _scattered(output: Output, counts: Sequence[int]) -> list[Output]:
    if len(counts) == 1:
        return [output]
    ends = np.cumsum(counts)
    if any(len(tensor) != ends[-1] for tensor in output.tensors):
        raise PluginFaultError(
            f"The model was given {ends[-1]} items and returned {[len(t) for t in output.tensors]}."
        )
    parts = [np.split(tensor, ends[:-1]) for tensor in output.tensors]
    return [replace(output, tensors=tuple(part[n] for part in parts)) for n in range(len(counts))]


def _judged(error: MemoryError | PluginFaultError) -> TemporaryError | PluginFaultError:
    """Return the error by whose fault it is: that memory ran out is nobody's."""
    if isinstance(error, MemoryError) or _NO_MEMORY.search(str(error)):
        return TemporaryError(f"The engine has no memory left: {error}")
    return error
