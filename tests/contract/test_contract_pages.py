"""docs/contract says what the code says."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from allward_sdk import classes, detection, manifest, operators, parameters, stages, tiles, volumes
from allward_sdk.manifest import CONTRACT, read_manifest
from allward_sdk.schema import manifest_page, manifest_schema

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "contract"
HOW = "run: allward plugin schema [--format markdown] > docs/contract/..."


def tables() -> list[type[BaseModel]]:
    return [
        found
        for module in (manifest, operators, stages, volumes, tiles, detection, classes, parameters)
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, BaseModel) and found.__module__ == module.__name__
        if not name.startswith("_")
    ]


def test_the_schema_is_current() -> None:
    assert json.loads((PAGES / "plugin.schema.json").read_text(encoding="utf-8")) == manifest_schema(), HOW


def test_the_page_of_keys_is_current() -> None:
    assert (PAGES / "manifest.md").read_text(encoding="utf-8") == manifest_page(), HOW


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.__name__)
def test_every_key_stands_on_the_page_with_its_meaning(table: type[BaseModel]) -> None:
    heading = "plugin.toml" if table is manifest.Manifest else table.__name__
    page = (PAGES / "manifest.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    for key in table.model_fields:
        assert re.search(rf"^\| `{key}` \| .+ \| [^|]*[a-z]+.* \|$", section, re.MULTILINE), key


def test_changes_tell_of_the_present_contract() -> None:
    assert f"## Contract {CONTRACT}\n" in (PAGES / "changes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "plugins").glob("*/plugin.toml")), ids=lambda p: p.parent.name
)
def test_every_plugin_of_the_project_keeps_the_contract(path: Path) -> None:
    assert read_manifest(path).contract == CONTRACT
