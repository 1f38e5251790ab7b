"""A hospital day on simulated devices: latency by class, use, fairness, evictions.

Device times are assumptions (see `allward_engine/simulation/hospital.py`), so the figures tell how the policy
behaves, not how fast a device is.
"""

from allward_engine.requests import Priority
from allward_engine.simulation.device import Rules
from allward_engine.simulation.figures import percentile
from allward_engine.simulation.fleet import Outcome, simulate
from allward_engine.simulation.hospital import MIB, all_models, hospital_day
from allward_engine.simulation.peers import first_come_first_served, least_recently_used
from tests.bench.table import Row, row

SEED = 1
MEMORY_MIB = 8192
RULES = Rules(MEMORY_MIB * MIB, pinned=(all_models()["stroke"],))
NAIVE = Rules(
    MEMORY_MIB * MIB,
    two_lanes=False,
    pick=first_come_first_served,
    victims=least_recently_used,
    loads_beside=False,
)


def measure() -> list[Row]:
    """Simulate one device for a day, and 1 to 64 of them for the two busiest hours of as many hospitals."""
    day = hospital_day(seed=SEED)
    rows = _rows("a day, 1 device", simulate(day, devices=1, rules=RULES))
    rows += _rows(
        "a day, 1 device, first come first served, one lane, LRU", simulate(day, devices=1, rules=NAIVE)
    )
    for devices in (1, 4, 16, 64):
        jobs = hospital_day(seed=SEED, times=devices, hours=(9.0, 11.0))
        rows += _rows(f"9 to 11 h, devices: {devices}", simulate(jobs, devices=devices, rules=RULES))
    return rows


def _rows(what: str, outcome: Outcome) -> list[Row]:
    rows = []
    for priority in Priority:
        values = outcome.figures.latencies_s(priority)
        rows.append(row(f"{what}: {priority}", values, unit="s", goal=""))
        rows.append(row(f"{what}: {priority}, p99", [percentile(values, 99)], unit="s", goal=""))
    jain = outcome.figures.jain_index()
    return [
        *rows,
        row(f"{what}: utilisation", [100.0 * outcome.utilisation], unit="%", goal=""),
        *([] if jain is None else [row(f"{what}: Jain's index over tenants", [jain], unit="", goal="")]),
        row(f"{what}: evictions", [outcome.evictions], unit="", goal=""),
        row(f"{what}: over-commits", [outcome.over_commits], unit="", goal="0"),
    ]
