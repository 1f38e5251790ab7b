"""`plugin.toml` as people write it: tables for parts, one line for what belongs together."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

_MOST_IN_LINE = 90
_ARRAYS_OF_TABLES = ("stages", "labels", "measurements")
_SECTIONS_OF_A_STAGE = ("input", "output", "tiles")


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return the text of a manifest that is given as tables, lists, texts and numbers; None is left out."""
    lines = [f"{key} = {_value(value)}" for key, value in manifest.items() if not _is_section(key, value)]
    for key, value in manifest.items():
        if key in _ARRAYS_OF_TABLES:
            for table in value:
                lines += ["", f"[[{key}]]", *_table(table, key)]
        elif key == "models":
            for name, model in value.items():
                lines += ["", f"[models.{name}]", *_table(model, name)]
        elif isinstance(value, Mapping):
            lines += ["", f"[{key}]", *_table(value, key)]
    return "\n".join(lines) + "\n"


def _is_section(key: str, value: Any) -> bool:
    return key in _ARRAYS_OF_TABLES or isinstance(value, Mapping)


def _table(table: Mapping[str, Any], place: str) -> Iterator[str]:
    inner = {key: each for key, each in table.items() if place == "stages" and key in _SECTIONS_OF_A_STAGE}
    for key, value in table.items():
        if key not in inner and value is not None:
            yield f"{key} = {_value(value)}"
    for key, value in inner.items():
        yield from ("", f"[{place}.{key}]")
        yield from _table(value, key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        parts = [_value(each) for each in value]
        line = f"[{', '.join(parts)}]"
        if len(line) <= _MOST_IN_LINE or not any(isinstance(each, Mapping) for each in value):
            return line
        return "[\n" + "".join(f"    {part},\n" for part in parts) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{value!r} has no place in a manifest")
