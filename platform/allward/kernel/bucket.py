"""The cap of bandwidth: a bucket of tokens that all transfers from one archive share."""

import threading
import time
from collections.abc import Callable

_BURST_S = 0.25
"""So much of a second's worth may pass at once, so that small reads need not sleep each time."""


class TokenBucket:
    """Says how long to wait after bytes have passed, so that their mean rate stays under the cap.

    Bytes are counted after they came: reading slowly fills the buffers of both sides, and TCP slows the
    sender down (RFC 9293 3.8.6). What a transfer takes too much, the next one waits for.
    """

    def __init__(self, bits_per_s: int | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bits_per_s = bits_per_s
        self._clock = clock
        self._paid_until = clock()
        self._guard = threading.Lock()

    def limit(self, bits_per_s: int | None) -> None:
        """Set another cap, in bits per second; None: no cap. What is owed stays owed at the old rate."""
        with self._guard:
            self._bits_per_s = bits_per_s

    @property
    def is_capped(self) -> bool:
        """Whether there is a cap."""
        return self._bits_per_s is not None

    def spend(self, size_bytes: int, *, since: float | None = None) -> float:
        """Count bytes; return how many seconds to wait before more may come, 0 for none.

        Parameters
        ----------
        since
            Moment of the clock at which they began to come; by default just now.
        """
        with self._guard:
            moment = self._clock()
            if self._bits_per_s is None:
                self._paid_until = moment
                return 0.0
            began = moment if since is None else min(since, moment)
            self._paid_until = max(self._paid_until, began - _BURST_S) + 8.0 * size_bytes / self._bits_per_s
            return max(0.0, self._paid_until - moment)

    def owed_s(self) -> float:
        """Return how many seconds are still to be waited for what has come."""
        with self._guard:
            return max(0.0, self._paid_until - self._clock())
