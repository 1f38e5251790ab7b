"""The header of one DICOM object, read without its pixels: what the index keeps and DICOMweb answers.

`read_header` is made for ingest: it touches only the bytes in front of Pixel Data (and the item heads
of encapsulated Pixel Data), never raises anything but `BadInputError`, and always returns valid UTF-8.
"""

import mmap
import re
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allward_dicom.attributes import Attributes
from allward_dicom.encoding import (
    DEFLATED_LITTLE,
    EXPLICIT,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT,
    IMPLICIT_LITTLE,
    UNDEFINED,
    Buffer,
    Encoding,
    NotAnElementError,
    encoding_of,
)
from allward_dicom.pixel_place import PixelPlace, encapsulated_place, native_place
from allward_dicom.values import JsonDataset
from allward_dicom.walk import OFFSET_TABLES, ByteRange, TruncatedError, Walk, tag_key
from allward_sdk.errors import BadInputError

_PREAMBLE = 128
_MAX_INFLATED = 1 << 30
"""Bytes that a deflated data set may grow to; more is taken for an attack."""
_UID = re.compile(r"[0-9.]{1,64}")
"""What a UID may consist of. Source: PS3.5 9.1."""
_PER_FRAME = "52009230"
_REQUIRED = {
    "00080016": "SOP Class UID",
    "00080018": "SOP Instance UID",
    "0020000D": "Study Instance UID",
    "0020000E": "Series Instance UID",
}


@dataclass(frozen=True, slots=True)
class Header(Attributes):
    """The header of one object.

    Attributes
    ----------
    json
        DICOM JSON model (PS3.18 Annex F) without Pixel Data and without the Per-Frame Functional
        Groups Sequence; UTF-8, no NUL, and (0008,0005) says ISO_IR 192 where it was present.
    transfer_syntax_uid
        Of the bytes as stored.
    pixel_place
        Where the pixels lie; None if the object has none.
    per_frame_json
        Items of (5200,9230), for a sidecar; None if the object has none.
    bulk_data
        Path in the JSON (`"00282000"`, `"00081140/0/…"`) -> bytes of a value over 64 KiB that the
        JSON names by ``BulkDataURI = "bulkdata/<path>"``.
    """

    json: JsonDataset
    transfer_syntax_uid: str
    pixel_place: PixelPlace | None = None
    per_frame_json: list[JsonDataset] | None = None
    bulk_data: dict[str, ByteRange] = field(default_factory=dict)

    @property
    def pixel_data_offset(self) -> int | None:
        """First byte of the value of Pixel Data; None if there is none."""
        return self.pixel_place.offset if self.pixel_place else None

    @property
    def pixel_data_length(self) -> int | None:
        """Bytes of the value of Pixel Data; None if there is none."""
        return self.pixel_place.length if self.pixel_place else None

    def metadata_json(self) -> JsonDataset:
        """Return the JSON with its per-frame groups: what WADO-RS `/metadata` answers."""
        if self.per_frame_json is None:
            return self.json
        whole = {**self.json, _PER_FRAME: {"vr": "SQ", "Value": self.per_frame_json}}
        return dict(sorted(whole.items()))


def read_header(
    source: Path | bytes | bytearray | memoryview,
    *,
    fallback_charset: str | None = None,
    name: str | None = None,
) -> Header:
    """Read everything in front of the Pixel Data of a DICOM file.

    Parameters
    ----------
    source
        A file, or its bytes; with or without preamble and file meta information.
    fallback_charset
        Used where (0008,0005) is absent and a text is not ASCII: `"GB18030"`.
    name
        What messages call the object; the file's name by default.

    Raises
    ------
    BadInputError
        "… is not DICOM", "… is truncated: …", "… is damaged: …" or "… has no Study Instance UID".
    """
    if not isinstance(source, Path):
        return _read(source, name or "the object", fallback_charset)
    called = name or source.name
    try:
        with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data, called, fallback_charset)
    except ValueError as error:  # an empty file cannot be mapped
        raise BadInputError(f"{called} is not DICOM: it is empty") from error


def _read(data: Buffer, name: str, fallback_charset: str | None) -> Header:
    try:
        start, transfer_syntax_uid = _file_meta(data)
        if transfer_syntax_uid == DEFLATED_LITTLE:
            data, start = inflate(data, start), 0
        walk = Walk(data, fallback_charset=fallback_charset)
        json = walk.read(start, _actual_encoding(data, start, transfer_syntax_uid))
        _require_uids(json, name)
        return _header(walk, json, transfer_syntax_uid)
    except TruncatedError as error:
        raise BadInputError(f"{name} is truncated: {error}") from error
    except struct.error as error:
        raise BadInputError(f"{name} is truncated: it ends within an element") from error
    except zlib.error as error:
        raise BadInputError(f"{name} is damaged: it cannot be inflated") from error
    except _NotDicomError as error:
        raise BadInputError(f"{name} is not DICOM") from error
    except NotAnElementError as error:
        raise BadInputError(f"{name} is damaged: {error}") from error


class _NotDicomError(ValueError):
    """Neither a preamble nor a plausible first element."""


def _header(walk: Walk, json: JsonDataset, transfer_syntax_uid: str) -> Header:
    tables = {tag: walk.bulk_data.pop(tag_key(tag), None) for tag in OFFSET_TABLES}
    for tag in OFFSET_TABLES:
        json.pop(tag_key(tag), None)
    place = None
    if walk.pixel_data is not None:
        tag, _, start, length = walk.pixel_data
        if length == UNDEFINED:
            table = tables[0x7FE00001]
            place = encapsulated_place(
                walk.data,
                start,
                encoding=encoding_of(transfer_syntax_uid),
                number_of_frames=_frame_count(json),
                extended=bytes(walk.data[table.offset : table.offset + table.length]) if table else b"",
            )
        else:
            place = native_place(walk.data, tag, ByteRange(start, length))
    per_frame = json.pop(_PER_FRAME, None)
    items = per_frame.get("Value", []) if per_frame else None
    return Header(json, transfer_syntax_uid, place, items, walk.bulk_data)


def _frame_count(json: JsonDataset) -> int:
    value = json.get("00280008", {}).get("Value", [1])[0]
    return value if isinstance(value, int) and 0 < value < 1 << 31 else 1


def _require_uids(json: JsonDataset, name: str) -> None:
    for key, spoken in _REQUIRED.items():
        value = json.get(key, {}).get("Value", [None])[0]
        if value is None:
            raise BadInputError(f"{name} has no {spoken}")
        if not isinstance(value, str) or not _UID.fullmatch(value):
            raise BadInputError(f"{name} has a {spoken} that is not a UID")


def inflate(data: Buffer, start: int) -> bytes:
    """Inflate the data set of Deflated Explicit VR Little Endian that begins at `start`.

    Raises
    ------
    TruncatedError, NotAnElementError, zlib.error
        If the stream ends early, grows beyond 1 GiB, or is none.

    Source
    ------
    PS3.5 A.5 (raw deflate, RFC 1951).
    """
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = stream.decompress(bytes(data[start:]), _MAX_INFLATED)
    if stream.unconsumed_tail:
        raise NotAnElementError("its data set inflates to more than 1 GiB")
    if not stream.eof:
        raise TruncatedError("the deflated data set has no end")
    return inflated


def inflated_bytes(path: Path) -> bytes:
    """Return the inflated data set of a deflated file, to which the places in its header refer."""
    data = path.read_bytes()
    return inflate(data, _file_meta(data)[0])


def _file_meta(data: Buffer) -> tuple[int, str]:
    """Return where the data set starts, and its transfer syntax."""
    start = _PREAMBLE + 4 if bytes(data[_PREAMBLE : _PREAMBLE + 4]) == b"DICM" else 0
    if start and len(data) <= start + 8:
        raise TruncatedError("it ends behind its preamble")
    if bytes(data[start : start + 2]) == b"\x02\x00" and bytes(data[start + 4 : start + 6]).isupper():
        start, transfer_syntax_uid = _walk_meta(data, start)
        if start + 8 > len(data):
            raise TruncatedError("it ends behind its file meta information")
        if transfer_syntax_uid is not None:
            return start, transfer_syntax_uid
    return start, _guess(bytes(data[start : start + 8]))


def _walk_meta(data: Buffer, position: int) -> tuple[int, str | None]:
    transfer_syntax_uid = None
    while position + 8 <= len(data) and bytes(data[position : position + 2]) == b"\x02\x00":
        tag, _, start, length = EXPLICIT.head(data, position)
        position = start + length
        if position > len(data):
            raise TruncatedError("it ends within its file meta information")
        if tag == 0x00020010:
            transfer_syntax_uid = bytes(data[start:position]).decode("latin-1").strip(" \0")
    return position, transfer_syntax_uid


def _actual_encoding(data: Buffer, start: int, transfer_syntax_uid: str) -> Encoding:
    """Return the declared encoding, unless the first element shows that the other one was written."""
    declared = encoding_of(transfer_syntax_uid)
    code = bytes(data[start + 4 : start + 6])
    named = code.isalpha() and code.isupper()
    if declared.explicit and not named:
        return IMPLICIT
    return EXPLICIT if named and not declared.explicit else declared


def _guess(head: bytes) -> str:
    """Tell the transfer syntax from the first element of a data set without file meta information."""
    if len(head) < 8:
        raise _NotDicomError
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    if head[:2] in (b"\x08\x00", b"\x04\x00", b"\x10\x00"):
        return EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE
    if head[:2] == b"\x00\x08" and explicit:
        return EXPLICIT_BIG
    raise _NotDicomError


def header_from_index(stored: dict[str, Any]) -> Header:
    """Rebuild a header from the fields that an index kept, under the names of `Header`."""
    place = stored.get("pixel_place")
    return Header(
        json=stored["json"],
        transfer_syntax_uid=stored["transfer_syntax_uid"],
        pixel_place=PixelPlace.from_json(place) if place else None,
        per_frame_json=stored.get("per_frame_json"),
    )
