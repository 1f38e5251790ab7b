"""The contract for people and tools: JSON Schema of `plugin.toml`, and a page that lists its every key.

Both are made from the one definition in `manifest` and `operators`, docstrings included, and kept
under docs/contract/.
"""

from collections.abc import Iterator
from typing import Any

from allward_sdk.cases import AcceptanceCase
from allward_sdk.manifest import CONTRACT, Manifest

Schema = dict[str, Any]

_HEAD = """# Every key of `plugin.toml`

Contract {contract}. Made by `allward plugin schema --format markdown` from the definition in the SDK;
`plugin.schema.json` says the same to editors, `plugins/liver_ct/plugin.toml` is a whole example.

Triples inside a stage (spacing, window, margin) are in the order of the model's own array axes, which
`orientation` names. A key without a default must be there. Without a `threshold` a voxel has the label of
the largest channel, and channel 0 is background; with one, every channel is a label.
"""


def manifest_schema() -> Schema:
    """Return the schema (draft 2020-12); docs/contract/plugin.schema.json holds the same."""
    schema = Manifest.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:allward:contract:{CONTRACT}:plugin",
        **schema,
    }


def case_schema() -> Schema:
    """Return the schema (draft 2020-12) of an acceptance case's `case.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:allward:contract:{CONTRACT}:case",
        **AcceptanceCase.model_json_schema(mode="validation"),
    }


def manifest_page() -> str:
    """Return docs/contract/manifest.md: a section per table of the manifest, a line per key."""
    schema = manifest_schema()
    sections = [_section("plugin.toml", schema)]
    sections += [_section(name, schema["$defs"][name]) for name in _in_reading_order(schema)]
    return "\n".join([_HEAD.format(contract=CONTRACT), *sections])


def _in_reading_order(schema: Schema) -> list[str]:
    """Return the definitions in the order in which a reader of the page first meets them."""
    order: list[str] = []

    def visit(part: object) -> None:
        for name in _references(part):
            if name not in order:
                order.append(name)
                visit(schema["$defs"][name])

    visit(schema["properties"])
    return order


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        for key, value in part.items():
            if key != "discriminator":
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _section(name: str, schema: Schema) -> str:
    lines = [f"## {name}", "", " ".join(str(schema.get("description", "")).split()), ""]
    lines += ["| key | form | default | meaning |", "| --- | --- | --- | --- |"]
    for key, value in schema["properties"].items():
        default = "" if key in schema.get("required", ()) else f"`{_toml(value.get('default'))}`"
        meaning = " ".join(str(value.get("description", "")).split())
        cells = (f"`{key}`", _form(value), default, meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _toml(value: object) -> str:
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _form(value: Schema) -> str:
    """Say in a few words what may stand at a key."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in value or "enum" in value:
        return " or ".join(f"`{_toml(choice)}`" for choice in value.get("enum", [value.get("const")]))
    for key in ("oneOf", "anyOf"):
        if key in value:
            return " or ".join(_form(choice) for choice in value[key] if choice.get("type") != "null")
    if value.get("type") == "array":
        return _form_of_array(value)
    if value.get("type") == "object":
        (of_names,) = value["patternProperties"].values()
        return f"table of {_form(of_names)} by name"
    return _form_of_scalar(value)


def _form_of_array(value: Schema) -> str:
    if "prefixItems" in value:
        return f"{len(value['prefixItems'])} times {_form(value['prefixItems'][0])}"
    return f"list of {_form(value['items'])}"


def _form_of_scalar(value: Schema) -> str:
    words = [str(value.get("type", "any"))]
    bounds = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    words += [f"{sign} {value[key]}" for key, sign in bounds.items() if key in value]
    if "maxLength" in value:
        words.append(f"of at most {value['maxLength']} characters")
    if "pattern" in value:
        words.append(f"like `{value['pattern']}`")
    return " ".join(words)
