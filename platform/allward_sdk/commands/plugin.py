"""`allward plugin`: check, build and pack plug-ins on their maker's machine."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk.cli import CommandParser, Subparsers, add_commands
from allward_sdk.commands.checking import add_check
from allward_sdk.commands.codes import add_codes
from allward_sdk.commands.starting import add_new

if TYPE_CHECKING:
    from allward_sdk.manifest import Manifest


def register(subparsers: Subparsers) -> None:
    """Add the command to `allward`; the group `allward.plugin_commands` adds to what it can do."""
    parser = subparsers.add_parser("plugin", help="make, check and install plug-ins")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)

    add_new(commands)
    add_check(commands)
    add_codes(commands)
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
    schema.add_argument(
        "--form", type=Path, metavar="PLUGIN", help="print the schema of this plug-in's parameters instead"
    )
    schema.add_argument(
        "--case", action="store_true", help="print the schema of an acceptance case's case.toml instead"
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
    """Print the JSON Schema that is asked for, or the page made from it."""
    from allward_sdk.schema import case_schema, manifest_page, manifest_schema
    from allward_sdk.settings import form_schema

    if arguments.form is not None:
        _write(json.dumps(form_schema(_manifest_at(arguments.form)), indent=2, ensure_ascii=False))
    elif arguments.case:
        _write(json.dumps(case_schema(), indent=2, ensure_ascii=False))
    elif arguments.format == "markdown":
        sys.stdout.write(manifest_page())
    else:
        _write(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
    return 0


def _manifest_at(path: Path) -> "Manifest":
    from allward_sdk.manifest import read_manifest
    from allward_sdk.package import read_package

    return read_manifest(path / "plugin.toml") if path.is_dir() else read_package(path).manifest


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
