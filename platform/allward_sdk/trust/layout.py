"""The bytes of a signed package around its entries: they follow from names, sizes and checksums alone.

A zip says much twice (in front of each entry and in its directory) and leaves room for what nobody reads;
readers differ in whom they believe. A signed package has one form only, so that there is nothing to differ
about: entries as they are, sorted by name, no gap, no comment, one fixed time and mode.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16 and 4.5.3.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from allward_sdk.package import FIXED_MODE

_ELSEWHERE, _ELSEWHERE_16 = 0xFFFFFFFF, 0xFFFF
"""What stands in a field of 32 or 16 bits whose value is in the ZIP64 field instead."""
_LARGE_FROM, _MANY_FROM = _ELSEWHERE, _ELSEWHERE_16
"""The first values that go there."""
_PLAIN, _WITH_ZIP64 = 20, 45
"""Versions that are needed to read an entry (4.4.3.2)."""
_UNIX = 3
_FIRST_OF_JANUARY_1980 = (1 << 5) | 1
"""The fixed date as MS-DOS writes it: no year after 1980, month 1, day 1."""
_ZIP64_ID = 0x0001


@dataclass(frozen=True, slots=True)
class Entry:
    """One file inside a package."""

    name: str
    size: int
    """Bytes."""
    crc: int
    """CRC-32 of the content, as the zip states it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All bytes of a package that are not content."""

    headers: tuple[bytes, ...]
    """What stands in front of each entry."""
    offsets: tuple[int, ...]
    """Where each header begins, in bytes from the start of the file."""
    directory: bytes
    """What stands behind the last entry."""
    size: int
    """Of the whole file, in bytes."""


def layout_of(entries: Sequence[Entry]) -> Layout:
    """Return the one layout of a package with these entries, in their order."""
    headers = tuple(_header(entry) for entry in entries)
    sizes = (len(header) + entry.size for header, entry in zip(headers, entries, strict=True))
    *offsets, begin = accumulate(sizes, initial=0)
    directory = b"".join(_record(entry, at) for entry, at in zip(entries, offsets, strict=True))
    directory += _end(len(entries), len(directory), begin)
    return Layout(headers, tuple(offsets), directory, begin + len(directory))


def _header(entry: Entry) -> bytes:
    large = entry.size >= _LARGE_FROM
    extra = struct.pack("<HHQQ", _ZIP64_ID, 16, entry.size, entry.size) if large else b""
    stated = _in_32_bits(entry.size)
    name = entry.name.encode()
    return b"PK\3\4" + struct.pack(
        "<5H3L2H",
        *(_WITH_ZIP64 if large else _PLAIN, 0, 0, 0, _FIRST_OF_JANUARY_1980),
        *(entry.crc, stated, stated, len(name), len(extra)),
    ) + name + extra  # fmt: skip


def _record(entry: Entry, offset: int) -> bytes:
    """Return what the directory says of an entry."""
    values = [entry.size, entry.size] if entry.size >= _LARGE_FROM else []
    values += [offset] if offset >= _LARGE_FROM else []
    extra = struct.pack(f"<HH{len(values)}Q", _ZIP64_ID, 8 * len(values), *values) if values else b""
    stated = _in_32_bits(entry.size)
    version = _WITH_ZIP64 if values else _PLAIN
    name = entry.name.encode()
    return b"PK\1\2" + struct.pack(
        "<2B5H3L5H2L",
        *(version, _UNIX, version, 0, 0, 0, _FIRST_OF_JANUARY_1980),
        *(entry.crc, stated, stated, len(name), len(extra), 0, 0, 0),
        *(FIXED_MODE << 16, _in_32_bits(offset)),
    ) + name + extra  # fmt: skip


def _end(count: int, size: int, begin: int) -> bytes:
    """Return the end of the directory, which takes `size` bytes from `begin` on."""
    zip64 = b""
    if count >= _MANY_FROM or size >= _LARGE_FROM or begin >= _LARGE_FROM:
        zip64 = b"PK\6\6" + struct.pack(
            "<Q2H2L4Q", 44, _WITH_ZIP64, _WITH_ZIP64, 0, 0, count, count, size, begin
        )
        zip64 += b"PK\6\7" + struct.pack("<LQL", 0, begin + size, 1)
    counts = (count if count < _MANY_FROM else _ELSEWHERE_16,) * 2
    stated = (_in_32_bits(size), _in_32_bits(begin))
    return zip64 + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, *counts, *stated, 0)


def _in_32_bits(value: int) -> int:
    return value if value < _LARGE_FROM else _ELSEWHERE
