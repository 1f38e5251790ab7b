"""Where the real test studies lie, and a clear skip where they are absent."""

import os
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def samples_folder() -> Path | None:
    """Return the folder of real studies: `ALLWARD_SAMPLES`, else `../shared/data`, else None."""
    named = os.environ.get("ALLWARD_SAMPLES")
    for folder in ([Path(named)] if named else []) + [ROOT.parent / "shared" / "data"]:
        if folder.is_dir():
            return folder
    return None


def sample(relative: str) -> Path:
    """Return the path of one sample, or skip the test (in CI: fail it) if there is none."""
    folder = samples_folder()
    path = folder / relative if folder else None
    if path is None or not path.exists():
        reason = f"the sample {relative} is not here; set ALLWARD_SAMPLES to a folder that holds it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def weights(relative: str) -> Path:
    """Return the path of a model that is used for evaluation only, or skip the test if it is not here."""
    named = os.environ.get("ALLWARD_WEIGHTS")
    path = (Path(named) if named else ROOT.parent / "shared" / "weights") / relative
    if not path.exists():
        pytest.skip(f"the model {relative} is not here; set ALLWARD_WEIGHTS to a folder that holds it")
    return path


def unpack(relative: str, into: Path) -> Path:
    """Unpack a sample archive below `into` and return that folder."""
    with tarfile.open(sample(relative)) as archive:
        archive.extractall(into, filter="data")
    return into
