"""`make bench`: measure section after section, and print the tables as they come."""

import argparse
import sys

from tests.bench.sections import SECTIONS
from tests.bench.table import machine, print_table


def main() -> int:
    """Run the sections that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = ", ".join(SECTIONS)
    parser.add_argument(
        "sections", nargs="*", type=_section, metavar="SECTION", help=f"{names}; all by default"
    )
    parser.add_argument("--only", type=_section, metavar="SECTION", action="append", help="the same")
    arguments = parser.parse_args()
    for name in asked([*arguments.sections, *(arguments.only or ())] or None):
        print_table(f"{name}: {machine()}", SECTIONS[name]())
    return 0


def _section(name: str) -> str:
    if name not in SECTIONS:
        raise argparse.ArgumentTypeError(f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
    return name


def asked(only: list[str] | None) -> list[str]:
    """Return the sections in the order of the list, each once."""
    return [name for name in SECTIONS if only is None or name in only]


if __name__ == "__main__":
    sys.exit(main())
