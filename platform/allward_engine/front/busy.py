"""How busy a lane was in the last while."""

import math


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
