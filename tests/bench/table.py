"""Figures and how they are printed."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure beside its goal."""

    what: str
    n: int
    median: float
    p95: float
    most: float
    unit: str
    goal: str


def row(what: str, values: Sequence[float], *, unit: str, goal: str) -> Row:
    """Summarise values; p95 by the nearest rank."""
    ordered = sorted(values)
    rank = max(0, -(-95 * len(ordered) // 100) - 1)
    return Row(what, len(ordered), statistics.median(ordered), ordered[rank], ordered[-1], unit, goal)


def machine() -> str:
    """Say what was measured on, and how busy it was."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load}"


def print_table(where: str, rows: Sequence[Row]) -> None:
    """Print a Markdown table."""
    lines = [where, "", "| what | n | median | p95 | max | goal |", "|---|---|---|---|---|---|"]
    for r in rows:
        figures = " | ".join(f"{value:.2f} {r.unit}" for value in (r.median, r.p95, r.most))
        lines.append(f"| {r.what} | {r.n} | {figures} | {r.goal} |")
    sys.stdout.write("\n".join(lines) + "\n")
