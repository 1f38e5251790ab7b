"""What is left for others beside a tenant that queues ten times as much, and for LOW beside a flood of STAT.

Simulated: one device, the real policy, accounts and admission; beside it the queue that peers have, first
come first served.
"""

import numpy as np

from allward_engine.requests import Priority
from allward_engine.simulation.device import Rules
from allward_engine.simulation.figures import percentile
from allward_engine.simulation.fleet import Outcome, simulate
from allward_engine.simulation.load import Job, Model, Stage
from allward_engine.simulation.peers import first_come_first_served
from tests.bench.table import Row, row

SEEDS = (1, 2, 3, 4, 5)
HOURS_S = 2 * 3600.0
MODEL = Model("segmenter", 1, 1.0, 0.3)
REAL = Rules(10, two_lanes=False)
NAIVE = Rules(10, two_lanes=False, pick=first_come_first_served)


def jobs_of(tenant: str, priority: Priority, *, load: float, seed: int) -> list[Job]:
    """Return the jobs of two hours that ask for so much of the device; 10 to 60 units of 0.3 s each."""
    chance = np.random.default_rng([seed, *tenant.encode()])
    mean_s = 35 * MODEL.item_s
    arrivals_s = np.cumsum(chance.exponential(mean_s / load, int(1.2 * HOURS_S * load / mean_s))).tolist()
    return [
        Job(
            f"{tenant}{place:06d}",
            tenant,
            "app",
            priority,
            at_s,
            (Stage(MODEL, int(chance.integers(10, 61))),),
        )
        for place, at_s in enumerate(arrivals_s)
        if at_s < HOURS_S
    ]


def share(outcome: Outcome, tenant: str) -> float:
    """Return a tenant's part of the device time of what was done while jobs came, as a percentage."""
    done = [item for item in outcome.figures.done if item.done_s <= HOURS_S]
    own_s = sum(item.job.device_s for item in done if item.job.tenant == tenant)
    return 100.0 * own_s / sum(item.job.device_s for item in done)


def measure() -> list[Row]:
    """Simulate a flood of one tenant, and one of STAT."""
    rows = []
    for name, rules, goal in (
        ("this policy", REAL, ">= 45 % in every run"),
        ("first come first served", NAIVE, ""),
    ):
        shares, waits_s = [], []
        for seed in SEEDS:
            flood = jobs_of("flood", Priority.MEDIUM, load=6.0, seed=seed)
            busy = jobs_of("busy", Priority.MEDIUM, load=0.6, seed=seed)
            shares.append(share(simulate([*flood, *busy], devices=1, rules=rules), "busy"))
            light = jobs_of("light", Priority.MEDIUM, load=0.1, seed=seed)
            done = simulate([*flood, *light], devices=1, rules=rules).figures.done
            waits_s.append(percentile([d.waited_s for d in done if d.job.tenant == "light"], 50))
        rows.append(
            row(f"device time beside a tenant of 10 times the load: {name}", shares, unit="%", goal=goal)
        )
        if goal:
            rows.append(row("the same, lowest of the runs", [min(shares)], unit="%", goal=goal))
        rows.append(row(f"median wait of a light tenant beside it: {name}", waits_s, unit="s", goal=""))
    return [*rows, *_flood_of_stat()]


def _flood_of_stat() -> list[Row]:
    low, stat = [], []
    for seed in SEEDS:
        flood = jobs_of("flood", Priority.STAT, load=1.5, seed=seed)
        screening = jobs_of("screening", Priority.LOW, load=1.0, seed=seed)
        outcome = simulate([*flood, *screening], devices=1, rules=REAL)
        low.append(share(outcome, "screening"))
        stat.append(share(outcome, "flood"))
    return [
        row("device time of LOW beside a flood of STAT, one lane", low, unit="%", goal="5 %, its floor"),
        row("device time of that STAT", stat, unit="%", goal=""),
    ]
