"""A peer that can misbehave: bytes of our choice on a socket to a receiver without a database."""

import socket
import struct
from pathlib import Path

from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import PresentationContext

from allward.ingest.dimse import pdu
from allward.ingest.dimse.association import Limits, Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.pacing import Pacing
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Spool, SpoolEntry

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
FIND = "1.2.840.10008.5.1.4.1.2.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"
CONTEXTS = {1: VERIFICATION, 3: CT, 5: FIND}


class Receiver:
    """A listener whose objects end up in a list."""

    def __init__(self, folder: Path, *, pacing: Pacing | None = None, **limits: float) -> None:
        self.spool = Spool(folder / "spool", reserve_bytes=0)
        self.received: list[SpoolEntry] = []
        rules = KnownRules(read=tuple)
        rules.refresh()
        provider = Provider(
            ae_title="ALLWARD",
            rules=rules,
            spool=self.spool,
            received=self.received.append,
            pacing=pacing or Pacing(),
            limits=Limits(**{"request_s": 2.0, "stall_s": 2.0, **limits}),
        )
        self.listener = Listener(provider, host="127.0.0.1", port=0)
        self.listener.start()


class Peer:
    """One connection."""

    def __init__(self, receiver: Receiver) -> None:
        self.socket = socket.create_connection(("127.0.0.1", receiver.listener.port), timeout=10)

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def receive(self) -> tuple[int, bytes]:
        """Return type and rest of the next PDU; (0, b"") if the connection was closed."""
        head = self._exactly(6)
        if not head:
            return 0, b""
        kind, length = struct.unpack(">BxI", head)
        return kind, self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            try:
                block = self.socket.recv(size - len(got))
            except ConnectionError:
                return b""
            if not block:
                return b""
            got += block
        return got

    def associate(self, *, called: str = "ALLWARD") -> int:
        self.send(request_bytes(called))
        return self.receive()[0]

    def status_of(self, raw: bytes) -> int:
        """Send a message and return the status of the response."""
        self.send(raw)
        kind, body = self.receive()
        assert kind == pdu.PduType.DATA, kind
        return status_in(body)

    def close(self) -> None:
        self.socket.close()


def status_in(body: bytes) -> int:
    position = body.index(struct.pack("<HHI", 0, 0x0900, 2)) + 8
    return struct.unpack_from("<H", body, position)[0]


def request_bytes(called: str = "ALLWARD") -> bytes:
    primitive = A_ASSOCIATE()
    primitive.application_context_name = pdu.APPLICATION_CONTEXT
    primitive.calling_ae_title, primitive.called_ae_title = "PEER", called
    contexts = []
    for number, abstract in CONTEXTS.items():
        context = PresentationContext()
        context.context_id, context.abstract_syntax = number, abstract
        context.transfer_syntax = [EXPLICIT]
        contexts.append(context)
    primitive.presentation_context_definition_list = contexts
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = 16382
    implementation.implementation_class_uid = "1.2.3"
    primitive.user_information = [length, implementation]
    return A_ASSOCIATE_RQ(primitive).encode()


def fragment(context_id: int, control: int, value: bytes) -> bytes:
    return struct.pack(">IBB", len(value) + 2, context_id, control) + value


def data_pdu(*fragments: bytes) -> bytes:
    body = b"".join(fragments)
    return struct.pack(">BBI", pdu.PduType.DATA, 0, len(body)) + body


def command_set(
    field: int,
    *,
    sop_class: str = CT,
    instance: str = "",
    data_set: bool = False,
    message_id: int = 1,
    move: tuple[str, int] | None = None,
) -> bytes:
    def element(number: int, value: bytes) -> bytes:
        return struct.pack("<HHI", 0, number, len(value)) + value

    def uid(text: str) -> bytes:
        return text.encode() + b"\0" * (len(text) % 2)

    elements = element(0x0002, uid(sop_class)) + element(0x0100, struct.pack("<H", field))
    elements += element(0x0110, struct.pack("<H", message_id))
    elements += element(0x0800, struct.pack("<H", 1 if data_set else 0x0101))
    if instance:
        elements += element(0x1000, uid(instance))
    if move is not None:
        title, number = move
        elements += element(0x1030, title.ljust(len(title) + len(title) % 2).encode())
        elements += element(0x1031, struct.pack("<H", number))
    return element(0, struct.pack("<I", len(elements))) + elements
