"""Reads the bytes of a `plugin.toml` that may come from anybody.

TOML has two ways to ask for more than a machine has: values in one another, and keys of many parts, for
which the parser's time and memory grow with the square of their number.
"""

import re

from allward_sdk.errors import ManifestError
from allward_sdk.faults import not_utf8
from allward_sdk.manifest import Manifest, parse_manifest

MOST_BYTES = 1 << 20
"""A manifest of 117 labels, each with its codes and two languages, takes less than 100 KiB."""

MOST_KEY_PARTS = 8
"""Parts of a dotted key; the deepest place in a manifest has six."""

_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""|' r"'''.*?'''|" r'"(?:\\.|[^"\\\n])*+"|' r"'[^'\n]*+'|" r"#[^\n]*+", re.DOTALL
)
_KEY_OF_MANY_PARTS = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MOST_KEY_PARTS}}}")


def read_manifest_text(content: bytes, *, source: str) -> Manifest:
    """Read and check the bytes of a `plugin.toml`.

    Raises
    ------
    ManifestError
        With every fault found and its place; what is made to wear the reader out is refused before.
    """
    if len(content) > MOST_BYTES:
        raise ManifestError(f"{source}: larger than {MOST_BYTES >> 20} MiB")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ManifestError(f"{source}: {not_utf8(error)}") from error
    found = _KEY_OF_MANY_PARTS.search(_STRING_OR_COMMENT.sub(_keep_lines, text))
    if found is not None:
        line = 1 + found.string.count("\n", 0, found.start())
        raise ManifestError(f"{source}: line {line}: a key of more than {MOST_KEY_PARTS} parts")
    try:
        return parse_manifest(text, source=source)
    except RecursionError as error:
        raise ManifestError(f"{source}: values lie too deep in one another") from error
    except ValueError as error:  # a number of thousands of digits
        raise ManifestError(f"{source}: not valid TOML: {error}") from error


def _keep_lines(found: re.Match[str]) -> str:
    """Return what takes the place of a string, which may be a part of a key, or of a comment."""
    return "\n" * found[0].count("\n") if found[0].startswith("#") else "q" + "\n" * found[0].count("\n")
