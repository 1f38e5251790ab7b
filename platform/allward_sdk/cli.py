"""The `allward` command: finds its sub-commands by entry point and imports only the one that is asked for.

A command is an entry point of the group `allward.commands` whose value is a function
``register(subparsers)``: it adds one parser of the entry point's name and sets ``run``, a function of
the parsed arguments that returns the exit code. The one-line help is read from the source of that
function without importing it, so that `allward --help` stays fast and survives a broken command.

Exit codes: 0 done, 1 could not be done (one sentence on stderr), 2 wrong usage, 130 Ctrl-C. Anything
unexpected is our bug and shows its traceback.
"""

import argparse
import ast
import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeAlias

from allward_sdk.errors import AllwardError, UsageError

Subparsers: TypeAlias = "argparse._SubParsersAction[Any]"
Run: TypeAlias = Callable[[argparse.Namespace], int]

EXPECTED_OS_ERRORS = frozenset(
    (
        *(errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY),
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT),
        *(errno.ECONNREFUSED, errno.EADDRINUSE, errno.EADDRNOTAVAIL),
    )
)
"""Errors of the operating system whose own words tell the user what to do."""

_NOT_HERE = "not part of this installation"


_NEEDED_TO_RUN = frozenset(
    ("scipy", "pydicom", "highdicom", "SimpleITK", "PIL", "onnxruntime", "openvino", "pypinyin")
)
"""Modules of the vendor kit's extra `run`, without which the kit makes and checks plug-ins only."""


class CommandParser(argparse.ArgumentParser):
    """A parser that may stand for an entry point and imports it when it is chosen."""

    def __init__(self, *args: Any, entry: EntryPoint | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("add_help", entry is None)
        super().__init__(*args, **kwargs)
        self._entry = entry

    def parse_known_args(  # type: ignore[override]  # the overloads of argparse differ in the namespace only
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse with the real command's parser if this one stands for an entry point."""
        if self._entry is None:
            return super().parse_known_args(args, namespace)
        words = self.prog.split(" ")
        holder = CommandParser(prog=" ".join(words[:-1]))
        commands = holder.add_subparsers(parser_class=CommandParser)
        _load(self._entry)(commands)
        return commands.choices[self._entry.name].parse_known_args(args, namespace)


def _load(entry: EntryPoint) -> Callable[[Subparsers], None]:
    try:
        register: Callable[[Subparsers], None] = entry.load()
    except ModuleNotFoundError as error:
        if error.name is not None and f"{entry.module}.".startswith(f"{error.name}."):
            raise UsageError(f"allward {entry.name}: {_NOT_HERE}.") from error
        if error.name in _NEEDED_TO_RUN:
            raise UsageError(
                f"allward {entry.name}: needs the package {error.name}: pip install 'allward-sdk[run]'."
            ) from error
        raise
    return register


def add_commands(subparsers: Subparsers, *, group: str) -> None:
    """Add a parser for every entry point of `group`; none is imported until it is chosen.

    The `subparsers` must have been made with ``parser_class=CommandParser``.
    """
    for entry in sorted(entry_points(group=group)):
        if entry.name not in subparsers.choices:
            subparsers.add_parser(entry.name, help=help_of(entry), entry=entry)


def help_of(entry: EntryPoint) -> str:
    """Return the `help` that a command gives its parser, read from its source without importing it."""
    path = _source_of(entry.module)
    if path is None:
        return f"({_NOT_HERE})"
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError):
        return "(cannot be read)"
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _adds_parser(call, entry.name):
            for keyword in call.keywords:
                if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
    return (ast.get_docstring(tree) or "").partition("\n")[0].replace("%", "%%")


def _adds_parser(call: ast.Call, name: str) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_parser"
        and bool(call.args)
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value == name
    )


def _source_of(module: str) -> Path | None:
    """Find a module's file without importing its packages; None if there is none."""
    top, *inner = module.split(".")
    spec = PathFinder.find_spec(top)
    if spec is None:
        return None
    if not inner:
        return Path(spec.origin) if spec.origin else None
    for root in spec.submodule_search_locations or ():
        folder = Path(root).joinpath(*inner)
        for path in (folder.with_suffix(".py"), folder / "__init__.py"):
            if path.is_file():
                return path
    return None


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `allward` with every installed sub-command."""
    parser = CommandParser(prog="allward", description="One platform for clinical AI in the whole hospital.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    add_commands(subparsers, group="allward.commands")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the process's own) name; return its exit code."""
    try:
        parsed = build_parser().parse_args(arguments)
        run: Run = parsed.run
        code = run(parsed)
        sys.stdout.flush()
        return code
    except AllwardError as error:
        return _say(str(error))
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit complains
        return 1
    except OSError as error:
        if error.errno not in EXPECTED_OS_ERRORS:
            raise
        return _say(_sentence_of(error))
    except KeyboardInterrupt:
        return 130


def _sentence_of(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename is not None else f"{reason}."


def _say(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
