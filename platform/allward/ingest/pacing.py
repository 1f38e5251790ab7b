"""How fast an archive may send what a hospital asked it for by C-MOVE: its bytes are taken no faster.

The archive opens these associations, so whoever asked cannot slow them down; who takes the bytes can, since
TCP slows a sender down whose bytes are not taken (RFC 9293 3.8.6). Objects that name no C-MOVE are not paced.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from allward.kernel.bucket import TokenBucket

_MOST_BUCKETS = 1000
_KNOWN_FOR_S = 30.0
"""So long it is remembered that a C-MOVE has no cap."""


@dataclass(frozen=True, slots=True)
class Move:
    """Which C-MOVE an object names, and who sends it."""

    sender_ae_title: str
    originator_ae_title: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Allowed:
    """How fast the images of a C-MOVE may come."""

    shared_by: UUID
    """What has the cap: transfers of one share it."""
    bits_per_s: int


Caps = Callable[[Move], Allowed | None]
"""Says how fast a C-MOVE's images may come; None: as fast as they do."""


def no_caps(move: Move) -> None:
    """Say that nothing is paced."""
    return


class Pacing:
    """The buckets of all archives that send to this process; associations share it."""

    def __init__(
        self,
        caps: Caps = no_caps,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        self._caps = caps
        self._pause = pause
        self._clock = clock
        self._guard = threading.Lock()
        self._buckets: OrderedDict[UUID, TokenBucket] = OrderedDict()
        self._uncapped: OrderedDict[Move, float] = OrderedDict()

    def pay(self, bucket: TokenBucket, size_bytes: int, *, hurry: threading.Event) -> None:
        """Count bytes that came, and wait as long as the cap wants; not once there is a `hurry`."""
        wait_s = bucket.spend(size_bytes)
        if wait_s > 0 and not hurry.is_set():
            self._pause(hurry, wait_s)

    def bucket_of(self, move: Move) -> TokenBucket | None:
        """Return what counts the bytes of a C-MOVE, None if it has no cap."""
        with self._guard:
            if self._uncapped.get(move, -_KNOWN_FOR_S) > self._clock() - _KNOWN_FOR_S:
                return None
        allowed = self._caps(move)
        with self._guard:
            if allowed is None:
                self._uncapped[move] = self._clock()
                _shorten(self._uncapped)
                return None
            bucket = self._buckets.setdefault(allowed.shared_by, TokenBucket(clock=self._clock))
            self._buckets.move_to_end(allowed.shared_by)
            _shorten(self._buckets)
            bucket.limit(allowed.bits_per_s)
            return bucket


def _shorten(held: "OrderedDict[UUID, TokenBucket] | OrderedDict[Move, float]") -> None:
    while len(held) > _MOST_BUCKETS:
        held.popitem(last=False)
