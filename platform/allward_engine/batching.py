"""How many units run together: as many as the quantum allows, by what their like took before."""

from collections.abc import Hashable, Iterable

from allward_engine.policy import CLASS, Work

QUANTUM_S = 0.3
"""How long a unit of bulk work may take on a processor; an urgent one waits for one such unit. A GPU takes
0.05. Source: ADR-0014."""

WEIGHT_OF_THE_LATEST = 0.2
"""How much one measurement moves a prediction."""


class TimeTable:
    """What a batch of each size took, per model and shape."""

    def __init__(self) -> None:
        self._took_s: dict[Hashable, dict[int, float]] = {}

    def note(self, key: Hashable, items: int, took_s: float) -> None:
        """Note a measurement; later ones count more, one alone does not overturn the rest."""
        sizes = self._took_s.setdefault(key, {})
        before = sizes.get(items, took_s)
        sizes[items] = before + WEIGHT_OF_THE_LATEST * (took_s - before)

    def predict_s(self, key: Hashable, items: int) -> float | None:
        """Return how long a batch will take; None where nothing like it has run.

        A size between two measured ones is taken to last as long as the larger, one beyond the largest
        as long as its part of the largest: both are at least what a device needs.
        """
        sizes = self._took_s.get(key)
        if not sizes:
            return None
        larger = [took_s for size, took_s in sizes.items() if size >= items]
        if larger:
            return min(larger)
        largest = max(sizes)
        return sizes[largest] * items / largest


def companions(
    chosen: Work, waiting: Iterable[Work], times: TimeTable, *, quantum_s: float = QUANTUM_S, most: int = 64
) -> list[Work]:
    """Choose the work whose units run in one batch with a chosen one, the longest wait first.

    Only work with the same model, shape and class joins, and only while the batch is predicted to end
    within the quantum. A chosen unit that is longer than that alone, or of which nothing is known yet, runs
    alone. Nothing is waited for.

    Parameters
    ----------
    most
        Items that a batch may have; the model's own limit or the memory's.
    """
    if chosen.joins is None:
        return []
    alike = [
        work
        for work in waiting
        if work.joins == chosen.joins
        and CLASS[work.priority] == CLASS[chosen.priority]
        and work.job_id != chosen.job_id
    ]
    items, joined = chosen.items, list[Work]()
    for work in sorted(alike, key=lambda work: (work.arrived_s, work.job_id)):
        predicted_s = times.predict_s(chosen.joins, items + work.items)
        if items + work.items <= most and predicted_s is not None and predicted_s <= quantum_s:
            joined.append(work)
            items += work.items
    return joined
