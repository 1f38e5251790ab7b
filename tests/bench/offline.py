"""The best that could have been done: which models to keep, by somebody who knows the whole trace.

A request for a model that is not resident loads it, since it has to run; so the oracles load it too.
"""

from collections.abc import Sequence

NEVER = 10**12
"""A next request that does not come."""


def next_requests(trace: Sequence[int]) -> list[int]:
    """Return for each request when its model is asked for again."""
    following = [NEVER] * len(trace)
    last: dict[int, int] = {}
    for place in range(len(trace) - 1, -1, -1):
        following[place] = last.get(trace[place], NEVER)
        last[trace[place]] = place
    return following


def belady_hits(trace: Sequence[int], capacity: int) -> int:
    """Return the most hits that are possible with models of one size: the one needed last goes.

    Source
    ------
    Belady, IBM Systems Journal 5 (1966), 78-101.
    """
    following, kept, hits = next_requests(trace), dict[int, int](), 0
    for place, model in enumerate(trace):
        if model in kept:
            hits += 1
        elif len(kept) >= capacity:
            del kept[max(kept, key=lambda name: (kept[name], name))]
        kept[model] = following[place]
    return hits


def hits_without_foresight(trace: Sequence[int], capacity: int) -> int:
    """Return the hits of the best that is possible for independent requests if only their odds are known.

    All places but one hold the most popular models, which are those of the smallest numbers here; the last
    holds what was asked for last.

    Source
    ------
    Aho, Denning, Ullman: Principles of optimal page replacement, J. ACM 18 (1971), the rule A0.
    """
    hits, last, seen = 0, NEVER, set[int]()
    for model in trace:
        popular = model < capacity - 1
        hits += model in seen if popular else model == last
        last = last if popular else model
        seen.add(model)
    return hits


def belady_of_sizes(
    trace: Sequence[int], sizes: Sequence[int], capacity: int, costs: Sequence[float] | None = None
) -> tuple[int, float]:
    """Return hits and cost of loads of the greedy oracle for models of several sizes.

    The one with the largest bytes times distance to its next request, over the cost of its load, goes. The
    optimum is NP-hard; this is a strong schedule that can be carried out, `bound_of_hits` is above any.
    """
    price = costs or [1.0] * len(sizes)
    following, kept, hits, paid = next_requests(trace), dict[int, int](), 0, 0.0
    used = 0
    for place, model in enumerate(trace):
        if model in kept:
            hits += 1
        else:
            paid += price[model]
            while used + sizes[model] > capacity:
                worst = max(kept, key=lambda name: (sizes[name] * (kept[name] - place) / price[name], name))
                del kept[worst]
                used -= sizes[worst]
            used += sizes[model]
        kept[model] = following[place]
    return hits, paid


def bound_of_hits(trace: Sequence[int], sizes: Sequence[int], capacity: int) -> int:
    """Return a number of hits that no schedule exceeds, with models of any sizes.

    Each hit holds its bytes from one request to the next; the smallest such areas are taken until the
    memory's whole area is full, wherever in time they lie.

    Source
    ------
    Berger, Beckmann, Harchol-Balter: Practical bounds on optimal caching with variable object sizes,
    Proc. ACM Meas. Anal. Comput. Syst. 2 (2018), the bound PFOO-L.
    """
    areas = sorted(
        sizes[model] * (after - place)
        for place, (model, after) in enumerate(zip(trace, next_requests(trace), strict=True))
        if after != NEVER
    )
    left = capacity * len(trace)
    for hits, area in enumerate(areas):
        left -= area
        if left < 0:
            return hits
    return len(areas)
