"""The thread that indexes what associations have put into the spool, and what dead processes left there."""

import logging
import threading
from collections import deque

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from allward.ingest.indexing import MOST_IN_A_BATCH, index_entries, tally
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Spool, SpoolEntry
from allward.storage.folder import StorageFullError

log = logging.getLogger(__name__)

_LOOK_FOR_ABANDONED_S = 10.0
_LINGER_S = 0.25
"""A moment in which more objects may join a batch, so that a study of 500 images is told of in few steps."""
_LONGEST_WAIT_S = 10.0
_HEADERS_IN_MEMORY = 2000
"""While the database is away, entries beyond it are remembered without their headers."""


class Indexer:
    """Indexes entries in batches; waits for the database as long as it takes."""

    def __init__(self, spool: Spool, rules: KnownRules) -> None:
        self._spool = spool
        self._rules = rules
        self._waiting: deque[SpoolEntry] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._failures = 0
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
                self._take_over()
                if not self._waiting:
                    self._changed.wait(_LOOK_FOR_ABANDONED_S)
            self._changed.wait_for(
                lambda: self._stopping or len(self._waiting) >= MOST_IN_A_BATCH, timeout=_LINGER_S
            )
            return [self._waiting.popleft() for _ in range(min(MOST_IN_A_BATCH, len(self._waiting)))]

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
            report = index_entries(batch, self._rules.current or ())
        except (OperationalError, InterfaceError, StorageFullError) as error:
            log.warning("indexing waits, %d objects stay in the spool: %s", len(batch), error)
            connections.close_all()
            self._give_back([entry for entry in batch if entry.path.exists()])
            return False
        finally:
            close_old_connections()
        self._failures = 0
        counts = {kind.value: number for kind, number in tally(report.verdicts).items() if number}
        log.info("indexed %s", counts)
        return True

    def _give_back(self, batch: list[SpoolEntry]) -> None:
        """Put entries in front again and wait before the next try."""
        self._failures += 1
        with self._changed:
            self._waiting.extendleft(reversed(batch))
            self._changed.wait_for(
                lambda: self._stopping, timeout=min(_LONGEST_WAIT_S, 0.5 * 2.0 ** min(self._failures, 6))
            )
