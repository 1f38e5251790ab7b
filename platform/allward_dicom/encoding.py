"""How the elements of a data set lie in its bytes: one head reader for each family of transfer syntaxes."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from mmap import mmap

from pydicom._dicom_dict import DicomDictionary

Buffer = bytes | bytearray | memoryview | mmap
Head = tuple[int, str, int, int]
"""Tag, VR, where the value starts, its length (0xFFFFFFFF if undefined)."""

UNDEFINED = 0xFFFFFFFF
ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED_LITTLE, EXPLICIT_BIG})
"""Transfer syntaxes whose Pixel Data is not encapsulated. Source: PS3.5 A.1-A.3, A.5."""

_LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""VRs with a 32-bit length. Source: PS3.5 Table 7.1-1."""
_SHORT = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST"}
    | {"TM", "UI", "UL", "US"}
)
_VR_OF_BYTES = {vr.encode(): (vr, vr in _LONG) for vr in _LONG | _SHORT}
_AMBIGUOUS = {"OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}


class NotAnElementError(ValueError):
    """The bytes at a place where an element should begin are none."""


@lru_cache(maxsize=4096)
def dictionary_vr(tag: int, signed: bool) -> str:
    """Return the VR that PS3.6 gives a tag; UN where it is private or unknown."""
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    if tag & 0xFFFF == 0:
        return "UL"
    entry = DicomDictionary.get(tag) or DicomDictionary.get(_repeating(tag))
    vr = entry[0] if entry else "UN"
    if vr == "US or SS":
        return "SS" if signed else "US"
    return _AMBIGUOUS.get(vr, vr)


def _repeating(tag: int) -> int:
    """Fold a repeating group (50xx, 60xx) onto its first member, as far as the dictionary lists that."""
    return tag & 0xFF00FFFF if tag >> 24 in (0x50, 0x60) else tag


@dataclass(frozen=True, slots=True)
class Encoding:
    """One family of transfer syntaxes: byte order, and whether elements name their VR."""

    order: str
    explicit: bool
    head: Callable[[Buffer, int], Head]
    """Reads the head of the element at a place; `NotAnElementError`, `struct.error` if there is none."""
    item_head: Callable[[Buffer, int], tuple[int, int]]
    """Reads tag and length of an item or delimiter at a place; the value starts 8 bytes further."""


def _item_head(order: str) -> Callable[[Buffer, int], tuple[int, int]]:
    unpack = struct.Struct(f"{order}HHI").unpack_from

    def item_head(data: Buffer, position: int) -> tuple[int, int]:
        group, element, length = unpack(data, position)
        return group << 16 | element, length

    return item_head


def _explicit_head(order: str) -> Callable[[Buffer, int], Head]:
    unpack = struct.Struct(f"{order}HH2sH").unpack_from
    unpack_long = struct.Struct(f"{order}I").unpack_from
    unpack_delimiter = _item_head(order)

    def head(data: Buffer, position: int) -> Head:
        group, element, code, length = unpack(data, position)
        known = _VR_OF_BYTES.get(code)
        if known is None:
            if group == 0xFFFE:
                tag, length = unpack_delimiter(data, position)
                return tag, "", position + 8, length
            if not code.isalpha() or not code.isupper():
                raise NotAnElementError(f"no value representation at byte {position}")
            return group << 16 | element, "UN", position + 8, length
        if known[1]:
            return group << 16 | element, known[0], position + 12, unpack_long(data, position + 8)[0]
        return group << 16 | element, known[0], position + 8, length

    return head


def _implicit_head(order: str) -> Callable[[Buffer, int], Head]:
    unpack = struct.Struct(f"{order}HHI").unpack_from

    def head(data: Buffer, position: int) -> Head:
        group, element, length = unpack(data, position)
        tag = group << 16 | element
        return tag, "" if group == 0xFFFE else dictionary_vr(tag, False), position + 8, length

    return head


IMPLICIT = Encoding("<", False, _implicit_head("<"), _item_head("<"))
EXPLICIT = Encoding("<", True, _explicit_head("<"), _item_head("<"))
BIG_ENDIAN = Encoding(">", True, _explicit_head(">"), _item_head(">"))


def encoding_of(transfer_syntax_uid: str) -> Encoding:
    """Return how a transfer syntax lays out its elements (every compressed one: explicit, little endian)."""
    return {IMPLICIT_LITTLE: IMPLICIT, EXPLICIT_BIG: BIG_ENDIAN}.get(transfer_syntax_uid, EXPLICIT)
