"""Models of four times the memory, asked for by a Zipf law: hits beside those of an oracle, and waits.

Sizes are equal where the oracle is exact (Belady). Where they differ, load seconds are compared with a
greedy oracle that weighs size and cost, and hits with a bound above any schedule.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from allward_engine.ledger import Ledger
from allward_engine.requests import Priority
from allward_engine.residency_policy import Popularity, Resident, choose_victims
from allward_engine.simulation.device import Rules
from allward_engine.simulation.figures import percentile
from allward_engine.simulation.fleet import Outcome, simulate
from allward_engine.simulation.load import Job, Model, Stage
from allward_engine.simulation.peers import least_recently_used
from tests.bench import offline
from tests.bench.table import Row, row

MODELS, REQUESTS, SEEDS = 48, 10_000, (1, 2, 3, 4, 5)
BETWEEN_S = 3600.0 / 337
"""From one request to the next; a peak hour's studies."""
QUEUED = 8
"""Requests behind the one in hand that the engine can see."""
MIB = 2**20

Victims = Callable[[Iterable[Resident], int, float], list[Resident] | None]


@dataclass(frozen=True)
class Replay:
    """What a design made of a trace."""

    hits: int
    loading_s: float
    over_commits: int


def zipf(exponent: float, seed: int, *, models: int = MODELS, requests: int = REQUESTS) -> list[int]:
    """Return independent requests; model k is asked for in proportion to 1 / (k + 1) ** exponent."""
    weights = 1.0 / np.arange(1, models + 1) ** exponent
    chance = np.random.default_rng(seed)
    return [int(model) for model in chance.choice(models, requests, p=weights / weights.sum())]


def idle_counts_too(resident: Iterable[Resident], need_bytes: int, now_s: float) -> list[Resident] | None:
    """Choose victims by bytes * idle / (reload * rate): the design that was not taken."""
    weighed = {
        model.key: replace(model, rate_per_s=model.rate_per_s / max(1.0, now_s - model.last_used_s))
        for model in resident
    }
    return choose_victims(weighed.values(), need_bytes, now_s)


def play(
    trace: Sequence[int],
    models: Sequence[Model],
    capacity_bytes: int,
    *,
    victims: Victims = choose_victims,
    queued: int = 0,
) -> Replay:
    """Ask for one model after the other under the ledger, with so many requests of the queue in sight."""
    ledger, popularity = Ledger(capacity_bytes), Popularity()
    last_used_s: dict[int, float] = {}
    hits, loading_s, over_commits = 0, 0.0, 0
    for place, wanted in enumerate(trace):
        now_s = place * BETWEEN_S
        popularity.note(str(wanted), now_s)
        if wanted in last_used_s:
            hits += 1
        else:
            ahead = trace[place + 1 : place + 1 + queued]
            residents = [
                Resident(
                    key=str(number),
                    size_bytes=models[number].size_bytes,
                    reload_s=models[number].load_s,
                    last_used_s=used_s,
                    rate_per_s=popularity.rate_per_s(str(number), now_s),
                    waiting=ahead.count(number),
                )
                for number, used_s in last_used_s.items()
            ]
            gone = victims(residents, models[wanted].size_bytes - ledger.free_bytes, now_s)
            assert gone is not None
            for victim in gone:
                ledger.release(victim.key)
                del last_used_s[int(victim.key)]
            assert ledger.reserve(str(wanted), models[wanted].size_bytes)
            loading_s += models[wanted].load_s
        last_used_s[wanted] = now_s
        over_commits += sum(models[number].size_bytes for number in last_used_s) > capacity_bytes
    return Replay(hits, loading_s, over_commits)


def measure() -> list[Row]:
    """Compare the designs with the oracles."""
    return [*_equal_sizes(), *_several_sizes(), *_hot_model()]


DESIGNS: tuple[tuple[str, Victims, int], ...] = (
    (f"by value, {QUEUED} queued requests known", choose_victims, QUEUED),
    ("by value, nothing known", choose_victims, 0),
    (f"idle counts too, {QUEUED} queued requests known", idle_counts_too, QUEUED),
    ("idle counts too, nothing known", idle_counts_too, 0),
    ("least recently used", least_recently_used, 0),
)


def _equal_sizes() -> list[Row]:
    models = [Model(str(number), 500 * MIB, 1.5, 0.05) for number in range(MODELS)]
    places = MODELS // 4
    rows, over_commits = [], []
    for exponent in (1.0, 0.8, 1.2):
        traces = [zipf(exponent, seed) for seed in SEEDS]
        best = [offline.belady_hits(trace, places) for trace in traces]
        for name, victims, queued in DESIGNS if exponent == 1.0 else DESIGNS[:1]:
            played = [play(t, models, places * 500 * MIB, victims=victims, queued=queued) for t in traces]
            over_commits += [float(replay.over_commits) for replay in played]
            ratios = [replay.hits / most for replay, most in zip(played, best, strict=True)]
            goal = ">= 90 % in every run" if name == DESIGNS[0][0] else ""
            rows.append(percent_row(f"Zipf {exponent}, hits over Belady's: {name}", ratios, goal=goal))
            if goal:
                rows.append(
                    percent_row(f"Zipf {exponent}, the same, lowest of the runs", [min(ratios)], goal=goal)
                )
        odds = [
            offline.hits_without_foresight(t, places) / most for t, most in zip(traces, best, strict=True)
        ]
        rows.append(percent_row(f"Zipf {exponent}, hits over Belady's: the best without foresight", odds))
        rows.append(percent_row(f"Zipf {exponent}, Belady's hit rate", [most / REQUESTS for most in best]))
    return [*rows, row("over-commits in 10,000 requests", over_commits, unit="", goal="0")]


def _several_sizes() -> list[Row]:
    found: dict[str, list[float]] = {}
    for seed in SEEDS:
        chance = np.random.default_rng(seed)
        sizes = [int(mib) * MIB for mib in np.exp(chance.uniform(np.log(50), np.log(1600), MODELS))]
        models = [Model(str(n), size, 0.2 + size / (500 * MIB), 0.05) for n, size in enumerate(sizes)]
        trace, capacity = zipf(1.0, seed), sum(sizes) // 4
        _, best_s = offline.belady_of_sizes(trace, sizes, capacity, [model.load_s for model in models])
        greedy, _ = offline.belady_of_sizes(trace, sizes, capacity)
        bound = offline.bound_of_hits(trace, sizes, capacity)
        for name, victims, queued in (DESIGNS[0], DESIGNS[2], DESIGNS[4]):
            replay = play(trace, models, capacity, victims=victims, queued=queued)
            for what, ratio in (
                ("seconds of loading over the oracle's", replay.loading_s / best_s),
                ("hits over the greedy oracle's", replay.hits / greedy),
                ("hits over the bound PFOO-L", replay.hits / bound),
            ):
                found.setdefault(f"50 to 1600 MiB, {what}: {name}", []).append(ratio)
    return [percent_row(what, found[what]) for what in sorted(found)]


def _hot_model() -> list[Row]:
    """Compare waits with those on a device that holds every model."""
    found: dict[str, list[float]] = {}
    models = [Model(f"m{number}", 500 * MIB, 1.5, 0.05) for number in range(MODELS)]
    quarter, whole = 500 * MIB * MODELS // 4, 500 * MIB * MODELS
    for seed in SEEDS:
        chance = np.random.default_rng(seed)
        arrivals_s = np.cumsum(chance.exponential(2.0, REQUESTS)).tolist()
        jobs = [
            Job(f"{place:05d}", "a", f"m{number}", Priority.MEDIUM, at_s, (Stage(models[number], 20),))
            for place, (number, at_s) in enumerate(zip(zipf(1.0, seed), arrivals_s, strict=True))
        ]
        all_resident = simulate(jobs, devices=1, rules=Rules(whole))
        for how, beside in (("loads beside units", True), ("loads hold the lane", False)):
            outcome = simulate(jobs, devices=1, rules=Rules(quarter, loads_beside=beside))
            for which, app in (("most popular model", "m0"), ("all models", None)):
                ratio = _p99_wait_s(outcome, app) / _p99_wait_s(all_resident, app)
                found.setdefault(f"{which}, p99 wait over all-resident (simulated, {how})", []).append(ratio)
            found.setdefault(f"over-commits (simulated, {how})", []).append(float(outcome.over_commits))
    hot = "most popular model, p99 wait over all-resident (simulated, loads beside units)"
    goals = {hot: "<= 1.2"}
    return [
        row(what, values, unit="x" if "wait" in what else "", goal=goals.get(what, ""))
        for what, values in found.items()
    ]


def _p99_wait_s(outcome: Outcome, app: str | None) -> float:
    waits = [done.waited_s for done in outcome.figures.done if app is None or done.job.app == app]
    return percentile(waits, 99)


def percent_row(what: str, ratios: Sequence[float], *, goal: str = "") -> Row:
    """Summarise ratios as percentages."""
    return row(what, [100.0 * ratio for ratio in ratios], unit="%", goal=goal)
