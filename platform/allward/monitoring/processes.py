"""What the supervisor says of the processes that it runs."""

import json
from pathlib import Path
from typing import Any


def supervised(run_folder: Path) -> list[dict[str, Any]]:
    """Return name, pid, state, restarts, last_exit and since of each; nothing without a supervisor."""
    try:
        said = json.loads((run_folder / "processes.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    rows: list[dict[str, Any]] = said["processes"] if isinstance(said, dict) else said
    return rows


def supervised_one(run_folder: Path, name: str) -> dict[str, Any] | None:
    """Return state, restarts and since of one process; None where nobody supervises it."""
    for row in supervised(run_folder):
        if row["name"] == name:
            return {key: row[key] for key in ("state", "restarts", "since")}
    return None
