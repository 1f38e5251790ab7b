"""The shape of JSON: keys and types at every depth, learned from examples and held against real answers."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "frontend" / "contract" / "fixtures"


@dataclass
class Shape:
    """What examples show at one place.

    Attributes
    ----------
    types
        Of "object", "list", "string", "number", "boolean"; null says nothing of the type.
    keys
        Shapes below an object's keys; every example of an object has all of them.
    items
        Shape of all items of a list; None if every example is empty.
    """

    types: set[str] = field(default_factory=set)
    keys: dict[str, "Shape"] = field(default_factory=dict)
    items: "Shape | None" = None

    def learn(self, value: Any) -> None:
        """Take one more example in."""
        if value is None:
            return
        kind = _kind(value)
        if kind == "object":
            assert "object" not in self.types or set(self.keys) == set(value), "examples differ in their keys"
            for key, below in value.items():
                self.keys.setdefault(key, Shape()).learn(below)
        if kind == "list":
            for item in value:
                self.items = self.items or Shape()
                self.items.learn(item)
        self.types.add(kind)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for types, kind in ((dict, "object"), (list, "list"), (str, "string"), ((int, float), "number")):
        if isinstance(value, types):
            return kind
    raise TypeError(value)


def fixtures_of(schema: str) -> list[Any]:
    """Return the values of all golden fixtures of a schema."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIXTURES.glob("*.json"))]
    return [each["value"] for each in read if each["schema"] == schema]


def shape_of(examples: Iterable[Any]) -> Shape:
    """Learn a shape from examples."""
    shape = Shape()
    for example in examples:
        shape.learn(example)
    return shape


def differences(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield where a value has other keys or types than a shape; nulls are the definitions' business."""
    if value is None or not shape.types:
        return
    kind = _kind(value)
    if kind not in shape.types:
        yield f"{path}: {kind} instead of {' or '.join(sorted(shape.types))}"
    elif kind == "object":
        yield from (f"{path}.{key}: missing" for key in sorted(shape.keys.keys() - value.keys()))
        yield from (f"{path}.{key}: more than agreed" for key in sorted(value.keys() - shape.keys.keys()))
        for key in shape.keys.keys() & value.keys():
            yield from differences(value[key], shape.keys[key], f"{path}.{key}")
    elif kind == "list" and shape.items is not None:
        for item in value:
            yield from differences(item, shape.items, f"{path}[]")


def has_definitions() -> bool:
    """Tell whether the pages' own definitions can be run here: Node and the front end's packages."""
    return (
        shutil.which("node") is not None
        and (ROOT / "frontend" / "node_modules" / ".bin" / "rolldown").exists()
    )


def refusals(values: list[tuple[str, Any]]) -> list[str | None]:
    """Return what the pages' own definitions (zod) say against each (schema, value); None is content."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "check.mjs"
        source = Path(__file__).with_name("zod_check.mjs")
        command = ["node_modules/.bin/rolldown", str(source), "--format", "esm", "--platform", "node"]
        subprocess.run(
            [*command, "--file", str(bundle)], cwd=ROOT / "frontend", check=True, capture_output=True
        )
        asked = json.dumps([{"schema": schema, "value": value} for schema, value in values])
        said = subprocess.run(
            ["node", str(bundle)], input=asked, check=True, capture_output=True, text=True, timeout=60
        )
    found: list[str | None] = json.loads(said.stdout)
    return found
