"""The models of an engine inside its caller's own process: the least recently used goes first.

The engine process keeps its books in `allward_engine/front/residency.py`; here one job runs at a time.
"""

import hashlib
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allward_engine.memory import give_back_freed_memory, resident_mib
from allward_engine.sessions import ModelSpec, Runtime, Session
from allward_sdk.errors import PluginFaultError, TemporaryError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Loaded:
    session: Session
    mib: float


class Models:
    """The loaded models of one device; used by the lane's thread alone.

    Parameters
    ----------
    folder
        Holds ``<sha256>.onnx`` of every model of the installed plug-ins.
    runtime
        Loads them.
    budget_mib
        What loaded models may take together; the one in use stays even if it is larger alone.
    """

    def __init__(self, folder: Path, runtime: Runtime, *, budget_mib: float) -> None:
        self.runtime = runtime
        self._folder = folder
        self.budget_mib = budget_mib
        self._loaded: OrderedDict[ModelSpec, _Loaded] = OrderedDict()
        self._active: ModelSpec | None = None

    def get(self, spec: ModelSpec) -> Session:
        """Return a model, loading it if need be; the one used before gives back its activations.

        Two models that are both in the middle of a job would not fit into memory together.

        Raises
        ------
        TemporaryError
            If the file is not there (yet).
        PluginFaultError
            If its bytes are not the ones that the manifest names, or it does not load.
        """
        if self._active != spec:
            self.rest()
        found = self._loaded.get(spec)
        if found is None:
            graph = read_model(self._folder, spec.sha256)
            self._make_room(len(graph) / 2**20)
            before = resident_mib() or 0.0
            session = self.runtime.load(graph, spec)
            grown = (resident_mib() or 0.0) - before
            found = self._loaded[spec] = _Loaded(session, max(grown, len(graph) / 2**20))
            log.info("loaded model %s on %s, %.0f MiB", spec.sha256[:12], session.device, found.mib)
        self._loaded.move_to_end(spec)
        self._active = spec
        return found.session

    def rest(self) -> None:
        """Let the model that was used last give back the memory for its activations."""
        active = self._loaded.get(self._active) if self._active is not None else None
        self._active = None
        if active is not None:
            active.session.release()
            give_back_freed_memory()

    def describe(self) -> list[dict[str, Any]]:
        """Return what is loaded, most recently used last, as JSON."""
        return [
            {"sha256": spec.sha256, "device": item.session.device, "mib": round(item.mib, 1)}
            for spec, item in list(self._loaded.items())
        ]

    def _make_room(self, coming_mib: float) -> None:
        while self._loaded and sum(m.mib for m in self._loaded.values()) + coming_mib > self.budget_mib:
            spec, _ = self._loaded.popitem(last=False)
            log.info("dropped model %s", spec.sha256[:12])
            give_back_freed_memory()


def read_model(folder: Path, sha256: str) -> bytes:
    """Read a model's file and check it against its digest.

    Raises
    ------
    TemporaryError
        If the file is not there (yet).
    PluginFaultError
        If its bytes are not the ones that the manifest names.
    """
    path = folder / f"{sha256}.onnx"
    try:
        graph = path.read_bytes()
    except FileNotFoundError as error:
        raise TemporaryError(f"The model {sha256[:12]}… is not installed on this engine.") from error
    except OSError as error:
        raise TemporaryError(f"The model {sha256[:12]}… cannot be read: {error}") from error
    if hashlib.sha256(graph).hexdigest() != sha256:
        raise PluginFaultError(
            f"The model file {path.name} has been altered: its digest is not the one in the manifest."
        )
    return graph
