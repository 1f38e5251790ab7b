"""Nothing that the product ships or installs binds a hospital by its licence, or hides what it is under."""

import tomllib

import pytest

from tests.architecture.licences import (
    ALLOWED_FOR_A_REASON,
    browser_dependencies,
    is_free,
    licence_breach,
    python_dependencies,
    stated_licences,
)
from tests.architecture.tree import ROOT


def requirements() -> list[str]:
    dependencies: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return dependencies


def test_every_python_package_that_is_installed_with_the_product_is_free_to_use() -> None:
    packages = python_dependencies(requirements())
    assert len(packages) > len(requirements()), "the packages that ours stand on were not followed"
    breaches = [licence_breach(name, stated_licences(package)) for name, package in packages.items()]
    assert [breach for breach in breaches if breach] == []


def test_every_package_in_the_pages_is_free_to_use() -> None:
    breaches = [licence_breach(name, [licence]) for name, licence in browser_dependencies().items()]
    assert [breach for breach in breaches if breach] == []


def test_each_exception_is_still_used_and_says_why() -> None:
    used = set(python_dependencies(requirements())) | set(browser_dependencies())
    assert set(ALLOWED_FOR_A_REASON) <= used
    assert all(len(reason.split()) > 2 for reason in ALLOWED_FOR_A_REASON.values())


def test_the_decision_on_dependencies_names_each_of_them() -> None:
    decision = (ROOT / "docs" / "adr" / "0012-dependencies-and-their-licences.md").read_text().lower()
    names = [line.split("[")[0].split(">")[0].split("=")[0].strip().lower() for line in requirements()]
    assert [name for name in names if f"`{name}`" not in decision] == []


@pytest.mark.parametrize(
    "stated",
    [["GPL-3.0-only"], ["AGPL-3.0-or-later"], ["LGPL-3.0"], ["MIT AND GPL-2.0"], [""], [], ["see LICENSE"]],
)
def test_a_licence_that_binds_or_is_not_named_is_found(stated: list[str]) -> None:
    assert licence_breach("planted", stated)


@pytest.mark.parametrize(
    "expression",
    ["MIT", "GPL-3.0 OR MIT", "(MIT AND Zlib)", "(WTFPL OR MIT)", "Apache-2.0 AND (GPL-2.0 OR MIT)"],
)
def test_a_licence_that_leaves_us_free_is_left_alone(expression: str) -> None:
    assert is_free(expression)


def test_the_classifier_decides_where_the_licence_field_holds_a_whole_text() -> None:
    assert licence_breach("planted", ["Copyright (c) 2001 Somebody", "BSD License"]) is None
