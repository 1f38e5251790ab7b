"""`make bench`: start the platform in a state folder of its own, measure, print the tables."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import display, inference, overhead
from tests.bench.table import Row, machine, print_table
from tests.running_platform import running_platform


def main() -> int:
    """Run the sections that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=["overhead", "display", "inference"], action="append")
    parser.add_argument("--overhead-n", type=int, default=100, help="studies for the overhead (default 100)")
    parser.add_argument("--display-n", type=int, default=30, help="studies for the display (default 30)")
    asked = parser.parse_args()
    wanted = asked.only or ["overhead", "display", "inference"]
    rows: list[Row] = []
    quick = {"ALLWARD_STUDY_QUIET_S": "0.3"}
    if {"overhead", "display"} & set(wanted):
        with (
            tempfile.TemporaryDirectory(prefix="allward-bench-") as home,
            running_platform(Path(home), extra=quick, real_plugin=False) as running,
        ):
            if "overhead" in wanted:
                rows += overhead.measure(running, n=asked.overhead_n)
            if "display" in wanted:
                rows += display.measure(running, n=asked.display_n)
    if "inference" in wanted:
        with (
            tempfile.TemporaryDirectory(prefix="allward-bench-") as home,
            running_platform(Path(home), extra=quick) as running,
        ):
            rows += inference.measure(running)
    print_table(machine(), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
