"""The loop of the process that fetches: whose turn it is, and so many studies of one archive at a time."""

import logging
import threading
import time
from dataclasses import dataclass, field

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from allward.kernel.bucket import TokenBucket
from allward.retrieval.actions import LostTurnError, Order, end_turn, recover, take_next
from allward.retrieval.archive import Line
from allward.retrieval.reaching import Receive
from allward.retrieval.turns import Turn, claim_turn, forget_expected, renew
from allward.retrieval.work import carry_out, scope_of
from allward.tenancy.scope import within

log = logging.getLogger(__name__)

RENEW_S = 4.0
_TICK_S = 0.5
_FORGET_S = 3600.0


@dataclass
class Retriever:
    """Takes turns until it is stopped; each archive has a thread of its own, and one for each study."""

    name: str
    receive: Receive
    stopping: threading.Event
    _turns: list["_ArchiveWork"] = field(default_factory=list)
    _forgot: float = 0.0

    def look(self) -> int:
        """Take every archive whose turn has come; return how many are in hand.

        Raises
        ------
        django.db.Error
            If the database is away; call again to go on.
        """
        self._turns = [work for work in self._turns if work.is_alive()]
        while not self.stopping.is_set() and (turn := claim_turn(worker=self.name)) is not None:
            work = _ArchiveWork(turn, self.receive, self.stopping)
            work.start()
            self._turns.append(work)
        if time.monotonic() - self._forgot > _FORGET_S:
            forget_expected()
            self._forgot = time.monotonic()
        return len(self._turns)

    def join(self, *, within_s: float) -> None:
        """Wait for what is in hand to be given back."""
        end = time.monotonic() + within_s
        for work in self._turns:
            work.join(max(0.0, end - time.monotonic()))


class _ArchiveWork(threading.Thread):
    """One archive in this process' hands: begins studies, and renews the lease."""

    def __init__(self, turn: Turn, receive: Receive, stopping: threading.Event) -> None:
        super().__init__(name=f"archive-{turn.archive_id}", daemon=True)
        self._turn = turn
        self._receive = receive
        self._stopping = stopping
        self._line = Line(TokenBucket(), threading.Event())
        self._under_way: list[threading.Thread] = []
        self._wake = threading.Event()

    def run(self) -> None:
        """Work until nothing is due any more, the lease is lost, or the process has to end."""
        try:
            with within(scope_of(self._turn.tenant_id)):
                recover(self._turn)
            self._work()
            for thread in self._under_way:
                thread.join()
            with within(scope_of(self._turn.tenant_id)):
                end_turn(self._turn)
        except LostTurnError as error:
            log.warning("archive %s: %s", self._turn.archive_id, error)
        except DatabaseError as error:
            log.warning("archive %s is left to its lease: %s", self._turn.archive_id, error)
        finally:
            self._line.stop.set()
            connections.close_all()

    def _work(self) -> None:
        renewed = time.monotonic()
        while True:
            close_old_connections()
            self._under_way = [thread for thread in self._under_way if thread.is_alive()]
            if self._stopping.is_set():
                self._line.stop.set()
            elif not self._begin() and not self._under_way:
                return
            if self._line.stop.is_set() and not self._under_way:
                return
            if time.monotonic() - renewed > RENEW_S:
                renewed = time.monotonic()
                if not renew(self._turn):
                    raise LostTurnError("its lease has run out")
            self._wake.wait(_TICK_S)
            self._wake.clear()

    def _begin(self) -> bool:
        """Begin as many studies as the archive has room for; return whether one was begun."""
        begun = False
        while not self._line.stop.is_set():
            with within(scope_of(self._turn.tenant_id)):
                order = take_next(self._turn, in_hand=len(self._under_way))
            if order is None:
                return begun
            self._line.bucket.limit(order.archive.bits_per_s)
            thread = threading.Thread(target=self._carry_out, args=(order,), daemon=True)
            self._under_way.append(thread)
            thread.start()
            begun = True
        return begun

    def _carry_out(self, order: Order) -> None:
        try:
            carry_out(order, receive=self._receive, line=self._line)
        except LostTurnError as error:
            log.warning("retrieval %s: %s", order.retrieval_id, error)
            self._line.stop.set()
        except DatabaseError as error:
            log.warning("retrieval %s is left to its lease: %s", order.retrieval_id, error)
            self._line.stop.set()
        finally:
            connections.close_all()
            self._wake.set()
