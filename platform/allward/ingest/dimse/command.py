"""Command sets: what a peer asks for, and the answers. Pure.

Source
------
PS3.7 section 6.3.1 (implicit little endian, group 0000), 9.1, 9.3, annex C (status), annex E (elements).
"""

import struct
from enum import IntEnum
from typing import NamedTuple

NO_DATA_SET = 0x0101
MAX_COMMAND_BYTES = 65_536
"""A command set is a few hundred bytes; one that grows beyond this is an attack."""
MAX_COMMENT_CHARACTERS = 64
"""Length of an LO. Source: PS3.5 6.2."""


class CommandField(IntEnum):
    """What is asked for."""

    C_STORE_RQ = 0x0001
    C_ECHO_RQ = 0x0030
    C_CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000
"""Bit of a command field that makes it the response."""


class Status(IntEnum):
    """What we answer. Source: PS3.7 annex C, PS3.4 Table B.2-1."""

    SUCCESS = 0x0000
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    UNRECOGNIZED_OPERATION = 0x0211
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_DOES_NOT_MATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class MalformedCommandError(ValueError):
    """A command set that cannot be read; the association is aborted."""


class Command(NamedTuple):
    """A request, as far as it matters here."""

    field: int
    message_id: int
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    has_data_set: bool
    move_originator_ae_title: str = ""
    move_originator_message_id: int | None = None


_ELEMENT = struct.Struct("<HHI")


def parse_command(raw: bytes) -> Command:
    """Read a command set.

    Raises
    ------
    MalformedCommandError
        If it is cut off, or says no command field.
    """
    found: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        if position + _ELEMENT.size > len(raw):
            raise MalformedCommandError("a command set is cut off")
        group, element, length = _ELEMENT.unpack_from(raw, position)
        position += _ELEMENT.size
        if group != 0 or position + length > len(raw):
            raise MalformedCommandError("a command set holds what is no command element")
        found[element] = raw[position : position + length]
        position += length
    return Command(
        field=_number(found, 0x0100),
        message_id=_number(found, 0x0110, 0),
        affected_sop_class_uid=_uid(found, 0x0002),
        affected_sop_instance_uid=_uid(found, 0x1000),
        has_data_set=_number(found, 0x0800, NO_DATA_SET) != NO_DATA_SET,
        move_originator_ae_title=_uid(found, 0x1030),
        move_originator_message_id=_number(found, 0x1031, 0) if 0x1031 in found else None,
    )


def _number(found: dict[int, bytes], element: int, default: int | None = None) -> int:
    raw = found.get(element, b"")
    if len(raw) == 2:
        return int(struct.unpack("<H", raw)[0])
    if default is None or raw:
        raise MalformedCommandError(f"the command element (0000,{element:04X}) is missing or no number")
    return default


def _uid(found: dict[int, bytes], element: int) -> str:
    return found.get(element, b"").decode("latin-1").strip(" \0")


def response(command: Command, status: int, comment: str = "") -> bytes:
    """Write the response to a request."""
    elements = [
        (0x0002, _padded(command.affected_sop_class_uid, "\0")),
        (0x0100, struct.pack("<H", command.field | RESPONSE)),
        (0x0120, struct.pack("<H", command.message_id)),
        (0x0800, struct.pack("<H", NO_DATA_SET)),
        (0x0900, struct.pack("<H", status)),
    ]
    if comment:
        elements.append((0x0902, _padded(_plain(comment), " ")))
    if command.affected_sop_instance_uid:
        elements.append((0x1000, _padded(command.affected_sop_instance_uid, "\0")))
    body = b"".join(_ELEMENT.pack(0, element, len(value)) + value for element, value in elements if value)
    return _ELEMENT.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def _plain(comment: str) -> str:
    """Return a comment that fits an LO of the default repertoire."""
    ascii_only = comment.encode("ascii", "replace").decode("ascii").replace("\\", "/")
    return " ".join(ascii_only.split())[:MAX_COMMENT_CHARACTERS]


def _padded(text: str, pad: str) -> bytes:
    raw = text.encode("latin-1", "replace")
    return raw + pad.encode() if len(raw) % 2 else raw
