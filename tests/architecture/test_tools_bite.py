"""Ruff and mypy, as pyproject.toml sets them, find what they are for; a setting that died fails here."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

TOOLS = Path(sys.executable).parent

PLANTED = {
    "a Django signal": ("TID251", "from django.dispatch import receiver\n"),
    "a signal of a record": ("TID251", "from django.db.models.signals import post_save\n"),
    "a variable read outside of environment.py": ("TID251", "import os\n\nHOME = os.environ['HOME']\n"),
    "a variable read by getenv": ("TID251", "import os\n\nHOME = os.getenv('HOME')\n"),
    "a Celery task outside of the pipeline": ("TID251", "from celery import shared_task\n"),
    "an except that hides our bugs": ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
    "a print": ("T201", "print('here')\n"),
    "a time without a zone": ("DTZ005", "import datetime\n\nNOW = datetime.datetime.now()\n"),
    "a public function without a docstring": ("D103", "def volume() -> int:\n    return 1\n"),
    "six arguments": (
        "PLR0913",
        'def f(a: int, b: int, c: int, d: int, e: int, f: int) -> None:\n    """Take many."""\n',
    ),
    "a function with ten branches": (
        "C901",
        "def f(n: int) -> int:\n"
        '    """Choose."""\n'
        + "".join(f"    if n == {i}:\n        n += {i}\n" for i in range(10))
        + "    return n\n",
    ),
    "a silenced check that nothing needs": ("RUF100", "X = 1  # no" + "qa: E501  because\n"),
}


def ruff(text: str, path: str) -> str:
    return subprocess.run(
        [TOOLS / "ruff", "check", "--no-cache", "--output-format", "concise", "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=f'"""A planted module."""\n\n{text}',
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("what", PLANTED)
def test_ruff_finds(what: str) -> None:
    rule, text = PLANTED[what]
    assert rule in ruff(text, "platform/allward/runs/planted.py")


def test_ruff_leaves_a_clean_module_alone() -> None:
    clean = 'LIMIT_MM = 3.0\n"""Where it ends."""\n'
    assert "All checks passed" in ruff(clean, "platform/allward/runs/planted.py")


def test_the_limits_are_those_of_the_house() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert lint["mccabe"]["max-complexity"] == 8
    assert lint["pylint"] == {"max-args": 5, "max-statements": 40}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(x):\n    return x\n", "no-untyped-def"),
        ("from allward_sdk.errors import BadInputError\n\nx: int = BadInputError\n", "assignment"),
    ],
)
def test_mypy_finds_what_has_no_type_or_a_wrong_one(tmp_path: Path, text: str, said: str) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(text)
    run = subprocess.run(
        [TOOLS / "mypy", "--config-file", ROOT / "pyproject.toml", planted],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert f"[{said}]" in run.stdout


def test_mypy_is_strict_on_every_folder_of_ours() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert mypy["strict"] is True
    assert set(mypy["files"]) == {"platform", "apps", "tests"}
    assert not any("ignore_errors" in row for row in mypy["overrides"])
