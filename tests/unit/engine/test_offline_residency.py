"""The oracles that residency is measured against, and that it comes near them."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench import offline
from tests.bench.residency import MIB, QUEUED, idle_counts_too, play, zipf

from allward_engine.simulation.load import Model
from allward_engine.simulation.peers import least_recently_used

traces = st.lists(st.integers(0, 4), max_size=12)


def most_hits(trace, sizes, capacity):
    """Try everything: which of the resident models to evict at each load."""

    @cache
    def best(place, kept):
        if place == len(trace):
            return 0
        model = trace[place]
        if model in kept:
            return 1 + best(place + 1, kept)
        found = 0
        for bits in range(2 ** len(kept)):
            left = frozenset(name for bit, name in enumerate(sorted(kept)) if bits >> bit & 1)
            if sum(sizes[name] for name in left) + sizes[model] <= capacity:
                found = max(found, best(place + 1, left | {model}))
        return found

    return best(0, frozenset())


@settings(max_examples=60, deadline=None)
@given(traces, st.integers(1, 4))
def test_belady_is_the_best_there_is_for_one_size(trace, capacity):
    assert offline.belady_hits(trace, capacity) == most_hits(trace, [1] * 5, capacity)


@settings(max_examples=60, deadline=None)
@given(traces, st.lists(st.integers(1, 4), min_size=5, max_size=5), st.integers(4, 8))
def test_with_several_sizes_the_greedy_oracle_is_possible_and_the_bound_is_above_all(trace, sizes, capacity):
    best = most_hits(trace, sizes, capacity)
    greedy, loads = offline.belady_of_sizes(trace, sizes, capacity)
    assert greedy <= best <= offline.bound_of_hits(trace, sizes, capacity)
    assert loads == len(trace) - greedy


@given(traces)
def test_the_best_without_foresight_is_never_better_than_belady(trace):
    assert offline.hits_without_foresight(trace, 3) <= offline.belady_hits(trace, 3)


def test_the_policy_comes_within_a_tenth_of_belady_and_its_peers_do_not():
    models = [Model(str(number), 500 * MIB, 1.5, 0.05) for number in range(48)]
    trace = zipf(1.0, seed=11, requests=4000)
    best = offline.belady_hits(trace, 12)
    capacity = 12 * 500 * MIB
    chosen = play(trace, models, capacity, queued=QUEUED)
    assert chosen.over_commits == 0
    assert chosen.hits >= 0.9 * best
    for peer in (idle_counts_too, least_recently_used):
        assert play(trace, models, capacity, victims=peer, queued=QUEUED).hits < 0.9 * best
