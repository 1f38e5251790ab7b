"""The current contract is read, the previous one brought up to it, any other refused with advice."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.sdk.small_plugin import edit
from tests.unit.sdk.stage_tables import manifest, put

from allward_sdk import contracts
from allward_sdk import manifest as definition
from allward_sdk.contracts import CONTRACT, CONTRACTS, Upgrade, to_current
from allward_sdk.errors import ManifestError
from allward_sdk.manifest import Manifest, read_manifest


def renamed(tables: dict[str, Any]) -> dict[str, Any]:
    """A made-up change: version 4 said `vendor` where version 5 says `maker`."""
    tables["maker"] = tables.pop("vendor")
    return tables


MADE_UP: dict[int, Upgrade | None] = {4: renamed, 5: None}


def test_current_and_previous_are_read_and_no_more() -> None:
    assert max(CONTRACTS) == CONTRACT
    assert CONTRACTS[CONTRACT] is None
    assert set(CONTRACTS) <= {CONTRACT, CONTRACT - 1}
    assert all(CONTRACTS[version] is not None for version in set(CONTRACTS) - {CONTRACT})


def test_the_current_version_stays_as_it_is() -> None:
    tables = {"contract": 5, "maker": "A"}
    assert to_current(tables, MADE_UP) is tables


def test_the_previous_version_is_brought_up_and_the_original_kept() -> None:
    tables = {"contract": 4, "vendor": "A"}
    assert to_current(tables, MADE_UP) == {"contract": 5, "maker": "A"}
    assert tables == {"contract": 4, "vendor": "A"}


@pytest.mark.parametrize(
    ("version", "words"), [(6, "update Allward"), (3, "ask the vendor"), (0, "no longer")]
)
def test_any_other_version_is_refused_with_what_to_do(version: int, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        to_current({"contract": version}, MADE_UP)
    assert "4 and 5" in str(refused.value)


@pytest.mark.parametrize("version", [None, "1", 1.0, True])
def test_what_is_no_version_is_left_to_the_schema(version: object) -> None:
    tables = {"contract": version}
    assert to_current(tables, MADE_UP) is tables


def test_a_manifest_of_the_previous_version_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade(tables: dict[str, Any]) -> dict[str, Any]:
        tables["licences"] = {"code": tables["licence"], "weights": tables.pop("licence")}
        return tables

    def with_a_past(tables: Any) -> Any:
        return to_current(tables, {CONTRACT - 1: upgrade, CONTRACT: None})

    monkeypatch.setattr(definition, "to_current", with_a_past)
    old = put(manifest(), "licences", None) | {"contract": CONTRACT - 1, "licence": "MIT"}
    read = Manifest.model_validate(old)
    assert (read.contract, read.licences.weights) == (CONTRACT, "MIT")


def test_a_newer_manifest_says_in_one_line_what_to_do(plugin_folder: Path) -> None:
    edit(plugin_folder / "plugin.toml", "contract = 1", "contract = 2")
    with pytest.raises(ManifestError) as refused:
        read_manifest(plugin_folder / "plugin.toml")
    assert str(refused.value).splitlines()[1:] == [
        "contract 2 is newer than what this Allward reads (1): update Allward, "
        "or ask the vendor for a package of contract 1"
    ]


def test_the_number_stands_in_one_place() -> None:
    assert definition.CONTRACT is contracts.CONTRACT
