"""Parameters set what they name, within their limits, and become a form."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.unit.sdk.small_plugin import edit
from tests.unit.sdk.stage_tables import TITLE, judge, lungs, manifest, nodules, put

from allward_sdk.cli import main
from allward_sdk.errors import UsageError
from allward_sdk.manifest import Manifest
from allward_sdk.settings import form_schema, read_values, with_values

SURE: dict[str, Any] = {
    "kind": "number",
    "name": "sure",
    "title": TITLE,
    "sets": [{"stage": "nodules", "key": "threshold"}],
    "default": 0.5,
    "least": 0.2,
    "largest": 0.9,
}
MANY: dict[str, Any] = {
    **SURE,
    "name": "many",
    "sets": [{"stage": "nodules", "key": "most"}],
    "default": 100,
    "least": 1,
    "largest": 500,
}
SPECKS: dict[str, Any] = {
    "kind": "choice",
    "name": "specks",
    "title": TITLE,
    "explanation": TITLE,
    "sets": [{"stage": "lungs", "key": "below_ml"}],
    "choices": [{"name": "few", "title": TITLE, "value": 1.0}, {"name": "all", "title": TITLE, "value": 0.1}],
    "default": "few",
}
BOTH: dict[str, Any] = {
    "kind": "boolean",
    "name": "both",
    "title": TITLE,
    "sets": [{"stage": "lungs", "key": "mirror"}],
}
STRICT: dict[str, Any] = {
    **SURE,
    "name": "strict",
    "sets": [{"stage": "judge", "key": "keep_above"}],
    "default": 0.0,
    "least": 0.0,
}


def tables(*parameters: dict[str, Any]) -> dict[str, Any]:
    first = put(lungs(), "output.clean", [{"do": "remove_small", "below_ml": 1.0}])
    first = put(first, "input.mirror", [0, 1])
    return manifest(first, nodules(), judge(), parameters=list(parameters))


@pytest.fixture
def asked() -> Manifest:
    return Manifest.model_validate(tables(SURE, MANY, SPECKS, BOTH, STRICT))


def test_each_value_reaches_its_place_and_nothing_else(asked: Manifest) -> None:
    values = {"sure": 0.7, "many": 5.0, "specks": "all", "both": False, "strict": 0.25}
    lung, nodule, judged = with_values(asked, values).stages
    assert (nodule.output.threshold, nodule.output.most, judged.rescore.keep_above) == (0.7, 5, 0.25)
    assert (lung.output.clean[0].below_ml, lung.input.mirror) == (0.1, ())
    before = asked.model_dump(mode="json")
    after = with_values(asked, {"sure": 0.7}).model_dump(mode="json")
    before["stages"][1]["output"]["threshold"] = 0.7
    before["parameters"][0]["default"] = 0.7
    assert after == before


def test_without_values_nothing_changes(asked: Manifest) -> None:
    assert with_values(asked, {}) == asked
    assert with_values(asked, {"both": True}) == asked


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sure": 0.95}, "between 0.2 and 0.9"),
        ({"sure": "high"}, "between"),
        ({"sure": True}, "between"),
        ({"specks": "none"}, "few, all"),
        ({"both": "yes"}, "true or false"),
        ({"window": 3}, "no parameter 'window'; it has: sure, many"),
    ],
)
def test_a_value_outside_its_limits_is_refused(asked: Manifest, values: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_values(asked, values)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ({**SURE, "default": 0.4}, "default: is 0.4, but stage 'nodules' says 0.5"),
        ({**SURE, "default": 0.1}, "between least and largest"),
        ({**SURE, "sets": [{"stage": "heart", "key": "threshold"}]}, "no stage is named 'heart'"),
        ({**SURE, "sets": [{"stage": "judge", "key": "most"}]}, "has no most that could be set"),
        ({**SURE, "sets": [{"stage": "nodules", "key": "window"}]}, "sets.0.key"),
        ({**SURE, "sets": []}, "at least 1 item"),
        ({**MANY, "least": 0.5}, "whole number"),
        ({**SPECKS, "default": "none"}, "none of the choices"),
        ({**BOTH, "sets": [{"stage": "nodules", "key": "mirror"}]}, "mirrors nothing"),
    ],
)
def test_a_parameter_that_sets_what_is_not_there_is_refused(parameter: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Manifest.model_validate(tables(parameter))
    said = "\n".join(".".join(map(str, e["loc"])) + ": " + e["msg"] for e in refused.value.errors())
    assert words in said


def test_two_parameters_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two parameters are named 'sure'"):
        Manifest.model_validate(tables(SURE, SURE))


def test_typed_values_are_read_by_kind(asked: Manifest) -> None:
    words = ["sure=0.7", "specks=all", "both=false"]
    assert read_values(asked, words) == {"sure": 0.7, "specks": "all", "both": False}
    for wrong in ("sure", "sure=much"):
        with pytest.raises(UsageError, match="NAME=VALUE|is a number"):
            read_values(asked, [wrong])


def test_the_form_has_limits_defaults_and_both_languages(asked: Manifest) -> None:
    schema = form_schema(asked)
    fields = schema["properties"]
    assert schema["additionalProperties"] is False
    assert (fields["sure"]["type"], fields["sure"]["minimum"], fields["sure"]["maximum"]) == (
        "number",
        0.2,
        0.9,
    )
    assert (fields["many"]["type"], fields["many"]["default"]) == ("integer", 100)
    assert (fields["specks"]["enum"], fields["specks"]["default"]) == (["few", "all"], "few")
    assert fields["specks"]["x-choices"]["all"] == TITLE
    assert (fields["both"]["type"], fields["both"]["default"]) == ("boolean", True)
    assert all(field["x-title"] == TITLE for field in fields.values())


def test_the_form_of_a_plug_in_is_printed(plugin_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = """
[[parameters]]
kind = "number"
name = "sure"
title = { en = "Threshold", zh = "阈值" }
sets = [{ stage = "only", key = "threshold" }]
default = 0.5
least = 0.1
largest = 0.9

[resources]"""
    edit(plugin_folder / "plugin.toml", "\n[resources]", table)
    assert main(["plugin", "schema", "--form", str(plugin_folder)]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["sure"]["x-title"]["zh"] == "阈值"
    assert main(["plugin", "check", str(plugin_folder)]) == 0
