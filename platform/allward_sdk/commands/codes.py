"""`allward plugin codes`: finds the code of what a plug-in outlines or measures, without a network."""

import argparse
import json
import sys

from allward_sdk.cli import Subparsers
from allward_sdk.errors import UsageError


def add_codes(commands: Subparsers) -> None:
    """Add `allward plugin codes`."""
    parser = commands.add_parser("codes", help="find the codes of DICOM PS3.16 by words of their meaning")
    parser.add_argument("words", nargs="+", help="in English, as: left kidney")
    parser.set_defaults(run=run_codes)


def run_codes(arguments: argparse.Namespace) -> int:
    """Print each code as it stands in plugin.toml; 1 if there is none."""
    from allward_sdk.codes import find_codes

    try:
        found = find_codes(arguments.words)
    except ModuleNotFoundError as error:
        raise UsageError(
            "allward plugin codes: needs the package pydicom: pip install 'allward-sdk[run]'."
        ) from error
    if not found:
        raise UsageError(
            f"PS3.16 has no code with {' '.join(arguments.words)!r} in its English meaning: try another word,"
            " or look in SNOMED CT itself."
        )
    for code in found:
        meaning = json.dumps(code.meaning, ensure_ascii=False)
        sys.stdout.write(f'{{ scheme = "{code.scheme}", value = "{code.value}", meaning = {meaning} }}\n')
    return 0
