"""The JSON Schema of `plugin.toml`, for editors and for tools that are not written in Python."""

from typing import Any

from allward_sdk.manifest import CONTRACT, Manifest


def manifest_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12); docs/contract/plugin.schema.json holds the same."""
    schema = Manifest.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:allward:contract:{CONTRACT}:plugin",
        **schema,
    }
