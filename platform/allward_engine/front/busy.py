"""How busy a lane was in the last while, and how long its units took since it began."""

import math
from bisect import bisect_left

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds by which the times of units are counted, in seconds."""


class BusyShare:
    """Which part of the last while a lane ran units, older seconds counting less.

    Parameters
    ----------
    span_s
        After which a second counts 1/e.
    """

    def __init__(self, now_s: float, span_s: float = 30.0) -> None:
        self._span_s = span_s
        self._share = 0.0
        self._at_s = now_s

    def note(self, *, busy: bool, now_s: float) -> None:
        """Note that the lane was busy, or idle, since the last note."""
        kept = math.exp(-max(0.0, now_s - self._at_s) / self._span_s)
        self._share = self._share * kept + (1.0 - kept if busy else 0.0)
        self._at_s = now_s

    @property
    def share(self) -> float:
        """0 to 1, as of the last note."""
        return min(1.0, max(0.0, self._share))


class UnitTimes:
    """How many units took how long.

    Attributes
    ----------
    counts
        Units up to each of `BOUNDS_S`, and at the end those beyond.
    total_s
        Their times together.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0

    def note(self, took_s: float) -> None:
        """Count a unit."""
        self.counts[bisect_left(BOUNDS_S, took_s)] += 1
        self.total_s += took_s
