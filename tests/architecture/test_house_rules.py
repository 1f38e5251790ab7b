"""The rules of `house_rules.py`, held to the whole tree."""

import importlib
import platform
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import house_rules
from tests.architecture.tree import ROOT, SOURCE_ROOTS, python_files, text_files, tracked

PYTHON_RULES = (
    house_rules.unexplained_package,
    house_rules.uses_signals,
    house_rules.untranslated,
)
"""Rules for the product's own code."""

EVERYWHERE_RULES = (
    house_rules.silenced_without_reason,
    house_rules.stands_in_for_a_service,
    house_rules.too_long,
    house_rules.unfinished,
)
"""Rules for the product's code and its tests."""

Rule = Callable[[str, str], list[str]]


def breaches(rule: Rule, *folders: str) -> list[str]:
    return [breach for path, text in python_files(*folders) for breach in rule(path, text)]


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    assert breaches(rule, *SOURCE_ROOTS) == []


@pytest.mark.parametrize("rule", EVERYWHERE_RULES, ids=lambda rule: rule.__name__)
def test_the_product_and_its_tests_keep_the_rule(rule: Rule) -> None:
    assert breaches(rule, *SOURCE_ROOTS, "tests", "plugins") == []


def test_every_file_name_says_what_is_in_it() -> None:
    code = (path for path in tracked() if path.endswith((".py", ".ts", ".tsx")))
    assert [breach for path in code for breach in house_rules.vague_name(path)] == []


def test_reasons_are_kept_only_for_files_that_need_them() -> None:
    for path, reason in house_rules.LONGER_FOR_A_REASON.items():
        assert len(reason.split()) > 4
        assert (ROOT / path).read_text().count("\n") > house_rules.MOST_LINES, (
            f"{path} needs no reason any more"
        )
    for path in house_rules.VAGUE_FOR_A_REASON:
        assert (ROOT / path).is_file()


def test_source_roots_are_no_packages_and_hide_nothing_of_the_standard_library() -> None:
    assert house_rules.source_root_layout(list(tracked()), SOURCE_ROOTS) == []


def test_the_module_platform_is_the_one_of_the_standard_library() -> None:
    found = importlib.import_module("platform")
    assert found is platform
    assert Path(str(platform.__file__)).parent == Path(sysconfig.get_path("stdlib"))
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_no_file_names_a_package_registry() -> None:
    assert [b for path, text in text_files() for b in house_rules.names_of_registries(path, text)] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert [b for path, text in text_files() for b in house_rules.paths_of_a_machine(path, text)] == []
