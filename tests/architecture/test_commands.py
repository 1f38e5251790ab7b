"""`make` has few targets, each with its help; continuous integration runs the same ones as everybody."""

import json
import re
import subprocess
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import ROOT, tracked

TARGETS = ["help", "setup", "run", "test", "check", "bench", "parity"]


def locked(name: str) -> dict[str, str]:
    """Return package -> version of a lock file."""
    lines = (ROOT / name).read_text().splitlines()
    pins = (re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", line) for line in lines)
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def test_help_shows_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^  make (\w+) +\S", shown, re.MULTILINE) == TARGETS


def test_continuous_integration_runs_what_everybody_runs() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec make test")
    assert "set -euo pipefail" in script


def test_what_ci_runs_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make test" in readme
    assert "make run" in readme


def test_every_locked_package_has_a_hash() -> None:
    for name in ("requirements.lock", "requirements-tools.lock"):
        text = (ROOT / name).read_text()
        entries = re.split(r"\n(?=[\w.-]+(?:\[[\w,-]+\])?==)", text)
        assert entries
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_answers_every_requirement_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = locked("requirements.lock")
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), f"lock again: {line}"


def test_the_build_tools_are_pinned_too() -> None:
    assert {"uv", "hatchling"} <= set(locked("requirements-tools.lock"))


def test_the_front_ends_lock_names_no_place_to_fetch_from() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [
        n for n, entry in packages.items() if n and not entry.get("link") and "integrity" not in entry
    ] == []


def test_the_licence_is_here_in_full() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert len(text.splitlines()) > 190


def test_scripts_can_be_run() -> None:
    scripts = [name for name in tracked() if name.startswith("scripts/") or name == ".ci/run"]
    assert scripts
    for name in scripts:
        assert (ROOT / name).stat().st_mode & 0o111, f"{name} is not executable"
