"""Imports point down only: the tables of pyproject.toml are complete, kept, and bite."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT, packages, rooms

PLANTED = {
    "a low package imports a high one": (
        "allward_sdk/planted.py",
        "import allward.kernel.clock\n",
        "Packages: imports point down only",
    ),
    "one of the three in the middle imports another": (
        "allward_measure/planted.py",
        "import allward_dicom.header\n",
        "Packages: imports point down only",
    ),
    "a low room imports a high one": (
        "allward/tenancy/planted.py",
        "import allward.runs.models\n",
        "Rooms of allward",
    ),
    "a verb imports another verb": (
        "allward/archive/planted.py",
        "import allward.ingest.models\n",
        "Rooms of allward",
    ),
    "a room that is in no row": ("allward/utilities/__init__.py", "", "Rooms of allward"),
    "Django below the core": ("allward_engine/planted.py", "import django.conf\n", "No Django"),
    "logic that knows the platform": (
        "any_imaging/logic/planted.py",
        "import allward.kernel.clock\n",
        "An app's logic knows nothing",
    ),
    "the core runs a model itself": (
        "allward/execution/planted.py",
        "import onnxruntime\n",
        "Only the engine runs models",
    ),
}


def contracts() -> dict[str, Any]:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return {"root_packages": tables["root_packages"], **{row["id"]: row for row in tables["contracts"]}}


def names_in(layers: list[str]) -> set[str]:
    return {name for layer in layers for name in re.split(r"\s*[|:]\s*", layer)}


def lint_imports(folder: Path) -> tuple[bool, str]:
    """Run import-linter on the packages below `folder` with the project's own tables."""
    tool = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [tool, "--config", ROOT / "pyproject.toml", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": f"{folder}", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    return run.returncode == 0, run.stdout + run.stderr


def test_every_package_stands_in_the_table_of_packages() -> None:
    assert names_in(contracts()["packages"]["layers"]) == set(packages())
    assert set(contracts()["root_packages"]) == set(packages())


def test_every_room_stands_in_the_table_of_rooms() -> None:
    assert contracts()["rooms"]["exhaustive"] is True
    assert names_in(contracts()["rooms"]["layers"]) == set(rooms())


def test_every_package_below_the_core_is_held_to_live_without_django() -> None:
    below = set(packages()) - {"allward"}
    named = {name.split(".")[0] for name in contracts()["no-django"]["source_modules"]}
    assert named == below


def test_the_tree_keeps_its_layers() -> None:
    kept, said = lint_imports(ROOT)
    assert kept, said


@pytest.fixture(scope="module")
def small_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a tree with every package and room of the tables, all empty, and the few modules imported."""
    folder = tmp_path_factory.mktemp("tree")
    modules = [f"{name}/__init__.py" for name in contracts()["root_packages"]]
    modules += [f"allward/{room}/__init__.py" for room in names_in(contracts()["rooms"]["layers"])]
    modules += [f"{app}/logic/__init__.py" for app in ("any_imaging", "liver_planning", "lung_nodule")]
    modules += ["allward/kernel/clock.py", "allward/runs/models.py"]
    modules += ["allward_dicom/header.py", "allward/ingest/models.py", "allward/tenancy/protection.py"]
    for module in modules:
        (folder / module).parent.mkdir(parents=True, exist_ok=True)
        (folder / module).touch()
    migration = folder / "allward" / "audit" / "migrations" / "0002_protection.py"
    migration.parent.mkdir()
    (migration.parent / "__init__.py").touch()
    migration.write_text("import allward.tenancy.protection\n")
    return folder


def test_a_tree_without_imports_keeps_the_layers(small_tree: Path) -> None:
    kept, said = lint_imports(small_tree)
    assert kept, said


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_import_is_found(small_tree: Path, what: str) -> None:
    module, text, contract = PLANTED[what]
    planted = small_tree / module
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(text)
    try:
        kept, said = lint_imports(small_tree)
    finally:
        planted.unlink()
        if planted.name == "__init__.py":
            planted.parent.rmdir()
    assert not kept
    assert re.search(rf"{re.escape(contract)}.*BROKEN", said), said
