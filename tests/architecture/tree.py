"""The tracked files of the project, and the parsed Python among them."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("platform", "apps")


@functools.cache
def tracked() -> tuple[str, ...]:
    """Return the paths of all files that belong to the project: tracked ones, and new ones not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted({name for name in listed.split("\0") if name and (ROOT / name).is_file()}))


def python_files(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every Python file below the folders."""
    for name in tracked():
        if name.endswith(".py") and name.split("/")[0] in folders:
            yield name, (ROOT / name).read_text()


@functools.cache
def text_files() -> tuple[tuple[str, str], ...]:
    """Return path and text of every file of the project that is UTF-8."""
    found = []
    for name in tracked():
        try:
            found.append((name, (ROOT / name).read_text()))
        except UnicodeDecodeError:
            continue
    return tuple(found)


def packages() -> list[str]:
    """Return the names of the packages below the source roots."""
    return sorted(
        {
            name.split("/")[1]
            for name in tracked()
            if name.split("/")[0] in SOURCE_ROOTS and name.count("/") > 1
        }
    )


def rooms() -> list[str]:
    """Return the names of allward's rooms: its folders, and `pipeline`, a room of one file."""
    below = [name.split("/")[2:] for name in tracked() if name.startswith("platform/allward/")]
    return sorted({parts[0].removesuffix(".py") for parts in below if parts[0] != "__init__.py"})


def parse(text: str) -> ast.Module:
    """Parse a file's text."""
    return ast.parse(text)
