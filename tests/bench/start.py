"""How long a start takes: on a state folder that does not exist yet, and on one that ran before."""

import tempfile
import time
from pathlib import Path

from tests.bench.table import Row, row
from tests.running_platform import running_platform

_AGAIN = 3


def measure() -> list[Row]:
    """Return the seconds from the command to `/readyz`: once without, then with a state folder."""
    with tempfile.TemporaryDirectory(prefix="allward-bench-") as folder:
        first_s = _start_s(Path(folder))
        again_s = [_start_s(Path(folder)) for _ in range(_AGAIN)]
    return [
        row("start, new state folder, plug-in installed", [first_s], unit="s", goal="<= 300 s"),
        row("start, warm", again_s, unit="s", goal="<= 20 s"),
    ]


def _start_s(home: Path) -> float:
    began_s = time.monotonic()
    with running_platform(home):
        return time.monotonic() - began_s
