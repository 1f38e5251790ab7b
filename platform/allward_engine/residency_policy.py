"""Which loaded models make room for another: pure functions over what is resident.

A model is worth keeping for the seconds of loading that it is expected to save, per byte that it takes.
What is pinned stays, what a unit runs on cannot go, and what queued work needs goes last: the queue is the
part of the future that is known. How long a model was idle plays no part beyond that; it is in its rate of
arrivals already, and counting it twice costs hits (ADR-0014 has the figures).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

HALF_LIFE_S = 2 * 3600.0
"""After this time an arrival counts half: some 700 arrivals of a busy hospital, enough to tell models apart
and few enough to follow the day. Source: ADR-0014."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A loaded model, as the policy sees it."""

    key: str
    size_bytes: int
    """All that its eviction gives back: weights and workspace."""
    reload_s: float
    """Predicted time to load it again."""
    last_used_s: float
    """When its last unit ended, on the clock of `now_s`."""
    rate_per_s: float
    """Predicted arrivals of work for it, see `Popularity`."""
    pinned: bool = False
    in_use: bool = False
    """Whether a unit runs on it."""
    waiting: int = 0
    """Jobs in the queue or under way that need it for their next unit."""


class Popularity:
    """Arrivals per model, older ones counting less and less.

    Parameters
    ----------
    half_life_s
        After which an arrival counts half.
    """

    def __init__(self, half_life_s: float = HALF_LIFE_S) -> None:
        self._decay_per_s = math.log(2) / half_life_s
        self._counts: dict[str, tuple[float, float]] = {}

    def note(self, key: str, now_s: float) -> None:
        """Note that work for a model came."""
        self._counts[key] = (self._count(key, now_s) + 1.0, now_s)

    def rate_per_s(self, key: str, now_s: float) -> float:
        """Return the arrivals per second to expect; 0 for a model that nobody has asked for."""
        return self._count(key, now_s) * self._decay_per_s

    def _count(self, key: str, now_s: float) -> float:
        count, then_s = self._counts.get(key, (0.0, now_s))
        return count * math.exp(-self._decay_per_s * max(0.0, now_s - then_s))


def eviction_value(model: Resident) -> float:
    """Return how much is gained by evicting a model: bytes per second of loading that it is expected to save.

    Source
    ------
    ADR-0014: bytes / (reload s * arrivals per s).
    """
    saved = model.reload_s * model.rate_per_s
    return math.inf if saved <= 0.0 else model.size_bytes / saved


def choose_victims(resident: Iterable[Resident], need_bytes: int, now_s: float) -> list[Resident] | None:
    """Choose the models to evict so that a number of bytes comes free; None if that cannot be.

    Every victim is needed: without any one of them the bytes would not suffice. Of equal models the one
    that was idle for longest goes first, so that the same question has the same answer.

    Parameters
    ----------
    need_bytes
        To be freed beyond what is free already; 0 or less needs no victim.

    Returns
    -------
    the victims, the most worth evicting first
    """
    movable = [model for model in resident if not model.pinned and not model.in_use]
    movable.sort(
        key=lambda model: (
            model.waiting > 0,
            -eviction_value(model),
            model.last_used_s - now_s,
            model.key,
        )
    )
    chosen: list[Resident] = []
    freed = 0
    for model in movable:
        if freed >= need_bytes:
            break
        chosen.append(model)
        freed += model.size_bytes
    if freed < need_bytes:
        return None
    for model in reversed(tuple(chosen)):
        if freed - model.size_bytes >= need_bytes:
            chosen.remove(model)
            freed -= model.size_bytes
    return chosen
