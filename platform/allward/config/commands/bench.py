"""`allward bench`: the measurements of a source checkout."""

import subprocess
import sys
from argparse import REMAINDER, ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from allward_sdk.errors import BadInputError


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward bench`."""
    parser = subparsers.add_parser("bench", help="measure what the design promises, beside its goals")
    parser.add_argument("options", nargs=REMAINDER, help="such as --only overhead")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Run the measurements in a process of their own; they start a platform of their own."""
    checkout = Path(__file__).parents[4]
    if not (checkout / "tests" / "bench").is_dir():
        raise BadInputError("the measurements are part of the source checkout; run make bench there")
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments.options], cwd=checkout, check=False
    ).returncode
