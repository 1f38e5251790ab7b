"""`allward plugin`: check, build and pack plug-ins on their maker's machine."""

import argparse
import json
import sys
from pathlib import Path

from allward_sdk.cli import CommandParser, Subparsers, add_commands


def register(subparsers: Subparsers) -> None:
    """Add the command to `allward`; the group `allward.plugin_commands` adds to what it can do."""
    parser = subparsers.add_parser("plugin", help="make, check and install plug-ins")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)

    check = commands.add_parser("check", help="tell rule by rule whether a plug-in keeps the contract")
    check.add_argument("path", type=Path, help="a plug-in's folder, or a .allward file")
    check.set_defaults(run=run_check)

    build = commands.add_parser("build", help="make the models from the recipe, then pack")
    build.add_argument("folder", type=Path, help="the plug-in's folder, with plugin.toml and recipe.toml")
    _add_output(build)
    build.set_defaults(run=run_build)

    pack = commands.add_parser("pack", help="write a folder whose models are there as one .allward file")
    pack.add_argument("folder", type=Path, help="the plug-in's folder, with plugin.toml and models/")
    _add_output(pack)
    pack.set_defaults(run=run_pack)

    schema = commands.add_parser("schema", help="print the JSON Schema of plugin.toml")
    schema.add_argument(
        "--format", choices=("json", "markdown"), default="json", help="schema, or a page for people"
    )
    schema.set_defaults(run=run_schema)

    add_commands(commands, group="allward.plugin_commands")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder of the .allward file (default: here)",
    )


def run_check(arguments: argparse.Namespace) -> int:
    """Print every rule with its verdict; 1 if one failed."""
    from allward_sdk.check import check

    results = check(arguments.path)
    for result in results:
        detail = f": {result.detail}" if result.detail else ""
        _write(f"{result.verdict:<7} {result.rule}{detail}")
    for level in dict.fromkeys(result.level for result in results):
        verdicts = [result.verdict for result in results if result.level == level]
        counts = (
            f"{verdicts.count(word)} {word}" for word in ("done", "failed", "exempt") if word in verdicts
        )
        _write(f"{level}: {', '.join(counts)}")
    failed = sum(result.verdict == "failed" for result in results)
    _write(f"\n{arguments.path}: {f'{failed} rules failed' if failed else 'keeps the contract'}")
    return 1 if failed else 0


def run_build(arguments: argparse.Namespace) -> int:
    """Make the models and the package; print where it lies and its digest."""
    from allward_sdk.recipe import build

    package = build(arguments.folder, arguments.output)
    _write(f"{package.path}\nsha256 {package.digest}")
    return 0


def run_pack(arguments: argparse.Namespace) -> int:
    """Write the package; print where it lies and its digest."""
    from allward_sdk.package import pack

    package = pack(arguments.folder, arguments.output)
    _write(f"{package.path}\nsha256 {package.digest}")
    return 0


def run_schema(arguments: argparse.Namespace) -> int:
    """Print the JSON Schema, or the page made from it."""
    from allward_sdk.schema import manifest_page, manifest_schema

    if arguments.format == "markdown":
        sys.stdout.write(manifest_page())
    else:
        _write(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
    return 0


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
