"""Protocol data units of the DICOM upper layer: reading what peers send, writing what we answer. Pure.

Source
------
PS3.8 section 9.3 (structure of each PDU), PS3.7 annex D.3.3 (user information items).
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from allward_dicom.text import printable

IMPLEMENTATION_CLASS_UID = "2.25.318653851521829301706684001003619191071"
IMPLEMENTATION_VERSION_NAME = "ALLWARD_0_1"
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
"""The DICOM application context. Source: PS3.7 A.2.1."""
MAX_PDU_LENGTH = 131_072
"""Announced as the most bytes of a P-DATA-TF that we want: large, so that images come in few pieces."""

_HEAD = struct.Struct(">BBI")
_ITEM = struct.Struct(">BBH")
_FIXED = 68
"""Bytes of an A-ASSOCIATE-RQ in front of its items."""


class PduType(IntEnum):
    """First byte of a PDU."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    DATA = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class ItemType(IntEnum):
    """Type of an item within an association PDU."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ACCEPTED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAX_LENGTH = 0x51
    IMPLEMENTATION_CLASS = 0x52
    ASYNCHRONOUS = 0x53
    ROLE = 0x54
    IMPLEMENTATION_VERSION = 0x55
    EXTENDED = 0x56


class MalformedPduError(ValueError):
    """A peer sent bytes that are no PDU; the association is aborted."""


class ProposedContext(NamedTuple):
    """One presentation context that a peer proposes."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


class Role(NamedTuple):
    """Whether the peer wants to be user and provider of a SOP class."""

    user: bool
    provider: bool


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """What a peer proposes."""

    protocol_version: int
    called_ae_title: str
    calling_ae_title: str
    application_context: str = ""
    contexts: tuple[ProposedContext, ...] = ()
    max_pdu_length: int = 0
    asynchronous: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    extended: tuple[str, ...] = ()
    """SOP classes with extended negotiation."""
    raw_titles: bytes = b""
    """Both AE titles as they came; the answer repeats them."""


class ContextResult(IntEnum):
    """Answer to one presentation context."""

    ACCEPTED = 0
    USER_REJECTED = 1
    NO_REASON = 2
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


class AnsweredContext(NamedTuple):
    """One presentation context as we answer it; the transfer syntax means nothing unless accepted."""

    context_id: int
    abstract_syntax: str
    result: ContextResult
    transfer_syntax: str


class Rejection(NamedTuple):
    """Why an association is refused (PS3.8 Table 9-21): result, source, reason."""

    result: int
    source: int
    reason: int


CALLED_AE_UNKNOWN = Rejection(1, 1, 7)
APPLICATION_CONTEXT_UNKNOWN = Rejection(1, 1, 2)
PROTOCOL_VERSION_UNKNOWN = Rejection(1, 2, 2)
TEMPORARY_CONGESTION = Rejection(2, 3, 1)
LOCAL_LIMIT_EXCEEDED = Rejection(2, 3, 2)


class AbortReason(IntEnum):
    """Why the provider aborts (PS3.8 Table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNRECOGNIZED_PARAMETER = 4
    UNEXPECTED_PARAMETER = 5
    INVALID_VALUE = 6


def parse_associate_request(body: bytes) -> AssociateRequest:
    """Read the variable part of an A-ASSOCIATE-RQ.

    Raises
    ------
    MalformedPduError
        If it is cut off, or an item reaches beyond what holds it.
    """
    if len(body) < _FIXED:
        raise MalformedPduError("an association request is too short")
    application_context = ""
    contexts: list[ProposedContext] = []
    user = _UserInformation()
    for kind, value in _items(body, _FIXED):
        if kind == ItemType.APPLICATION_CONTEXT:
            application_context = _uid(value)
        elif kind == ItemType.PROPOSED_CONTEXT:
            contexts.append(_proposed_context(value))
        elif kind == ItemType.USER_INFORMATION:
            user = _user_information(value)
    return AssociateRequest(
        protocol_version=struct.unpack_from(">H", body)[0],
        called_ae_title=_title(body[4:20]),
        calling_ae_title=_title(body[20:36]),
        application_context=application_context,
        contexts=tuple(contexts),
        raw_titles=bytes(body[4:36]),
        max_pdu_length=user.max_pdu_length,
        asynchronous=user.asynchronous,
        roles=user.roles,
        extended=tuple(user.extended),
    )


def _items(data: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    position = start
    while position < len(data):
        if position + _ITEM.size > len(data):
            raise MalformedPduError("an item of an association request is cut off")
        kind, _, length = _ITEM.unpack_from(data, position)
        position += _ITEM.size
        if position + length > len(data):
            raise MalformedPduError("an item of an association request reaches beyond it")
        yield kind, data[position : position + length]
        position += length


def _proposed_context(value: bytes) -> ProposedContext:
    if len(value) < 4:
        raise MalformedPduError("a presentation context is too short")
    abstract_syntax, transfer_syntaxes = "", []
    for kind, inner in _items(value, 4):
        if kind == ItemType.ABSTRACT_SYNTAX:
            abstract_syntax = _uid(inner)
        elif kind == ItemType.TRANSFER_SYNTAX:
            transfer_syntaxes.append(_uid(inner))
    return ProposedContext(value[0], abstract_syntax, tuple(transfer_syntaxes))


@dataclass(slots=True)
class _UserInformation:
    max_pdu_length: int = 0
    asynchronous: bool = False
    roles: dict[str, Role] = field(default_factory=dict)
    extended: list[str] = field(default_factory=list)


def _user_information(value: bytes) -> _UserInformation:
    found = _UserInformation()
    for kind, inner in _items(value):
        if kind == ItemType.MAX_LENGTH and len(inner) == 4:
            found.max_pdu_length = struct.unpack(">I", inner)[0]
        elif kind == ItemType.ASYNCHRONOUS:
            found.asynchronous = True
        elif kind == ItemType.ROLE:
            uid, rest = _counted_uid(inner)
            if len(rest) < 2:
                raise MalformedPduError("a role selection is too short")
            found.roles[uid] = Role(bool(rest[0]), bool(rest[1]))
        elif kind == ItemType.EXTENDED:
            found.extended.append(_counted_uid(inner)[0])
    return found


def _counted_uid(value: bytes) -> tuple[str, bytes]:
    if len(value) < 2:
        raise MalformedPduError("an item with a UID is too short")
    end = 2 + struct.unpack_from(">H", value)[0]
    if end > len(value):
        raise MalformedPduError("a UID reaches beyond its item")
    return _uid(value[2:end]), value[end:]


def _uid(value: bytes) -> str:
    return value.decode("latin-1").strip(" \0")


def _title(value: bytes) -> str:
    """Read an AE title; control characters, of which it may hold none, count as spaces (PS3.5 6.2, AE)."""
    return printable(value.decode("latin-1"))


def associate_accept(request: AssociateRequest, answers: Sequence[AnsweredContext]) -> bytes:
    """Write an A-ASSOCIATE-AC.

    Of every optional item only what the peer proposed is answered: one operation at a time, the peer as user
    of what it stores, storage of all attributes.
    """
    accepted = {answer.abstract_syntax for answer in answers if answer.result is ContextResult.ACCEPTED}
    user = _item(ItemType.MAX_LENGTH, struct.pack(">I", MAX_PDU_LENGTH))
    user += _item(ItemType.IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode())
    if request.asynchronous:
        user += _item(ItemType.ASYNCHRONOUS, struct.pack(">HH", 1, 1))
    for uid, role in request.roles.items():
        if uid in accepted:
            user += _item(ItemType.ROLE, _counted(uid) + bytes((role.user, 0)))
    user += _item(ItemType.IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode())
    for uid in request.extended:
        if uid in accepted:
            user += _item(ItemType.EXTENDED, _counted(uid) + _STORES_ALL_ATTRIBUTES)
    contexts = b"".join(
        _item(
            ItemType.ACCEPTED_CONTEXT,
            bytes((answer.context_id, 0, answer.result, 0))
            + _item(ItemType.TRANSFER_SYNTAX, answer.transfer_syntax.encode("latin-1")),
        )
        for answer in answers
    )
    body = (
        struct.pack(">HH", 1, 0)
        + request.raw_titles.ljust(32)
        + bytes(32)
        + _item(ItemType.APPLICATION_CONTEXT, APPLICATION_CONTEXT.encode())
        + contexts
        + _item(ItemType.USER_INFORMATION, user)
    )
    return _HEAD.pack(PduType.ASSOCIATE_AC, 0, len(body)) + body


_STORES_ALL_ATTRIBUTES = bytes((2, 0, 0, 0, 0, 0))
"""Level 2 (full) storage, no signatures, no coercion. Source: PS3.4 B.3.1."""


def _item(kind: ItemType, value: bytes) -> bytes:
    return _ITEM.pack(kind, 0, len(value)) + value


def _counted(uid: str) -> bytes:
    return struct.pack(">H", len(uid)) + uid.encode("latin-1")


def associate_reject(rejection: Rejection) -> bytes:
    """Write an A-ASSOCIATE-RJ."""
    return _HEAD.pack(PduType.ASSOCIATE_RJ, 0, 4) + bytes((0, *rejection))


def release_reply() -> bytes:
    """Write an A-RELEASE-RP."""
    return _HEAD.pack(PduType.RELEASE_RP, 0, 4) + bytes(4)


def abort(reason: AbortReason) -> bytes:
    """Write an A-ABORT of the service provider."""
    return _HEAD.pack(PduType.ABORT, 0, 4) + bytes((0, 0, 2, reason))


def data(context_id: int, command_set: bytes) -> bytes:
    """Write a P-DATA-TF with one whole command set."""
    fragment = struct.pack(">IBB", len(command_set) + 2, context_id, 3) + command_set
    return _HEAD.pack(PduType.DATA, 0, len(fragment)) + fragment
