"""JSON files of other tools, read with errors that say where and what."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from allward_importers.refusal import RefusedError

MOST_BYTES = 64 << 20


class Table:
    """One object of a JSON file; what is asked of it and is not there, or of another kind, is refused."""

    def __init__(self, data: Any, place: str) -> None:
        if not isinstance(data, Mapping):
            raise RefusedError(f"{place}: not a table of names and values.")
        self.data: Mapping[str, Any] = data
        self.place = place

    def table(self, key: str) -> "Table":
        """Return the table at a key."""
        return Table(self.value(key), f"{self.place}: {key}")

    def value(self, key: str) -> Any:
        """Return what is at a key; raises RefusedError if nothing is."""
        if key not in self.data:
            raise RefusedError(f"{self.place}: {key} is missing.")
        return self.data[key]

    def text(self, key: str) -> str:
        """Return the text at a key."""
        value = self.value(key)
        if not isinstance(value, str):
            raise RefusedError(f"{self.place}: {key} is {value!r}, not a text.")
        return value

    def numbers(self, key: str, count: int | None = None) -> tuple[float, ...]:
        """Return the numbers at a key, so many if `count` says."""
        return numbers(self.value(key), f"{self.place}: {key}", count)

    def integers(self, key: str, count: int | None = None) -> tuple[int, ...]:
        """Return the whole numbers at a key."""
        return integers(self.value(key), f"{self.place}: {key}", count)


def numbers(value: Any, place: str, count: int | None = None) -> tuple[float, ...]:
    """Return a list of numbers; raises RefusedError if it is none, or not of `count`."""
    if not isinstance(value, Sequence) or isinstance(value, str) or (count and len(value) != count):
        raise RefusedError(f"{place} is {value!r}, not {count or 'some'} numbers.")
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in value):
        raise RefusedError(f"{place} is {value!r}, not {count or 'some'} numbers.")
    return tuple(float(n) for n in value)


def integers(value: Any, place: str, count: int | None = None) -> tuple[int, ...]:
    """Return a list of whole numbers; raises RefusedError if it is none, or not of `count`."""
    found = numbers(value, place, count)
    if any(n != int(n) for n in found):
        raise RefusedError(f"{place} is {value!r}, not whole numbers.")
    return tuple(int(n) for n in found)


def read_table(path: Path) -> Table:
    """Read a JSON file whose outermost value is an object; raises RefusedError if it is not that."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RefusedError(f"{path}: larger than {MOST_BYTES >> 20} MiB.")
        return Table(json.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise RefusedError(f"{path}: cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{path}: not valid JSON: {error}") from error
