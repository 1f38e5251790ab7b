"""Runs one arm of a comparison in a process of its own, so that each has its own peak of memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PARITY = Path("var/parity/venv/bin/python")
"""Interpreter of the environment that `make parity` makes."""


def ours(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module of ours that prints JSON; returns it."""
    return _run(sys.executable, module, *arguments)


def theirs(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module in the parity environment; returns the JSON that it prints."""
    if not PARITY.exists():
        raise SystemExit("this section compares with nnU-Net: run make parity first (it needs a network)")
    return _run(str(PARITY), module, *arguments)


def _run(python: str, module: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    lines = done.stdout.strip().splitlines()
    told: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return told
