"""One C-STORE: the data set goes from the wire to the spool, and is acknowledged when it is durable there."""

import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol

from allward.ingest.dimse.command import Command, Status
from allward.ingest.dimse.pdu import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, AnsweredContext
from allward.ingest.senders import DEFAULT_CHARSET
from allward.ingest.spool import Incoming, SpoolBatch, SpoolEntry
from allward.storage.folder import StorageFullError
from allward_dicom.header import Header, read_header
from allward_sdk.errors import BadInputError


class Answer(NamedTuple):
    """What the peer is told, and what there is to index."""

    status: Status
    comment: str = ""
    entry: SpoolEntry | None = None


class Receiver(Protocol):
    """Takes the data set of one request and gives the answer at its end."""

    def write(self, block: memoryview) -> None:
        """Take the next bytes; they are dropped once the answer is a refusal."""

    def finish(self) -> Answer:
        """Return the answer after the last byte."""

    def discard(self) -> None:
        """Drop everything: the association ended in the middle."""


class RefusingReceiver:
    """Drops the data set of a request that is refused anyway."""

    def __init__(self, status: Status, comment: str) -> None:
        self._answer = Answer(status, comment)

    def write(self, block: memoryview) -> None:
        """Drop the bytes."""

    def finish(self) -> Answer:
        """Return the refusal."""
        return self._answer

    def discard(self) -> None:
        """Nothing was kept."""


class StoreReceiver:
    """Writes the data set of a C-STORE into the spool, behind a file meta information of our own."""

    def __init__(
        self,
        command: Command,
        context: AnsweredContext,
        *,
        batch: Callable[[], SpoolBatch],
        max_object_bytes: int,
    ) -> None:
        self._command = command
        self._max_object_bytes = max_object_bytes
        self._refusal: Answer | None = None
        self._incoming: Incoming | None = None
        try:
            self._incoming = batch().incoming()
            self._incoming.write(file_meta(command, context.transfer_syntax))
        except StorageFullError as error:
            self._refuse(Status.OUT_OF_RESOURCES, str(error))

    def write(self, block: memoryview) -> None:
        """Append bytes; out of room or beyond the limit, the object is dropped and refused at its end."""
        if self._refusal is not None or self._incoming is None:
            return
        try:
            self._incoming.write(block)
        except StorageFullError as error:
            self._refuse(Status.OUT_OF_RESOURCES, str(error))
            return
        if self._incoming.size_bytes > self._max_object_bytes:
            self._refuse(Status.OUT_OF_RESOURCES, "the object is larger than this node accepts")

    def finish(self) -> Answer:
        """Check the object, make it durable, and only then say success."""
        if self._refusal is not None or self._incoming is None:
            return self._refusal or Answer(Status.OUT_OF_RESOURCES)
        try:
            header = read_header(self._incoming.path, fallback_charset=DEFAULT_CHARSET, name="The object")
            problem = self._mismatch(header)
            if problem:
                self._refuse(Status.DATA_SET_DOES_NOT_MATCH, problem)
            else:
                return Answer(Status.SUCCESS, entry=self._incoming.keep(header))
        except BadInputError as error:
            self._refuse(Status.CANNOT_UNDERSTAND, str(error))
        except StorageFullError as error:
            self._refuse(Status.OUT_OF_RESOURCES, str(error))
        return self._refusal or Answer(Status.CANNOT_UNDERSTAND)

    def discard(self) -> None:
        """Drop what came so far."""
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None

    def _mismatch(self, header: Header) -> str:
        if header.sop_instance_uid != self._command.affected_sop_instance_uid:
            return "SOP Instance UID differs between command and data set"
        if header.sop_class_uid != self._command.affected_sop_class_uid:
            return "SOP Class UID differs between command and data set"
        return ""

    def _refuse(self, status: Status, comment: str) -> None:
        self._refusal = Answer(status, comment)
        self.discard()


def file_meta(command: Command, transfer_syntax: str) -> bytes:
    """Write the preamble and file meta information of a received object.

    The same object always gets the same bytes, whoever sends it: a second copy is recognised by its digest.

    Source
    ------
    PS3.10 7.1.
    """
    elements = struct.pack("<HH2sHI2s", 2, 1, b"OB", 0, 2, b"\0\1")
    for element, vr, text in (
        (0x0002, b"UI", command.affected_sop_class_uid),
        (0x0003, b"UI", command.affected_sop_instance_uid),
        (0x0010, b"UI", transfer_syntax),
        (0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
        (0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
    ):
        value = text.encode("latin-1")
        value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
        elements += struct.pack("<HH2sH", 2, element, vr, len(value)) + value
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(elements)) + elements
