"""`make bench`: measure section after section, and print the tables as they come."""

import argparse
import sys

from tests.bench.sections import SECTIONS
from tests.bench.table import machine, print_table


def main() -> int:
    """Run the sections that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=list(SECTIONS), action="append", help="a section; may be repeated")
    for name in asked(parser.parse_args().only):
        print_table(f"{name}: {machine()}", SECTIONS[name]())
    return 0


def asked(only: list[str] | None) -> list[str]:
    """Return the sections in the order of the list, each once."""
    return [name for name in SECTIONS if only is None or name in only]


if __name__ == "__main__":
    sys.exit(main())
