"""The thread that indexes what associations have put into the spool, and what dead processes left there."""

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from allward.ingest.asked import Asked, nothing
from allward.ingest.indexing import MOST_IN_A_BATCH, index_entries, tally
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Spool, SpoolEntry

log = logging.getLogger(__name__)

_LOOK_FOR_ABANDONED_S = 10.0
_LINGER_S = 0.25
"""A moment in which more objects may join a batch, so that a study of 500 images is told of in few steps."""
_LONGEST_WAIT_S = 10.0
_HEADERS_IN_MEMORY = 2000
"""While the database is away, entries beyond it are remembered without their headers."""


_APART_S, _LONGEST_APART_S = 10.0, 600.0
"""Wait before the next try of an entry that fails by itself; it doubles with each failure."""
_ALL_FAIL = 3
"""So many entries that fail one after the other are taken for a disk that is full: then everything waits."""


class Indexer:
    """Indexes entries in batches; waits for the database as long as it takes.

    A batch that fails for another reason is halved until the entry is found of which it fails. That entry
    waits apart and is tried again by itself, ever more rarely; those behind it go on.
    """

    def __init__(self, spool: Spool, rules: KnownRules, *, asked: Asked = nothing) -> None:
        self._spool = spool
        self._rules = rules
        self._asked = asked
        self._waiting: deque[SpoolEntry] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._failures = 0
        self._most = MOST_IN_A_BATCH
        self._apart: list[tuple[float, int, SpoolEntry]] = []
        """A heap: when each is due, a number that settles ties, the entry."""
        self._tries: Counter[UUID] = Counter()
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Begin to index, first what was left by processes that died."""
        self._thread.start()

    def add(self, entry: SpoolEntry) -> None:
        """Take one more entry."""
        with self._changed:
            keep_header = len(self._waiting) < _HEADERS_IN_MEMORY
            self._waiting.append(entry if keep_header else entry.with_header(None))
            self._changed.notify()

    @property
    def is_alive(self) -> bool:
        """Whether it still works; it ends by itself only through a bug."""
        return self._thread.is_alive()

    def stop(self, *, within_s: float = 20.0) -> None:
        """Index what is waiting, if the database answers, and end; the rest stays in the spool."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(within_s)

    def _run(self) -> None:
        try:
            while True:
                batch = self._next_batch()
                if batch is None:
                    return
                if not self._index(batch) and self._stopping:
                    return
        finally:
            connections.close_all()

    def _next_batch(self) -> list[SpoolEntry] | None:
        """Wait for work; None if there is none left and the end is wanted."""
        with self._changed:
            while not self._waiting:
                if self._stopping:
                    return None
                if due := self._due():
                    return due
                self._take_over()
                if not self._waiting:
                    self._changed.wait(self._idle_s())
            if due := self._due():
                return due
            self._changed.wait_for(
                lambda: self._stopping or len(self._waiting) >= self._most, timeout=_LINGER_S
            )
            return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    def _due(self) -> list[SpoolEntry]:
        """Return an entry that has waited apart for long enough, if there is one."""
        if self._stopping or not self._apart or self._apart[0][0] > time.monotonic():
            return []
        return [heapq.heappop(self._apart)[2]]

    def _idle_s(self) -> float:
        until_due = self._apart[0][0] - time.monotonic() if self._apart else _LOOK_FOR_ABANDONED_S
        return max(0.0, min(_LOOK_FOR_ABANDONED_S, until_due))

    def _take_over(self) -> None:
        for entries in self._spool.abandoned():
            if entries:
                log.info("taking over %d objects of a process that ended", len(entries))
            self._waiting.extend(entries)

    def _index(self, batch: list[SpoolEntry]) -> bool:
        rules = self._rules.current
        if rules is None and not self._rules.refresh():
            self._give_back(batch)
            return False
        try:
            close_old_connections()
            report = index_entries(batch, self._rules.current or (), asked=self._asked)
        except (OperationalError, InterfaceError) as error:
            log.warning("indexing waits, %d objects stay in the spool: %s", len(batch), error)
            connections.close_all()
            self._give_back([entry for entry in batch if entry.path.exists()])
            return False
        except Exception:  # whatever one object does, a bug of ours included, reception goes on without it
            log.exception("%d objects cannot be indexed together and stay in the spool", len(batch))
            connections.close_all()
            return self._narrow([entry for entry in batch if entry.path.exists()])
        finally:
            close_old_connections()
        self._failures = 0
        self._most = min(MOST_IN_A_BATCH, 2 * self._most)
        for entry in batch:
            self._tries.pop(entry.entry_id, None)
        counts = {kind.value: number for kind, number in tally(report.verdicts).items() if number}
        log.info("indexed %s", counts)
        return True

    def _give_back(self, batch: list[SpoolEntry]) -> None:
        """Put entries in front again and wait before the next try."""
        self._failures += 1
        with self._changed:
            self._waiting.extendleft(reversed(batch))
        self._pause()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping, timeout=min(_LONGEST_WAIT_S, 0.5 * 2.0 ** min(self._failures, 6))
            )

    def _narrow(self, failed: list[SpoolEntry]) -> bool:
        """Halve a batch that failed, or put a single entry apart; return whether to go on at once."""
        if len(failed) > 1:
            self._most = len(failed) // 2
            with self._changed:
                self._waiting.extendleft(reversed(failed))
            return True
        for entry in failed:
            tries = self._tries[entry.entry_id]
            self._tries[entry.entry_id] += 1
            due = time.monotonic() + min(_LONGEST_APART_S, _APART_S * 2.0 ** min(tries, 10))
            heapq.heappush(self._apart, (due, next(self._numbers), entry.with_header(None)))
        self._failures += 1
        if self._failures >= _ALL_FAIL:
            self._pause()
        return False
