"""A plug-in says in its manifest whether a hospital needs a token to run it."""

from pathlib import Path

import pytest
from tests.unit.sdk.small_plugin import edit

from allward_sdk.errors import ManifestError
from allward_sdk.manifest import read_manifest
from allward_sdk.schema import manifest_page, manifest_schema


def with_licences(folder: Path, line: str) -> Path:
    edit(folder / "plugin.toml", "[licences]\n", f"[licences]\n{line}\n")
    return folder / "plugin.toml"


def test_a_plugin_needs_no_entitlement_unless_it_says_so(plugin_folder: Path) -> None:
    assert read_manifest(plugin_folder / "plugin.toml").licences.entitlement is False
    assert read_manifest(with_licences(plugin_folder, "entitlement = true")).licences.entitlement is True


def test_anything_but_yes_and_no_is_refused_with_its_place(plugin_folder: Path) -> None:
    with pytest.raises(ManifestError, match=r"licences\.entitlement"):
        read_manifest(with_licences(plugin_folder, 'entitlement = "sometimes"'))


def test_schema_and_page_tell_it() -> None:
    told = manifest_schema()["$defs"]["Licences"]["properties"]["entitlement"]
    assert (told["type"], told["default"]) == ("boolean", False)
    assert "| `entitlement` | boolean | `false` |" in manifest_page()
