"""kill -9 of the engine's workers at 200 random moments: jobs lost or done twice, urgent work soon again."""

import tempfile
from pathlib import Path

from tests.bench.table import Row, row
from tests.flow.engine.killing import kill_workers, urgent_after_kills

KILLS = 200
SEED = 1


def measure() -> list[Row]:
    """Kill, and count."""
    with tempfile.TemporaryDirectory(prefix="allward-kills-") as folder:
        outcome = kill_workers(Path(folder), kills=KILLS, seed=SEED)
    with tempfile.TemporaryDirectory(prefix="allward-kills-") as folder:
        now_and_then = urgent_after_kills(Path(folder), kills=12, pause_s=6.0)
    answered = outcome.right + len(outcome.urgent_again_s) + 1
    twice = outcome.counted["jobs_finished_total"] - answered

    def count(what: str, value: int, goal: str) -> Row:
        return row(what, [float(value)], unit="", goal=goal)

    return [
        count("workers killed", outcome.kills, "200"),
        count("jobs asked for under kills", outcome.asked, "-"),
        count("of these lost", outcome.asked - outcome.right, "0"),
        count("answers that were wrong", outcome.wrong, "0"),
        count("answers beyond one for each job", twice, "0"),
        count("hit twice in mid-unit, refused in words, released and done", outcome.quarantined, "-"),
        row("urgent job after kills in quick succession", outcome.urgent_again_s, unit="s", goal="-"),
        row("urgent job after a kill, bulk lane busy", now_and_then, unit="s", goal="<= load + 2 s"),
    ]
