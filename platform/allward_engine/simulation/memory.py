"""The models on a simulated device: loaded under the real ledger, evicted by the real policy."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from allward_engine.ledger import Ledger
from allward_engine.residency_policy import Popularity, Resident, choose_victims
from allward_engine.simulation.load import Model, Running

Victims = Callable[[Iterable[Resident], int, float], list[Resident] | None]
"""How victims are chosen; `choose_victims`, or what it is compared with."""


@dataclass(slots=True)
class _Loaded:
    model: Model
    last_used_s: float
    ready: bool


class Memory:
    """What is resident per lane: each lane is a process, and has its own copy of a model.

    Parameters
    ----------
    pinned
        Models by their account, see `account`, that are there from the beginning and never go.

    Attributes
    ----------
    loads, evictions
        How many there were.
    over_commits
        How often more bytes were resident than the device has; counted from the models, not from the ledger.
    """

    def __init__(
        self,
        capacity_bytes: int,
        *,
        pinned: Mapping[str, Model] | None = None,
        victims: Victims = choose_victims,
    ) -> None:
        self.ledger = Ledger(capacity_bytes)
        self.loads = self.evictions = self.over_commits = 0
        self._popularity = Popularity()
        self._pinned = pinned or {}
        self._victims = victims
        self._loaded: dict[str, _Loaded] = {}
        for name, model in self._pinned.items():
            if not self.ledger.reserve(name, model.size_bytes):
                raise ValueError(f"the pinned models do not fit: {name}")
            self._loaded[name] = _Loaded(model, 0.0, ready=True)

    def note_arrival(self, models: Iterable[Model], now_s: float) -> None:
        """Note that a job came which needs models."""
        for model in models:
            self._popularity.note(model.key, now_s)

    def has(self, lane: str, model: Model) -> bool:
        """Tell whether a lane can run a model now."""
        found = self._loaded.get(account(lane, model))
        return found is not None and found.ready

    def load_s(self, lane: str, model: Model) -> float:
        """Return how long a lane would have to wait for a model to be loaded."""
        return 0.0 if self.has(lane, model) else model.load_s

    def use(self, lane: str, model: Model, now_s: float) -> None:
        """Note that a lane's unit ended on a model."""
        self._loaded[account(lane, model)].last_used_s = now_s

    def begin_load(
        self, lane: str, model: Model, queue: Iterable[tuple[str, Running]], now_s: float, *, in_use: set[str]
    ) -> bool:
        """Make room for a model and reserve it; False, and nothing changed, where that cannot be now.

        Parameters
        ----------
        queue
            Jobs on the device, each with its lane.
        in_use
            Accounts, see `account`, that must stay.
        """
        waiting: dict[str, int] = {}
        for their_lane, running in queue:
            name = account(their_lane, running.now_in.model)
            waiting[name] = waiting.get(name, 0) + 1
        residents = [self._resident(name, waiting, in_use, now_s) for name in self._loaded]
        victims = self._victims(residents, model.size_bytes - self.ledger.free_bytes, now_s)
        if victims is None:
            return False
        with self.ledger.transaction() as change:
            for victim in victims:
                change.release(victim.key)
            change.reserve(account(lane, model), model.size_bytes)
        if change.failed:
            return False
        for victim in victims:
            del self._loaded[victim.key]
        self.evictions += len(victims)
        self._loaded[account(lane, model)] = _Loaded(model, now_s, ready=False)
        used_bytes = sum(item.model.size_bytes for item in self._loaded.values())
        self.over_commits += used_bytes > self.ledger.capacity_bytes
        return True

    def end_load(self, lane: str, model: Model, now_s: float) -> None:
        """Note that a model is loaded."""
        self.loads += 1
        loaded = self._loaded[account(lane, model)]
        loaded.ready, loaded.last_used_s = True, now_s

    def _resident(self, name: str, waiting: dict[str, int], in_use: set[str], now_s: float) -> Resident:
        loaded = self._loaded[name]
        return Resident(
            key=name,
            size_bytes=loaded.model.size_bytes,
            reload_s=loaded.model.load_s,
            last_used_s=loaded.last_used_s,
            rate_per_s=self._popularity.rate_per_s(loaded.model.key, now_s),
            pinned=name in self._pinned,
            in_use=name in in_use or not loaded.ready,
            waiting=waiting.get(name, 0),
        )


def account(lane: str, model: Model) -> str:
    """Return the ledger's key of a lane's copy of a model."""
    return f"{lane}/{model.key}"
