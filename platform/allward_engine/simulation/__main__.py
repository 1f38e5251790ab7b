"""``python -m allward_engine.simulation --devices N --seed S``: a hospital day, and what became of it."""

import argparse
import sys
from collections.abc import Sequence

from allward_engine.requests import Priority
from allward_engine.simulation.device import Rules
from allward_engine.simulation.figures import percentile
from allward_engine.simulation.fleet import Outcome, simulate
from allward_engine.simulation.hospital import MIB, all_models, hospital_day


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate a day and print the table."""
    parser = argparse.ArgumentParser(prog="python -m allward_engine.simulation", description=__doc__)
    parser.add_argument("--devices", type=int, default=1, help="how many devices share the work (1 to 64)")
    parser.add_argument("--seed", type=int, default=1, help="of the day's chance")
    parser.add_argument("--times", type=int, default=1, help="hospitals of so many times the size")
    parser.add_argument("--hours", type=float, nargs=2, default=(0.0, 24.0), metavar=("FROM", "TO"))
    parser.add_argument("--speed", type=float, default=1.0, help="of a device, over the assumed one")
    parser.add_argument("--memory-mib", type=int, default=8192, help="of a device, for models")
    asked = parser.parse_args(arguments)
    first_h, last_h = asked.hours
    jobs = hospital_day(seed=asked.seed, times=asked.times, hours=(first_h, last_h), speed=asked.speed)
    rules = Rules(asked.memory_mib * MIB, pinned=(all_models()["stroke"],))
    sys.stdout.write("\n".join(table(simulate(jobs, devices=asked.devices, rules=rules))) + "\n")
    return 0


def table(outcome: Outcome) -> list[str]:
    """Return the outcome as lines of Markdown."""
    lines = ["| class | jobs | latency p50 | p95 | p99 |", "| --- | --- | --- | --- | --- |"]
    for priority in Priority:
        values = outcome.figures.latencies_s(priority)
        if values:
            ranks = " | ".join(f"{percentile(values, percent):.2f} s" for percent in (50, 95, 99))
            lines.append(f"| {priority} | {len(values)} | {ranks} |")
    jain = outcome.figures.jain_index()
    return [
        *lines,
        "",
        f"devices {outcome.devices}, utilisation {outcome.utilisation:.3f}, "
        f"{outcome.span_s / 3600:.1f} h from the first arrival to the last end",
        f"fairness between tenants (Jain) {'never competed' if jain is None else f'{jain:.4f}'}, "
        f"deferred {outcome.deferrals}",
        f"loads {outcome.loads}, evictions {outcome.evictions}, over-commits {outcome.over_commits}",
    ]


if __name__ == "__main__":
    sys.exit(main())
