"""From StudyCompleted committed to the engine's first unit, with the engine idle; quiet time left out."""

from tests.bench import small_load
from tests.bench.table import Row, row
from tests.running_platform import Running


def measure(running: Running, *, n: int = 100) -> list[Row]:
    """Send studies one after the other, each when the one before is done."""
    small_load.install(running)
    clock = small_load.Clock(running)
    waits: list[float] = []
    last = None
    for number in range(n + 2):
        folder = small_load.write(number)
        small_load.send(running, folder)
        completed = clock.wait("StudyCompleted", after=last)
        last = clock.wait("ResultReady", after=completed.at).at
        if number >= 2:  # the first ones load the model
            waits.append((clock.first_unit(completed) - completed.at).total_seconds())
    return [row("platform overhead, StudyCompleted to first unit", waits, unit="s", goal="p95 <= 2 s")]
