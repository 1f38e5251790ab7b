"""`allward plugin new`: begins a plug-in from an ONNX file, and asks what only a person knows."""

import argparse
import sys
from pathlib import Path

from allward_sdk.cli import Subparsers

OPERATIONS = (
    "segmentation",
    "detection_3d",
    "classification",
    "tile_classification",
    "embedding",
    "heatmap",
)


def add_new(commands: Subparsers) -> None:
    """Add `allward plugin new`."""
    parser = commands.add_parser("new", help="begin a plug-in, from an ONNX file if there is one")
    parser.add_argument("name", help="id of the plug-in, as org.example.nodules")
    parser.add_argument("--operation", choices=OPERATIONS, required=True, help="what the model does")
    parser.add_argument("--from", type=Path, dest="model", metavar="MODEL", help="the ONNX file")
    parser.add_argument("--vendor", help="who answers for it")
    parser.add_argument("--weights", metavar="SPDX", help="licence of the weights, as Apache-2.0")
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help="where the folder goes")
    parser.set_defaults(run=run_new)


def run_new(arguments: argparse.Namespace) -> int:
    """Write the folder; print where it is, what it asks, and how to go on. 1 if the model breaks a rule."""
    from allward_sdk.starting.folder import Order, start_plugin

    order = Order(arguments.name, arguments.operation, arguments.model, arguments.vendor, arguments.weights)
    folder = start_plugin(order, arguments.output)
    sys.stdout.write(f"{folder}\n")
    whole = tell_open_questions(folder)
    return 1 if not whole and arguments.model is not None else 0


def tell_open_questions(folder: Path) -> bool:
    """Print what keeps a folder from running and how many questions are open; True if it runs as it is."""
    from allward_sdk.check import check

    failed = [result for result in check(folder) if result.verdict == "failed"]
    broken = [fault for result in failed if result.level == "runs" for fault in result.faults]
    asked = sum(len(result.faults) for result in failed if result.level != "runs")
    for fault in broken:
        sys.stdout.write(f"  {fault}\n")
    sys.stdout.write(f"{asked} questions are open; `allward plugin check {folder}` names each of them.\n")
    return not broken
