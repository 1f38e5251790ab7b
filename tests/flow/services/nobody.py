"""Run the product as a user who is not root, though root's files are nobody else's to read."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")

_ROOT = Path(__file__).parents[3]
_TRIAL = "import subprocess, sys, psycopg, allward; subprocess.run([sys.executable, '-c', ''], check=True)"


@dataclass(frozen=True)
class Readable:
    """A Python and its packages that everybody may run; `root` is where the repository's `tests` lie."""

    python: str
    path: tuple[str, ...]
    root: Path

    @property
    def variables(self) -> dict[str, str]:
        """Variables with which this Python finds the packages."""
        return {"PYTHONPATH": os.pathsep.join(self.path), "PYTHONDONTWRITEBYTECODE": "1"}


@functools.cache
def readable_by_nobody() -> Readable:
    """Return this Python, or another of the same version with a copy of the packages; skip without one."""
    for one in _candidates():
        command = [*AS_NOBODY, one.python, "-c", _TRIAL]
        tried = subprocess.run(command, env=one.variables, capture_output=True, check=False, cwd="/")
        if tried.returncode == 0:
            return one
    return pytest.skip("no Python here that an unprivileged user may run: install Debian's package python3")


def _candidates() -> Iterator[Readable]:
    own = tuple(path for path in sys.path if path)
    yield Readable(sys.executable, own, _ROOT)
    other = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    if other is not None:
        yield Readable(other, own, _ROOT)
        yield _copied(other)


def _copied(python: str) -> Readable:
    """Link what this Python imports, and these tests, into a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="readable-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    packages = Path(pytest.__file__).parents[1]
    for source in (packages, _ROOT / "platform", _ROOT / "apps", _ROOT / "tests" / "flow"):
        target = folder / ("packages" if source == packages else source.relative_to(_ROOT))
        shutil.copytree(
            source, target, copy_function=_link, ignore=shutil.ignore_patterns("__pycache__", "*.pth")
        )
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    names = ("packages", "platform", "apps")
    return Readable(python, tuple(str(folder / name) for name in names), folder)


def _link(source: str, target: str) -> str:
    """Link a file, or copy it where it lies on another disk or nobody may read it."""
    readable_by_all = os.stat(source).st_mode & 0o004
    try:
        if readable_by_all:
            os.link(source, target)
            return target
    except OSError:
        pass  # another disk: copied below
    shutil.copy(source, target)
    os.chmod(target, os.stat(target).st_mode | 0o444)
    return target
