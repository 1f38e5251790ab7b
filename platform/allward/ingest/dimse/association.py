"""One association, from its request to its end, in a thread of its own.

Source
------
PS3.8 section 9.2 (the state machine, here as straight code: negotiate, then serve PDUs until the end).
"""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from allward.ingest.dimse import pdu
from allward.ingest.dimse.command import (
    MAX_COMMAND_BYTES,
    RESPONSE,
    Command,
    CommandField,
    MalformedCommandError,
    Status,
    parse_command,
    response,
)
from allward.ingest.dimse.negotiation import answer_contexts, refusal
from allward.ingest.dimse.pdu import (
    AbortReason,
    AnsweredContext,
    AssociateRequest,
    MalformedPduError,
    PduType,
)
from allward.ingest.dimse.store import Answer, Receiver, RefusingReceiver, StoreReceiver
from allward.ingest.dimse.stream import PduStream
from allward.ingest.dimse.tls import certificate_of_peer, shut_down, shut_down_writing
from allward.ingest.pacing import Move, Pacing
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Origin, Spool, SpoolBatch, SpoolEntry
from allward.kernel.bucket import TokenBucket

log = logging.getLogger(__name__)

_MAX_REQUEST_BYTES = 1 << 20
"""An association request with every storage class there is has about 50 KB."""
_LAST_WORDS_S = 1.0
"""Wait for a peer that was aborted to close, so that the abort reaches it."""
_SHORT_PDU = 4
"""Length of A-RELEASE and A-ABORT (PS3.8 9.3.6 to 9.3.8)."""
_COMMAND, _LAST = 1, 2
"""Bits of a fragment's control byte (PS3.8 E.2)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one association, and all together, may take."""

    request_s: float = 30.0
    """Wait for an association request, and for a peer to close (ARTIM, PS3.8 9.1.5)."""
    idle_s: float = 600.0
    """Wait for the next request of a peer that is associated."""
    stall_s: float = 60.0
    """Wait for the next bytes in the middle of a PDU."""
    max_object_bytes: int = 8 << 30
    associations: int = 64


@dataclass(frozen=True, slots=True)
class Provider:
    """What every association of this process stands on."""

    ae_title: str
    rules: KnownRules
    spool: Spool
    received: Callable[[SpoolEntry], None]
    """Hears of each object that has been acknowledged."""
    limits: Limits = Limits()
    pacing: Pacing = field(default_factory=Pacing)


class Association:
    """Serves one connection."""

    def __init__(self, connection: socket.socket, peer: str, provider: Provider) -> None:
        self._socket = connection
        self._peer = peer
        self._provider = provider
        self._stream = PduStream(connection)
        self._contexts: dict[int, AnsweredContext] = {}
        self._origin = Origin(peer=peer)
        self._batch: SpoolBatch | None = None
        self._command_context: int | None = None
        self._command_bytes = b""
        self._request: tuple[Command, int, Receiver] | None = None
        self._move: Move | None = None
        self._bucket: TokenBucket | None = None
        self._hurry = threading.Event()
        self._turn = threading.Lock()
        self._busy = False
        self._draining = False

    def run(self, *, over_limit: bool = False) -> None:
        """Serve until the peer releases, aborts, closes, goes silent, or breaks the protocol."""
        try:
            if self._negotiate(over_limit=over_limit):
                self._serve()
        except (MalformedPduError, MalformedCommandError) as error:
            log.warning("association with %s aborted: %s", self._peer, error)
            self._send_abort(AbortReason.INVALID_VALUE)
        except TimeoutError:
            log.warning("association with %s aborted: it went silent", self._peer)
            self._send_abort(AbortReason.NOT_SPECIFIED)
        except ssl.SSLError as error:
            log.warning("association with %s failed in TLS: %s", self._peer, error)
        except OSError as error:
            log.info("association with %s ended: %s", self._peer, error)
        finally:
            self._end()

    def drain(self) -> None:
        """End soon: at once if nothing is under way, else after the present request."""
        self._hurry.set()
        with self._turn:
            self._draining = True
            if not self._busy:
                self.cut()

    def cut(self) -> None:
        """Wake the thread from its wait for the peer; it then ends."""
        self._hurry.set()
        with contextlib.suppress(OSError):
            shut_down(self._socket, socket.SHUT_RD)

    def _end(self) -> None:
        if self._request is not None:
            self._request[2].discard()
        if self._batch is not None:
            self._batch.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    # negotiation

    def _negotiate(self, *, over_limit: bool) -> bool:
        limits = self._provider.limits
        self._socket.settimeout(limits.request_s)
        certificate = certificate_of_peer(self._socket)
        kind, length = self._stream.pdu_head()
        if kind != PduType.ASSOCIATE_RQ:
            self._send_abort(AbortReason.UNEXPECTED_PDU)
            return False
        if length > _MAX_REQUEST_BYTES:
            raise MalformedPduError("an association request is too long")
        request = pdu.parse_associate_request(self._stream.take(length))
        rejected = pdu.LOCAL_LIMIT_EXCEEDED if over_limit else self._refusal(request)
        if rejected is not None:
            log.warning(
                "association of %s with %s refused: %s", request.calling_ae_title, self._peer, rejected
            )
            self._socket.sendall(pdu.associate_reject(rejected))
            self._wait_for_close()
            return False
        answers = answer_contexts(request)
        self._contexts = {
            answer.context_id: answer for answer in answers if answer.result is pdu.ContextResult.ACCEPTED
        }
        self._origin = Origin(
            called_ae_title=request.called_ae_title,
            calling_ae_title=request.calling_ae_title,
            peer=self._peer,
            certificate_sha256=certificate,
        )
        self._socket.sendall(pdu.associate_accept(request, answers))
        return True

    def _refusal(self, request: AssociateRequest) -> pdu.Rejection | None:
        rules = self._provider.rules.current
        mapped = None if rules is None else {rule.called_ae_title for rule in rules} - {""}
        return refusal(request, own_ae_title=self._provider.ae_title, mapped_ae_titles=mapped)

    # PDUs

    def _serve(self) -> None:
        limits = self._provider.limits
        while True:
            if self._request is None and self._stream.is_empty and self._may_end():
                self._send_abort(AbortReason.NOT_SPECIFIED)
                return
            self._socket.settimeout(limits.idle_s if self._request is None else limits.stall_s)
            kind, length = self._stream.pdu_head()
            self._socket.settimeout(limits.stall_s)
            if kind == PduType.DATA:
                self._data(length)
            elif not self._goes_on(kind, length):
                return

    def _may_end(self) -> bool:
        """Note that nothing is under way; tell whether the process wants to end."""
        with self._turn:
            self._busy = False
            return self._draining

    def _goes_on(self, kind: int, length: int) -> bool:
        if kind == PduType.ABORT:
            return False
        if kind == PduType.RELEASE_RQ:
            if length != _SHORT_PDU:
                raise MalformedPduError("a release request has the wrong length")
            self._stream.take(length)
            self._socket.sendall(pdu.release_reply())
            self._wait_for_close()
            return False
        known = kind in PduType._value2member_map_
        self._send_abort(AbortReason.UNEXPECTED_PDU if known else AbortReason.UNRECOGNIZED_PDU)
        return False

    def _wait_for_close(self, at_most_s: float | None = None) -> None:
        """Let the peer close first, so that it gets our last words."""
        end = time.monotonic() + (at_most_s or self._provider.limits.request_s)
        with contextlib.suppress(OSError):
            shut_down_writing(self._socket)
            while (left := end - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(4096):
                    return

    def _send_abort(self, reason: AbortReason) -> None:
        with contextlib.suppress(OSError):
            self._socket.settimeout(_LAST_WORDS_S)
            self._socket.sendall(pdu.abort(reason))
            self._wait_for_close(_LAST_WORDS_S)

    # messages

    def _data(self, length: int) -> None:
        with self._turn:
            self._busy = True
        left = length
        while left:
            if left < 6:
                raise MalformedPduError("a data PDU ends within a fragment")
            fragment, context_id, control = self._stream.fragment_head()
            left -= fragment + 4
            if fragment < 2 or left < 0:
                raise MalformedPduError("a fragment reaches beyond its PDU")
            self._fragment(context_id, control, fragment - 2)

    def _fragment(self, context_id: int, control: int, size: int) -> None:
        if context_id not in self._contexts:
            raise MalformedPduError("a message comes in a context that was not accepted")
        if control & _COMMAND:
            self._command_fragment(context_id, size, last=bool(control & _LAST))
            return
        if self._request is None or self._request[1] != context_id:
            raise MalformedPduError("a data set comes without its command")
        receiver = self._request[2]
        while size:
            block = self._stream.some(size)
            size -= len(block)
            receiver.write(block)
            if self._bucket is not None:
                self._provider.pacing.pay(self._bucket, len(block), hurry=self._hurry)
        if control & _LAST:
            self._answer(receiver.finish())

    def _command_fragment(self, context_id: int, size: int, *, last: bool) -> None:
        if self._request is not None or self._command_context not in (None, context_id):
            raise MalformedPduError("a command comes in the middle of another message")
        if len(self._command_bytes) + size > MAX_COMMAND_BYTES:
            raise MalformedCommandError("a command set is too long")
        self._command_context = context_id
        self._command_bytes += self._stream.take(size)
        if not last:
            return
        command = parse_command(self._command_bytes)
        self._command_context, self._command_bytes = None, b""
        if command.field & RESPONSE:
            raise MalformedCommandError("a response comes to no request of ours")
        if command.field == CommandField.C_CANCEL_RQ:
            return
        self._request = (command, context_id, self._receiver(command, self._contexts[context_id]))
        if not command.has_data_set:
            self._answer(self._without_data_set(command))

    def _receiver(self, command: Command, context: AnsweredContext) -> Receiver:
        if command.field != CommandField.C_STORE_RQ or not command.has_data_set:
            return RefusingReceiver(Status.UNRECOGNIZED_OPERATION, "this operation is not offered here")
        if command.affected_sop_class_uid != context.abstract_syntax:
            return RefusingReceiver(
                Status.SOP_CLASS_NOT_SUPPORTED, "the SOP class is not the one of the context"
            )
        self._heed_cap(command)
        return StoreReceiver(
            command,
            context,
            batch=lambda: self._open_batch(command),
            max_object_bytes=self._provider.limits.max_object_bytes,
        )

    def _heed_cap(self, command: Command) -> None:
        """Find out how fast the data set may come; asked anew where another C-MOVE brings the object."""
        move = None
        if command.move_originator_ae_title and command.move_originator_message_id is not None:
            move = Move(
                self._origin.calling_ae_title,
                command.move_originator_ae_title,
                command.move_originator_message_id,
            )
        if move != self._move:
            self._move = move
            self._bucket = None if move is None else self._provider.pacing.bucket_of(move)

    def _without_data_set(self, command: Command) -> Answer:
        if command.field == CommandField.C_ECHO_RQ:
            return Answer(Status.SUCCESS)
        if command.field == CommandField.C_STORE_RQ:
            return Answer(Status.CANNOT_UNDERSTAND, "the request has no data set")
        return Answer(Status.UNRECOGNIZED_OPERATION, "this operation is not offered here")

    def _open_batch(self, command: Command) -> SpoolBatch:
        """Return the batch of this association; another one where another C-MOVE brings the object."""
        message_id = command.move_originator_message_id
        origin = replace(
            self._origin,
            move_originator_ae_title=command.move_originator_ae_title,
            move_originator_message_id="" if message_id is None else str(message_id),
        )
        if self._batch is not None and self._batch.origin != origin:
            self._batch.close()
            self._batch = None
        if self._batch is None:
            self._batch = self._provider.spool.open_batch(origin)
        return self._batch

    def _answer(self, answer: Answer) -> None:
        if self._request is None:
            return
        command, context_id, _ = self._request
        self._request = None
        if answer.entry is not None:
            self._provider.received(answer.entry)
        elif answer.status is not Status.SUCCESS:
            log.warning(
                "refused %s from %s with status %04X: %s",
                command.affected_sop_instance_uid or "a request",
                self._origin.calling_ae_title,
                answer.status,
                answer.comment,
            )
        self._socket.sendall(pdu.data(context_id, response(command, answer.status, answer.comment)))
