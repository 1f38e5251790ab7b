"""Reduced arithmetic, and the report without which no model gets it.

A report lies beside its model, ``<sha256>.parity-<runtime>-<precision>.json``, and counts for that model,
runtime, version and hardware. Where there is none, or it says no, the model runs in float32.
"""

import json
import logging
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from allward_engine.sessions import Identity, Precision, PrecisionOf, RuntimeOptions

log = logging.getLogger(__name__)

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was compared, the worst of all inputs."""

    what: str
    """For example "Dice of liver"."""
    worst: float | None
    """None if it could not be measured on any input, which proves nothing."""
    limit: float
    at_least: bool
    """Whether `worst` has to reach `limit`; else it must not pass it."""

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        if self.worst is None:
            return False
        return self.worst >= self.limit if self.at_least else self.worst <= self.limit


@dataclass(frozen=True, slots=True)
class Report:
    """What came of running one model in reduced arithmetic beside float32."""

    model_sha256: str
    precision: Precision
    identity: Identity
    inputs: tuple[str, ...]
    """sha256 of each volume's voxels."""
    figures: tuple[Figure, ...]
    made_at: str
    """Time in ISO 8601."""

    @property
    def passed(self) -> bool:
        """Whether every figure keeps its limit; nothing compared is nothing proven."""
        return bool(self.figures) and all(figure.holds for figure in self.figures)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "model_sha256": self.model_sha256,
            "precision": self.precision,
            **asdict(self.identity),
            "inputs": list(self.inputs),
            "figures": [{**asdict(figure), "holds": figure.holds} for figure in self.figures],
            "made_at": self.made_at,
            "passed": self.passed,
        }


def report_file(folder: Path, sha256: str, *, runtime: str, precision: Precision) -> Path:
    """Return where the report of a model lies."""
    return folder / f"{sha256}.parity-{runtime}-{precision}.json"


def write_report(folder: Path, report: Report) -> Path:
    """Write a report beside its model, whole or not at all, and return its path."""
    path = report_file(
        folder, report.model_sha256, runtime=report.identity.runtime, precision=report.precision
    )
    text = json.dumps(report.to_json(), indent=2, sort_keys=True, ensure_ascii=False)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(f"{text}\n", encoding="utf-8")
    temporary.replace(path)
    return path


def precisions(options: RuntimeOptions, identity: Identity, possible: Sequence[Precision]) -> PrecisionOf:
    """Return what decides the arithmetic of each model on a runtime.

    Parameters
    ----------
    possible
        What the runtime has.
    """
    if options.precision_of is not None:
        return options.precision_of
    wished, folder = options.precision, options.reports
    if wished == "float32" or folder is None:
        return _exact
    if wished not in possible:
        log.warning("%s does not compute in %s here: models run in float32", identity.runtime, wished)
        return _exact

    def proven(sha256: str) -> Precision:
        path = report_file(folder, sha256, runtime=identity.runtime, precision=wished)
        why_not = _why_not(path, sha256, wished, identity)
        if why_not:
            log.info("model %s runs in float32: %s", sha256[:12], why_not)
        return "float32" if why_not else wished

    return proven


def _exact(sha256: str) -> Precision:
    return "float32"


def _why_not(path: Path, sha256: str, precision: Precision, identity: Identity) -> str:
    """Return why a report does not prove what is wished, empty if it does."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"there is no report of its parity in {precision}"
    except (OSError, ValueError) as error:
        return f"its report cannot be read: {error}"
    wanted = {"model_sha256": sha256, "precision": precision, **asdict(identity)}
    if not isinstance(said, dict) or any(said.get(key) != value for key, value in wanted.items()):
        return "its report was made for another model, runtime, version or hardware"
    if said.get("passed") is not True:
        return f"it does not compute the same in {precision}, says its report"
    return ""


@lru_cache(maxsize=1)
def processor_name() -> str:
    """Return the name of this machine's processor; the architecture where the system does not tell."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
