"""Graphs of a package are looked at when it is taken in: what no engine would load is refused there."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from allward_sdk.errors import ManifestError

MOST_SECONDS = 300
"""For all models of a package; the largest published ensembles take a few."""
_ROOM_BYTES = 4 << 30
"""Address space of the process beside the models; inference of shapes holds no weights."""


def refuse_graphs(models: Mapping[str, Path], *, place: str) -> None:
    """Refuse models that ask for too much or need what no plug-in brings, without running them.

    Parameters
    ----------
    models
        Name of the model's file in the package -> file.
    place
        Name of the package.

    Raises
    ------
    ManifestError
        With the model and all that is wrong with it.
    """
    if not models:
        return
    size = max(path.stat().st_size for path in models.values())
    faults = _look(list(map(str, models.values())), _ROOM_BYTES + 4 * size, place)
    for name, path in models.items():
        if str(path) in faults:
            raise ManifestError(f"{place}: {name}: {'; '.join(faults[str(path)])}")


def _look(paths: list[str], most_bytes: int, place: str) -> dict[str, list[str]]:
    command = [sys.executable, "-I", "-m", "allward.registry.graphs_process", str(most_bytes), *paths]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=True,
            env={"OPENBLAS_NUM_THREADS": "1"},  # neither credentials nor addresses
        )
    except subprocess.TimeoutExpired as error:
        raise ManifestError(f"{place}: its models were not understood within {MOST_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        raise ManifestError(
            f"{place}: a model asks for more than {most_bytes >> 20} MiB, or breaks what reads it"
        ) from error
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found
