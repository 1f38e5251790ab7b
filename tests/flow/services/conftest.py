"""State folders of their own, and nothing left when a test ends."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.flow.services.running import Up

from allward.config.embedded.account import ROOT_STATE


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder with a path that is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="allward-"))
    yield folder
    name = folder / "home-id"
    if name.exists():
        shutil.rmtree(ROOT_STATE / name.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def up(home: Path) -> Iterator[Callable[..., Up]]:
    """Make runs of the supervisor that end with the test."""
    runs: list[Up] = []

    def make(**options: object) -> Up:
        runs.append(Up(**{"home": home, **options}))
        return runs[-1]

    yield make
    for run in runs:
        run.clean_up()
