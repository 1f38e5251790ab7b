"""Associations with an archive: every wait has an end, and its words are kept."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydicom.uid import UID
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from allward.retrieval.archive import STALL_S, ArchiveAwayError, ArchiveRefusedError, Line

log = logging.getLogger(__name__)

CONNECT_S = 10.0
"""Limit for connecting, and for each answer while an association is negotiated or released, in seconds."""
ANSWER_S = 60.0
"""Limit for each answer of a question, in seconds."""
_CAPPED_BUFFER_BYTES = 64 << 10
"""Receive buffer under a cap: what the archive may send ahead of the bucket."""
_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Node:
    """The DICOM node on the other side, and the name under which we call it."""

    host: str
    port: int
    called_ae_title: str
    calling_ae_title: str

    def __str__(self) -> str:
        return f"{self.called_ae_title} at {self.host}:{self.port}"


@contextmanager
def associated(
    node: Node,
    contexts: Sequence[PresentationContext],
    *,
    answer_s: float = ANSWER_S,
    ext_neg: Sequence[Any] = (),
    handlers: Sequence[Any] = (),
) -> Iterator[Association]:
    """Open an association; release it at the end, or hang up if the block fails.

    Raises
    ------
    ArchiveAwayError
        If the archive cannot be reached or rejects the association.
    ArchiveRefusedError
        If it accepts none of the contexts.
    """
    entity = AE(ae_title=node.calling_ae_title)
    entity.connection_timeout = entity.acse_timeout = CONNECT_S
    entity.dimse_timeout = entity.network_timeout = answer_s
    try:
        association = entity.associate(
            node.host, node.port, contexts=list(contexts), ae_title=node.called_ae_title,
            ext_neg=list(ext_neg) or None, evt_handlers=list(handlers) or None,
        )  # fmt: skip
    except OSError as error:  # the host's name means nothing to the resolver
        raise ArchiveAwayError(f"{node} cannot be reached: {error.strerror}") from error
    if not association.is_established:
        raise _not_established(association, node, contexts)
    whole = False
    try:
        yield association
        whole = True
    except RuntimeError as error:  # pynetdicom: the peer hung up before we asked
        raise ArchiveAwayError(f"{node}: {error}") from error
    finally:
        if association.is_established:
            if whole:
                association.release()
            else:
                association.abort()


def _not_established(
    association: Association, node: Node, contexts: Sequence[PresentationContext]
) -> ArchiveAwayError | ArchiveRefusedError:
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        return ArchiveAwayError(f"{node} rejected the association: {answer.reason_str}")
    if answer is not None and answer.result == 0 and not association.accepted_contexts:
        return ArchiveRefusedError(f"{node} does not offer {UID(str(contexts[0].abstract_syntax)).name}")
    return ArchiveAwayError(f"{node} cannot be reached")


@contextmanager
def watched(association: Association, line: Line, *, silence_s: float = STALL_S) -> Iterator[None]:
    """Read from an association under the cap of `line`; hang up after silence, or when all has to stop."""
    transport = association.dul.socket
    if transport is None or transport.socket is None:
        yield
        return
    if line.bucket.is_capped:
        transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _CAPPED_BUFFER_BYTES)
    reading = _Reading(transport.recv, line)
    transport.recv = reading.recv  # type: ignore[method-assign]  # of this one association
    done = threading.Event()
    watch = threading.Thread(
        target=_hang_up_when_silent, args=(transport.socket, reading, silence_s, done), daemon=True
    )
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()
        transport.recv = reading.plain  # type: ignore[method-assign,assignment]  # its own again


class _Reading:
    """Reads of one socket: counted, and slowed down to the cap."""

    def __init__(self, plain: Callable[[int], bytearray], line: Line) -> None:
        self.plain = plain
        self.line = line
        self.last = time.monotonic()

    def recv(self, nr_bytes: int) -> bytearray:
        """Read as pynetdicom's own does, then wait for the bucket."""
        block = self.plain(nr_bytes)
        self.line.pay(len(block))
        self.last = time.monotonic()
        return block


def _hang_up_when_silent(
    line: socket.socket, reading: _Reading, silence_s: float, done: threading.Event
) -> None:
    while not done.wait(_LOOK_S):
        waited_s = reading.line.bucket.owed_s()
        silent = time.monotonic() - reading.last > silence_s + waited_s
        if silent or reading.line.stop.is_set():
            hang_up(line)
            return


def line_of(association: Association) -> socket.socket | None:
    """Return the socket of an association, None if it has ended."""
    transport = association.dul.socket
    return None if transport is None else transport.socket


@contextmanager
def ended_after(line: socket.socket | None, seconds: float) -> Iterator[None]:
    """Cut a connection that takes longer as a whole, however often its peer says something."""
    if line is None:
        yield
        return
    timer = threading.Timer(seconds, hang_up, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hang_up(line: socket.socket) -> None:
    """Cut a connection, so that whoever waits for it goes on."""
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # under TLS too: another thread reads from it
    except OSError as error:
        log.info("the line was gone already: %s", error)
