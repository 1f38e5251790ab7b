"""Why a TOML file is refused, in words that its maker can act on: place, what is wanted, what is there."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from allward_sdk.errors import ManifestError

_PATTERNS: dict[str, str] = {
    r"^[a-z0-9]+(\.[a-z0-9-]+)+$": "a domain name turned round, of a-z, 0-9 and '-', as org.example.nodules",
    r"^\d+\.\d+\.\d+$": "three numbers with full stops between them, as 1.2.0",
    r"^[a-z][a-z0-9_]{0,39}$": "a name of a-z, 0-9 and '_' that begins with a letter, 40 characters at most",
    r"^[a-z_]+\.[a-z_]+$": "app.slot, as any_imaging.segmentation",
    r"^models/[A-Za-z0-9_.-]+\.onnx$": "a path as models/liver.onnx",
    r"^[0-9a-f]{64}$": "a sha256: 64 digits of 0-9 and a-f",
    r"^#[0-9A-Fa-f]{6}$": "a colour as #D68E6C",
    r"^[LR][AP][SI]$|^[SI][AP][LR]$": (
        "where each axis grows to: R or L, A or P, S or I, in this order or the opposite one, as RAS or SPL"
    ),
}
"""Pattern of a key -> what is wanted."""

_WORDS = {"missing": "is missing", "extra_forbidden": "no key of this name is known here"}
"""Kind of fault -> the whole of what is said of it."""

_UNIONS = ("stages", "prepare", "clean", "parameters")
"""Lists whose members say by one key which other keys they have."""

_LONGEST_SAID = 60
"""Characters of a value or a line that are said again."""

_AT_LINE = re.compile(r"\(at line (\d+),")


def toml_tables(text: str, *, source: str) -> dict[str, Any]:
    """Return what a TOML text says; a byte order mark, as some editors write it, is left out.

    Raises
    ------
    ManifestError
        With the line, if it is no TOML.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{source}: not valid TOML: {error}{_line_of(error, text)}") from error


def _line_of(error: tomllib.TOMLDecodeError, text: str) -> str:
    """Return the line that an error speaks of."""
    number = _AT_LINE.search(str(error))
    lines = text.split("\n")
    if number is None or int(number[1]) > len(lines):
        return ""
    return f": {_shortened(lines[int(number[1]) - 1].strip())}"


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return in which line a text stops being UTF-8, and what to do."""
    line = 1 + error.object.count(b"\n", 0, error.start)
    return f"line {line}: not UTF-8: save the file in this encoding"


def faults_in_words(error: ValidationError, tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield each fault of a file's tables with its place; what only follows from another one is left out."""
    details = error.errors()
    places = [detail["loc"] for detail in details]
    for detail in details:
        place = detail["loc"]
        follows = any(other[: len(place)] == place and len(other) > len(place) for other in places)
        if detail["type"] == "too_short" and follows:
            continue
        parts = [str(part) for number, part in enumerate(place) if not _is_tag(place, number)]
        owner = _name_at(place, tables)
        for words in _said(detail).splitlines():
            told = f"{'.'.join(parts)}: {words}" if parts else words
            yield f"{told} (in {owner!r})" if owner else told


def faults_of(error: ManifestError) -> list[str]:
    """Return the faults that an error tells of a file, one each, with the file's name before it."""
    first, *rest = str(error).splitlines()
    return [f"{first} {line}" for line in rest] or [first]


def _is_tag(place: tuple[int | str, ...], number: int) -> bool:
    """Tell whether a part of a place is a value that a union goes by, and no key of the file."""
    return number > 1 and isinstance(place[number - 1], int) and place[number - 2] in _UNIONS


def _name_at(place: tuple[int | str, ...], tables: Mapping[str, Any]) -> str:
    """Return the name of the member of a list that a place lies in; a vendor does not count from 0."""
    name, value = "", cast("Any", tables)
    for number, part in enumerate(place):
        if _is_tag(place, number):
            continue
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, int) and isinstance(value, Mapping):
            name = str(value.get("name", name))
    return _shortened(name)


def _said(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "union_tag_invalid":
        return f"{context['tag']!r} is none of {context['expected_tags']}"
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        return f"wanted is {_PATTERNS[context['pattern']]}{_found(detail['input'])}"
    if kind in _WORDS:
        return _WORDS[kind]
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}{_found(detail['input'])}"


def _found(value: object) -> str:
    """Return what stands there, if it is one value."""
    return "" if isinstance(value, Mapping | list | tuple) else f", not {_shortened(repr(value))}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}…"
