"""Levels of the check, what it says of a fault, and questions that nobody has answered."""

import json
import locale
import re
from pathlib import Path

import pytest
from tests.unit.sdk.small_plugin import edit

from allward_sdk.check import LEVELS, RULES, check, summary
from allward_sdk.cli import main


def test_every_rule_says_in_both_languages_what_holds_and_how_to_mend_it() -> None:
    assert [level for level in LEVELS if level in {rule.level for rule in RULES}] == list(LEVELS)
    for rule in RULES:
        for text in (rule.name, rule.mend):
            assert re.search(r"[\u4e00-\u9fff]", text.zh), text.en


def test_a_level_leaves_out_the_rules_above_it(plugin_folder: Path) -> None:
    edit(plugin_folder / "plugin.toml", 'zh = "小"', 'zh = "Small"')
    edit(plugin_folder / "plugin.toml", '"10200004"', '"10200005"')
    failed = {
        level: [result.level for result in check(plugin_folder, up_to=level) if result.verdict == "failed"]
        for level in LEVELS
    }
    assert failed == {
        "runs": [],
        "speaks DICOM": ["speaks DICOM"],
        "clinical": ["clinical", "speaks DICOM"],
    }
    assert main(["plugin", "check", str(plugin_folder), "--level", "runs"]) == 0
    assert main(["plugin", "check", str(plugin_folder), "--level", "dicom"]) == 1


def test_the_json_form_says_where_and_how(plugin_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plugin_folder / "models" / "small.onnx").unlink()
    assert main(["plugin", "check", str(plugin_folder), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (failed,) = [rule for rule in said["rules"] if rule["verdict"] == "failed"]
    assert said["kept"] is False
    assert failed["faults"] == ["models/small.onnx is missing"]
    assert "sha256" in failed["mend"]["en"]
    assert "sha256" in failed["mend"]["zh"]
    assert all(rule["reason"] for rule in said["rules"] if rule["verdict"] == "exempt")


def test_people_are_told_level_by_level_with_the_advice_below_the_fault(
    plugin_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(plugin_folder / "plugin.toml", '"10200004"', '"10200005"')
    assert main(["plugin", "check", str(plugin_folder), "--language", "zh"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if "labels.liver.type" in line)
    assert "失败" in lines[at - 1]
    assert "修正方法" in lines[at + 1]
    assert [line for line in lines if line.startswith(("可运行", "可转 DICOM", "临床"))]


def test_the_language_is_that_of_the_terminal(
    plugin_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for terminal, words in (("zh_CN", "符合规范"), ("de_DE", "keeps the contract"), (None, "keeps")):
        monkeypatch.setattr(locale, "getlocale", lambda category, name=terminal: (name, "UTF-8"))
        assert main(["plugin", "check", str(plugin_folder)]) == 0
        assert words in capsys.readouterr().out.splitlines()[-1]


def test_an_open_question_is_told_with_its_place_until_it_is_answered(plugin_folder: Path) -> None:
    edit(plugin_folder / "plugin.toml", 'en = "For tests."', 'en = "? What is it for"')
    edit(plugin_folder / "plugin.toml", '"10200004", meaning = "Liver"', '"?", meaning = "? Which organ"')
    edit(plugin_folder / "plugin.toml", "prepare = ", "# ? How were images prepared\nprepare = ")
    (plugin_folder / "MODEL_CARD.md").write_text("# Small\n\n？ 训练数据来自哪里\n", encoding="utf-8")
    failed = {result.level: result.faults for result in check(plugin_folder) if result.verdict == "failed"}
    assert set(failed) == {"clinical", "speaks DICOM"}
    assert failed["speaks DICOM"] == ("labels.liver.type: Which organ",)
    assert failed["clinical"][0] == "intended_use.statement.en: What is it for"
    assert re.fullmatch(r"plugin\.toml:\d+: How were images prepared", failed["clinical"][1])
    assert failed["clinical"][2] == "MODEL_CARD.md:3: 训练数据来自哪里"


def test_what_an_old_import_left_unsaid_is_asked_too(plugin_folder: Path) -> None:
    edit(plugin_folder / "plugin.toml", 'vendor = "Example"', 'vendor = "not-stated"')
    edit(
        plugin_folder / "plugin.toml", '"10200004", meaning = "Liver"', '"not-stated", meaning = "not-stated"'
    )
    failed = {result.level: result.faults for result in check(plugin_folder) if result.verdict == "failed"}
    assert failed["clinical"] == ("plugin.vendor: not-stated",)
    assert failed["speaks DICOM"] == ("labels.liver.type: not-stated",)


def test_an_acceptance_case_that_cannot_be_read_is_told_with_its_key(plugin_folder: Path) -> None:
    case = plugin_folder / "acceptance" / "one" / "case.toml"
    case.parent.mkdir(parents=True)
    case.write_text('title = { en = "One", zh = "一" }\n[input]\nphantom = "moon"\n[expect]\n')
    (failed,) = [result for result in check(plugin_folder) if result.verdict == "failed"]
    assert failed.level == "clinical"
    assert "acceptance/one/case.toml" in failed.detail
    assert "input.phantom" in failed.detail


def test_the_schema_of_a_case_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugin", "schema", "--case"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == {"title", "input", "expect"}
    assert all(field["description"] for field in schema["properties"].values())


def test_the_summary_counts_verdicts_from_the_lowest_level(plugin_folder: Path) -> None:
    (plugin_folder / "models" / "small.onnx").unlink()
    counted = summary(check(plugin_folder))
    assert list(counted) == list(LEVELS)
    assert counted["runs"]["failed"] == 1
    assert counted["runs"]["exempt"] == 8
