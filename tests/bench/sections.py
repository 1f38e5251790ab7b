"""Every section of `make bench`: its name, and what measures it. A new one is one line here.

A section imports what it needs only when it runs, so that a peer which is not installed is no obstacle to the
others.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from tests.bench.table import Row
from tests.running_platform import Running, running_platform

Section = Callable[[], list[Row]]


@contextmanager
def _platform(*, real_plugin: bool) -> Iterator[Running]:
    with (
        tempfile.TemporaryDirectory(prefix="allward-bench-") as home,
        running_platform(
            Path(home), extra={"ALLWARD_STUDY_QUIET_S": "0.3"}, real_plugin=real_plugin
        ) as running,
    ):
        yield running


def _on_platform(name: str, *, real_plugin: bool = False) -> Section:
    """Return a section whose module measures a platform that runs."""

    def measure() -> list[Row]:
        with _platform(real_plugin=real_plugin) as running:
            rows: list[Row] = import_module(f"tests.bench.{name}").measure(running)
            return rows

    return measure


def _alone(name: str) -> Section:
    """Return a section whose module brings all that it measures."""

    def measure() -> list[Row]:
        rows: list[Row] = import_module(f"tests.bench.{name}").measure()
        return rows

    return measure


SECTIONS: dict[str, Section] = {
    "start": _alone("start"),
    "overhead": _on_platform("overhead"),
    "display": _on_platform("display"),
    "inference": _on_platform("inference", real_plugin=True),
    "segmentation": _alone("segmentation"),
    "labels_back": _alone("labels_back"),
    "resampling": _alone("resampling"),
    "triton": _alone("triton"),
    "lanes": _alone("lanes"),
    "tiles": _alone("tiles"),
    "engine_kills": _alone("engine_kills"),
    "residency": _alone("residency"),
    "fairness": _alone("fairness"),
    "hospital_day": _alone("hospital_day"),
    "verification": _alone("verification"),
    "nodules": _alone("nodules"),
    "lung": _alone("lung"),
    "lung_app": _alone("lung_app"),
}
"""In the order in which they run."""
