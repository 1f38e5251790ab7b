"""What a version changes against the one before, as two manifests tell it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PARTS = (
    "models",
    "wants",
    "fills",
    "labels",
    "measurements",
    "parameters",
    "stages",
    "resources",
    "intended_use",
    "licences",
    "plugin",
    "contract",
)
"""The parts of a manifest in the order in which a reviewer looks at them."""

_TEXTS = frozenset({"en", "zh"})
_CODE = frozenset({"scheme", "value", "meaning"})


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two manifests differ."""

    part: str
    path: str
    """Keys from the part on, with full stops between; empty: the part itself."""
    before: Any
    """None: it was not there."""
    after: Any
    """None: it is gone."""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return every place where two manifests differ, but for the version itself."""
    found = (
        Change(part, path, old, new)
        for part in (*PARTS, *sorted({*before, *after} - {*PARTS}))
        for path, old, new in _differing(before.get(part), after.get(part), "")
        if (part, path) != ("plugin", "version")
    )
    return tuple(found)


def _differing(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if before == after:
        return
    old, new = _named(before), _named(after)
    if old is None or new is None:
        yield path, before, after
        return
    for name in (*old, *(name for name in new if name not in old)):
        yield from _differing(old.get(name), new.get(name), f"{path}.{name}" if path else name)


def _named(value: Any) -> dict[str, Any] | None:
    """Return the members of a value by name; None for what is compared as a whole: numbers, codes, texts."""
    if isinstance(value, Mapping):
        return None if set(value) in (_TEXTS, _CODE) else dict(value)
    if isinstance(value, list) and value and all(_has_name(each) for each in value):
        return {str(each["name"]): each for each in value}
    return None


def _has_name(value: Any) -> bool:
    return isinstance(value, Mapping) and "name" in value
