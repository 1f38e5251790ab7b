"""Which models lie on the device, in which lane: the books in bytes, kept before anything is loaded.

A model's entry in the ledger is its weights, and its weights and measured workspace while it may be run.
What would not fit is not done: first idle models rest (give back the memory for their activations), then
the least valuable are dropped, and until a worker says that it is done the bytes stay reserved.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from allward_engine.batching import TimeTable
from allward_engine.front.jobs import Wanted
from allward_engine.front.models import Do, Model, ModelState, Order
from allward_engine.ledger import Ledger
from allward_engine.residency_policy import Popularity, Resident, choose_victims
from allward_sdk.errors import PluginFaultError, TemporaryError

GUESSED_WORKSPACE = 32
"""Bytes of activations for each byte of input, before they were measured: 32 feature channels at full size,
as in the first layer of an nnU-Net. Source: ADR-0013."""

LARGE_WORKSPACE_BYTES = 64 * 2**20
"""A workspace as large as this goes back as soon as nothing waits for the model."""

_LOAD_BYTES_PER_S = 100e6
_LOAD_START_S = 0.2
"""A first guess at a load: what OpenVINO and ONNX Runtime took for a 60 MB graph on two cores."""


class Residency:
    """The books of one device.

    Parameters
    ----------
    waiting
        Tells how many jobs of a lane need a graph for what they do next.

    Attributes
    ----------
    pinned
        Digests of graphs that are never evicted.
    """

    def __init__(
        self, capacity_bytes: int, waiting: Callable[[str, str], int] = lambda lane, sha256: 0
    ) -> None:
        self.ledger = Ledger(capacity_bytes)
        self._waiting = waiting
        self._names: dict[str, str] = {}
        self.pinned: set[str] = set()
        self.evictions = self.loads = 0
        self._models: dict[tuple[str, str], Model] = {}
        self._current: dict[str, str] = {}
        """Lane -> the model that it is loading, or running, or about to."""
        self._popularity = Popularity()
        self._load_times = TimeTable()
        self._sizes: dict[str, int] = {}
        """Model -> what it was measured to take when it was loaded."""

    def get(self, lane: str, key: str) -> Model | None:
        """Return a model in a lane, whatever its state."""
        return self._models.get((lane, key))

    def is_ready(self, lane: str, key: str) -> bool:
        """Tell whether a model can be run in a lane without loading it."""
        model = self.get(lane, key)
        return model is not None and model.state is ModelState.RESIDENT

    def runnable(self, lane: str) -> list[str]:
        """Return the keys of the models that a lane may run just now, their workspace being reserved."""
        return [
            model.key
            for model in self._models.values()
            if model.lane == lane
            and model.state is ModelState.RESIDENT
            and model.active
            and not model.resting
        ]

    def note_arrival(self, names: Mapping[str, str], now_s: float) -> None:
        """Note that work came for models: digest -> what the plug-in calls it."""
        self._names.update(names)
        for sha256 in names:
            self._popularity.note(sha256, now_s)

    def predicted_load_s(self, sha256: str, size_bytes: int) -> float:
        """Return what loading will take: as before, else by the size of the file."""
        measured = self._load_times.predict_s(sha256, 1)
        return _LOAD_START_S + size_bytes / _LOAD_BYTES_PER_S if measured is None else measured

    def prepare(self, lane: str, wanted: Wanted, now_s: float) -> Order:
        """Return what has to be done next so that a lane may run a model; NOTHING if it may.

        Whatever is returned is in the books already.

        Raises
        ------
        PluginFaultError
            If the model alone is larger than the device.
        TemporaryError
            If only pinned models stand in its way.
        """
        self._current[lane] = wanted.model
        model = self.get(lane, wanted.model)
        if model is None:
            return self._begin_load(lane, wanted, now_s)
        if model.state is not ModelState.RESIDENT or model.resting:
            return Order(Do.WAIT)
        if model.active:
            return Order(Do.NOTHING)
        workspace = min(model.workspace_bytes, self.ledger.capacity_bytes - model.size_bytes)
        if self.ledger.resize(model.account, model.size_bytes + workspace):
            model.active, model.workspace_bytes = True, workspace
            return Order(Do.NOTHING)
        return self._make_room(model.size_bytes + workspace - self._held(model), model, now_s)

    def loaded(self, lane: str, key: str, said: dict[str, Any], now_s: float) -> bool:
        """Note that a load is done, and what it measured; False if the model turns out not to fit."""
        model = self._models[lane, key]
        model.state, model.last_used_s, model.device = ModelState.RESIDENT, now_s, str(said["device"])
        self.loads += 1
        self._load_times.note(model.sha256, 1, float(said["took_s"]))
        size_bytes = self._sizes[key] = int(said["bytes"])
        if self.ledger.resize(model.account, size_bytes):
            model.size_bytes = size_bytes
            return True
        return False

    def evict(self, lane: str, key: str) -> Order:
        """Let a lane drop a model; its bytes stay reserved until that is done."""
        self._models[lane, key].state = ModelState.EVICTING
        return Order(Do.DROP, lane, key)

    def models(self) -> list[Model]:
        """Return all models in all lanes."""
        return list(self._models.values())

    def forget(self, lane: str, key: str) -> None:
        """Note that a model is gone: dropped, or its load failed."""
        model = self._models.pop((lane, key), None)
        if model is not None:
            self.ledger.release(model.account)
            self.evictions += model.state is ModelState.EVICTING
        if self._current.get(lane) == key:
            del self._current[lane]

    def rested(self, lane: str, key: str) -> None:
        """Note that a model has given back the memory for its activations."""
        model = self._models[lane, key]
        model.active = model.resting = False
        self.ledger.resize(model.account, model.size_bytes)

    def ran(self, lane: str, key: str, workspace_bytes: int | None, now_s: float) -> None:
        """Note that a run ended, and what its activations were measured to take."""
        model = self._models[lane, key]
        model.last_used_s, model.fresh = now_s, False
        if workspace_bytes is None:
            return
        most = max(workspace_bytes, model.workspace_bytes) if model.measured else workspace_bytes
        most = min(most, self.ledger.capacity_bytes - model.size_bytes)
        model.measured, model.workspace_bytes = True, most
        if model.active and not self.ledger.resize(model.account, model.size_bytes + most):
            model.active = False  # room for all of it is made before it runs again
            self.ledger.resize(model.account, model.size_bytes)

    def rest_idle(self, lane: str, key: str) -> Order:
        """Let a model rest that nothing waits for, if that gives much back."""
        model = self.get(lane, key)
        if model is None or not model.active or model.resting:
            return Order(Do.NOTHING)
        if model.workspace_bytes < LARGE_WORKSPACE_BYTES:
            return Order(Do.NOTHING)
        model.resting = True
        return Order(Do.REST, lane, key)

    def idle(self, lane: str) -> None:
        """Note that a lane has nothing to run: none of its models is in use."""
        self._current.pop(lane, None)

    def device_has(self, capacity_bytes: int) -> None:
        """Note what the device really has, if that is less than what the front was given."""
        if capacity_bytes < self.ledger.capacity_bytes and not self._models:
            self.ledger = Ledger(capacity_bytes)

    def lane_lost(self, lane: str) -> None:
        """Note that a lane's worker is gone, and everything that it had loaded."""
        self._current.pop(lane, None)
        for model in [model for model in self._models.values() if model.lane == lane]:
            model.state = ModelState.RESIDENT  # it was not evicted
            self.forget(lane, model.key)

    def pin(self, sha256: str, *, pinned: bool) -> None:
        """Keep a graph resident once it is loaded, or no longer."""
        (self.pinned.add if pinned else self.pinned.discard)(sha256)

    def describe(self, exceeds_quantum: Iterable[str], now_s: float) -> list[dict[str, Any]]:
        """Return the models as JSON."""
        exceeding = set(exceeds_quantum)
        return [
            {
                "sha256": model.sha256,
                "name": self._names.get(model.sha256, model.sha256[:12]),
                "lane": model.lane,
                "state": model.state.value,
                "bytes": model.size_bytes,
                "workspace_bytes": model.workspace_bytes,
                "pinned": model.sha256 in self.pinned,
                "last_used_s": round(now_s - model.last_used_s, 3),
                "device": model.device,
                "exceeds_quantum": model.key in exceeding,
            }
            for model in self._models.values()
        ]

    def _begin_load(self, lane: str, wanted: Wanted, now_s: float) -> Order:
        capacity = self.ledger.capacity_bytes
        size_bytes = max(wanted.file_bytes, self._sizes.get(wanted.model, 0))
        if size_bytes > capacity:
            raise PluginFaultError(
                f"The model {wanted.sha256[:12]}… takes {size_bytes / 2**20:.0f} MiB; "
                f"the engine's device has {capacity / 2**20:.0f} MiB."
            )
        guess = min(wanted.item_bytes * GUESSED_WORKSPACE, capacity - size_bytes)
        model = Model(lane, wanted.model, wanted.sha256, size_bytes, now_s, guess)
        if self.ledger.reserve(model.account, size_bytes):
            self._models[lane, wanted.model] = model
            return Order(Do.LOAD, lane, model.key)
        return self._make_room(size_bytes, model, now_s)

    def _make_room(self, need_bytes: int, for_model: Model, now_s: float) -> Order:
        """Choose one thing that frees memory; what it frees is counted when its worker says so."""
        missing = need_bytes - self.ledger.free_bytes
        coming = sum(
            m.held_bytes if m.state is ModelState.EVICTING else m.workspace_bytes
            for m in self._models.values()
            if m.state is ModelState.EVICTING or m.resting
        )
        if coming >= missing:
            return Order(Do.WAIT)
        others = [m for m in self._models.values() if m is not for_model and not self._in_use(m)]
        others = [m for m in others if m.state is ModelState.RESIDENT and not m.resting]
        idle = next((m for m in others if m.active and m.workspace_bytes > 0), None)
        if idle is not None:
            idle.resting = True
            return Order(Do.REST, idle.lane, idle.key)
        victims = choose_victims([self._resident(m, now_s) for m in others], missing - coming, now_s)
        if victims:
            lane, key = victims[0].key.split("/", 1)
            return self.evict(lane, key)
        return self._wait_or_refuse(for_model)

    def _wait_or_refuse(self, for_model: Model) -> Order:
        busy = [m for m in self._models.values() if m is not for_model and self._in_use(m)]
        if busy or any(m.state is not ModelState.RESIDENT for m in self._models.values()):
            return Order(Do.WAIT)
        if self._models.get((for_model.lane, for_model.key)) is for_model:
            # Nothing else is here that could go: the model runs with the workspace that is left.
            self.ledger.resize(for_model.account, for_model.size_bytes + self.ledger.free_bytes)
            for_model.active = True
            return Order(Do.NOTHING)
        raise TemporaryError("The device's memory is held by models that are pinned to it.")

    def _resident(self, model: Model, now_s: float) -> Resident:
        return Resident(
            key=model.account,
            size_bytes=model.held_bytes,
            reload_s=self.predicted_load_s(model.sha256, model.size_bytes),
            last_used_s=model.last_used_s,
            rate_per_s=self._popularity.rate_per_s(model.sha256, now_s),
            pinned=model.sha256 in self.pinned,
            in_use=self._in_use(model),
            waiting=self._waiting(model.lane, model.sha256),
        )

    def _in_use(self, model: Model) -> bool:
        """Tell whether a unit runs on a model, or it was loaded for one that waits."""
        if self._current.get(model.lane) == model.key:
            return True
        return model.fresh and self._waiting(model.lane, model.sha256) > 0

    def _held(self, model: Model) -> int:
        return self.ledger.held()[model.account]
