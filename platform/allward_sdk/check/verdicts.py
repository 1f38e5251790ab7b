"""Applies the rules and says of each: done, failed with every place, or exempt and why."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from allward_sdk.check import rules
from allward_sdk.check.contents import Contents, ExemptError, opened
from allward_sdk.check.table import (
    LEVELS,
    MEND_FOLDER,
    MEND_PACKAGE,
    RULES,
    WHOLE_FOLDER,
    WHOLE_PACKAGE,
    Level,
    Rule,
)
from allward_sdk.errors import ManifestError, UsageError
from allward_sdk.faults import faults_of
from allward_sdk.package import REQUIRED_FILES, read_package
from allward_sdk.parts import Localised


@dataclass(frozen=True)
class RuleResult:
    """One rule and what became of it."""

    name: Localised
    """The rule, in both languages."""
    verdict: Literal["done", "failed", "exempt"]
    level: Level = "runs"
    """What the rule is about."""
    faults: tuple[str, ...] = ()
    """Every fault with its place, if it failed."""
    reason: str = ""
    """Why it is exempt."""
    mend: Localised | None = None
    """What to do, if it failed."""

    @property
    def rule(self) -> str:
        """The rule in English."""
        return self.name.en

    @property
    def detail(self) -> str:
        """Every fault in one line, or the reason of an exemption."""
        return "; ".join(self.faults) or self.reason

    def to_json(self) -> dict[str, Any]:
        """Return the form that `allward plugin check --json` prints."""
        return {
            "level": self.level,
            "rule": self.name.model_dump(),
            "verdict": self.verdict,
            "faults": list(self.faults),
            "reason": self.reason,
            "mend": None if self.mend is None else self.mend.model_dump(),
        }


def check(path: Path, *, up_to: Level = "clinical") -> tuple[RuleResult, ...]:
    """Apply the rules of a level and of those below it to a plug-in's folder or `.allward` file.

    A manifest or package that cannot be read fails its rule and ends the check.

    Raises
    ------
    UsageError
        If `onnx` is not installed, or nothing is at `path`.
    """
    return tuple(checking(path, up_to=up_to))


def checking(path: Path, *, up_to: Level = "clinical") -> Iterator[RuleResult]:
    """Apply the rules as `check` does, and give each verdict as soon as it is known; raises as `check`."""
    if not path.exists():
        raise UsageError(f"{path}: nothing is there.")
    first, mend = (WHOLE_FOLDER, MEND_FOLDER) if path.is_dir() else (WHOLE_PACKAGE, MEND_PACKAGE)
    levels = LEVELS[: LEVELS.index(up_to) + 1]
    try:
        with opened(path) as contents:
            yield RuleResult(first, "done")
            for rule in RULES:
                if rule.level in levels:
                    yield _apply(rule, contents)
    except ManifestError as error:
        yield RuleResult(first, "failed", faults=tuple(faults_of(error)), mend=mend)


def _apply(rule: Rule, contents: Contents) -> RuleResult:
    try:
        faults = rule.find(contents)
    except ExemptError as reason:
        return RuleResult(rule.name, "exempt", rule.level, reason=str(reason))
    if faults:
        return RuleResult(rule.name, "failed", rule.level, faults=tuple(faults), mend=rule.mend)
    return RuleResult(rule.name, "done", rule.level)


def open_questions(path: Path) -> list[str]:
    """Return what a package still asks its maker, each with its place; its models are not looked into.

    Raises
    ------
    ManifestError
        If the package is not whole.
    """
    package = read_package(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode("utf-8", "replace") for name in REQUIRED_FILES}
    contents = Contents(manifest=package.manifest, files=files, models={})
    return [*rules.faults_of_questions(contents), *rules.faults_of_missing_codes(contents)]


def summary(results: Sequence[RuleResult]) -> dict[Level, dict[str, int]]:
    """Return level -> verdict -> how many rules, levels from the lowest, verdicts that occur."""
    return {
        level: {
            verdict: sum(result.verdict == verdict for result in found)
            for verdict in ("done", "failed", "exempt")
            if any(result.verdict == verdict for result in found)
        }
        for level in LEVELS
        if (found := [result for result in results if result.level == level])
    }
