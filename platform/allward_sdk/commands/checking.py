"""`allward plugin check`: tells rule by rule whether a plug-in keeps the contract."""

import argparse
import json
import locale
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from allward_sdk.cli import Subparsers

if TYPE_CHECKING:
    from allward_sdk.check import Level, RuleResult

Language = Literal["en", "zh"]

LEVELS: "dict[str, Level]" = {"runs": "runs", "dicom": "speaks DICOM", "clinical": "clinical"}
"""How it is typed -> the level."""

_WORDS: dict[str, dict[Language, str]] = {
    "done": {"en": "done", "zh": "通过"},
    "failed": {"en": "failed", "zh": "失败"},
    "exempt": {"en": "exempt", "zh": "豁免"},
    "runs": {"en": "runs", "zh": "可运行"},
    "speaks DICOM": {"en": "speaks DICOM", "zh": "可转 DICOM"},
    "clinical": {"en": "clinical", "zh": "临床"},
    "mend": {"en": "to mend", "zh": "修正方法"},
    "kept": {"en": "keeps the contract", "zh": "符合规范"},
    "broken": {"en": "rules that failed: {count}", "zh": "{count} 条规则未通过"},
}


def add_check(commands: Subparsers) -> None:
    """Add `allward plugin check`."""
    parser = commands.add_parser("check", help="tell rule by rule whether a plug-in keeps the contract")
    parser.add_argument("path", type=Path, help="a plug-in's folder, or a .allward file")
    parser.add_argument(
        "--level",
        choices=tuple(LEVELS),
        default="clinical",
        help="highest level to look at; each rests on those before it (default: clinical)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--language", choices=("en", "zh"), help="of rules and advice (default: that of this terminal)"
    )
    parser.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace) -> int:
    """Print every rule with its verdict, level by level; 1 if one failed."""
    from allward_sdk.check import check

    results = check(arguments.path, up_to=LEVELS[arguments.level])
    failed = sum(result.verdict == "failed" for result in results)
    if arguments.json:
        said = {
            "path": str(arguments.path),
            "level": LEVELS[arguments.level],
            "kept": not failed,
            "rules": [result.to_json() for result in results],
        }
        sys.stdout.write(json.dumps(said, indent=2, ensure_ascii=False) + "\n")
    else:
        language = arguments.language or _language_of_terminal()
        sys.stdout.write("\n".join(_lines(arguments.path, results, language)) + "\n")
    return 1 if failed else 0


def _language_of_terminal() -> Language:
    return "zh" if (locale.getlocale(locale.LC_CTYPE)[0] or "").startswith("zh") else "en"


def _lines(path: Path, results: "Sequence[RuleResult]", language: Language) -> Iterator[str]:
    from allward_sdk.check import summary

    for level, counts in summary(results).items():
        told = ", ".join(f"{count} {_WORDS[verdict][language]}" for verdict, count in counts.items())
        yield f"{_WORDS[level][language]}: {told}"
        for result in results:
            if result.level == level:
                yield from _lines_of_rule(result, language)
        yield ""
    failed = sum(result.verdict == "failed" for result in results)
    yield f"{path}: {_WORDS['broken' if failed else 'kept'][language].format(count=failed)}"


def _lines_of_rule(result: "RuleResult", language: Language) -> Iterator[str]:
    reason = f": {result.reason}" if result.reason else ""
    yield f"  {_WORDS[result.verdict][language]:<7} {getattr(result.name, language)}{reason}"
    for fault in result.faults:
        yield f"          {fault}"
    if result.mend is not None:
        yield f"          {_WORDS['mend'][language]}: {getattr(result.mend, language)}"
