"""Where the pixels of an object lie in its bytes, frame by frame, so that it is served undecoded."""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from allward_dicom.encoding import Buffer, Encoding, NotAnElementError
from allward_dicom.walk import ByteRange, TruncatedError, skip_fragments

_END_OF_IMAGE = b"\xff\xd9"
"""EOI of JPEG and JPEG-LS, EOC of JPEG 2000; ends the last fragment of a frame."""


@dataclass(frozen=True, slots=True)
class PixelPlace:
    """Where Pixel Data lies.

    Attributes
    ----------
    tag
        0x7FE00010 for integers, 0x7FE00008 and 0x7FE00009 for floats.
    offset, length
        The whole value, in bytes from the start of the file (of the inflated bytes if deflated);
        for encapsulated data with offset table and delimiter.
    frames
        Encapsulated only: the fragments of each frame; empty if the frames cannot be told apart.
    """

    tag: int
    offset: int
    length: int
    encapsulated: bool = False
    frames: tuple[tuple[ByteRange, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the form that the index keeps beside the header."""
        return {
            "tag": self.tag,
            "offset": self.offset,
            "length": self.length,
            "encapsulated": self.encapsulated,
            "frames": [[list(fragment) for fragment in frame] for frame in self.frames],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PixelPlace":
        """Read what `to_json` wrote."""
        frames = tuple(tuple(ByteRange(*fragment) for fragment in frame) for frame in data["frames"])
        return cls(data["tag"], data["offset"], data["length"], data["encapsulated"], frames)


def native_place(data: Buffer, tag: int, where: ByteRange) -> PixelPlace:
    """Check that native Pixel Data is all there.

    Raises
    ------
    TruncatedError
        If the file ends before its Pixel Data.
    """
    left = len(data) - where.offset
    if where.length > left:
        raise TruncatedError(f"Pixel Data needs {where.length} bytes, {max(0, left)} are left")
    return PixelPlace(tag, where.offset, where.length)


def encapsulated_place(
    data: Buffer, start: int, *, encoding: Encoding, number_of_frames: int, extended: bytes
) -> PixelPlace:
    """List the fragments of every frame of encapsulated Pixel Data that starts at `start`.

    Parameters
    ----------
    extended
        Value of the Extended Offset Table (7FE0,0001), empty if there is none.

    Raises
    ------
    TruncatedError, NotAnElementError
        If an item is cut off, the delimiter is missing, or something else than an item comes.

    Source
    ------
    PS3.5 A.4; PS3.3 C.7.6.3.1.8.
    """
    items, end = skip_fragments(data, start, encoding)
    if not items:
        raise NotAnElementError("Pixel Data has no Basic Offset Table")
    table, fragments = items[0], items[1:]
    if len(extended) >= 8 * number_of_frames:
        offsets = list(struct.unpack_from(f"{encoding.order}{number_of_frames}Q", extended))
    else:
        raw = bytes(data[table.offset : table.offset + table.length])
        offsets = list(struct.unpack(f"{encoding.order}{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))
    frames = _by_offsets(fragments, offsets, number_of_frames)
    if frames is None:
        frames = _by_content(data, fragments, number_of_frames)
    return PixelPlace(0x7FE00010, start, end - start, encapsulated=True, frames=tuple(frames))


def _by_offsets(
    fragments: list[ByteRange], offsets: list[int], number_of_frames: int
) -> list[tuple[ByteRange, ...]] | None:
    """Split at the offsets of a table; None if the table does not fit the fragments."""
    if not fragments or len(offsets) != number_of_frames:
        return None
    first = fragments[0].offset
    index_of = {fragment.offset - first: index for index, fragment in enumerate(fragments)}
    starts = [index_of.get(offset) for offset in offsets]
    known = [start for start in starts if start is not None]
    if len(known) != len(starts) or known[0] != 0 or any(a >= b for a, b in pairwise(known)):
        return None
    return [tuple(fragments[a:b]) for a, b in pairwise([*known, len(fragments)])]


def _by_content(
    data: Buffer, fragments: list[ByteRange], number_of_frames: int
) -> list[tuple[ByteRange, ...]]:
    """Split without a table: one frame, one fragment a frame, or at the codec's end marks."""
    if number_of_frames == 1 and fragments:
        return [tuple(fragments)]
    if len(fragments) == number_of_frames:
        return [(fragment,) for fragment in fragments]
    frames: list[tuple[ByteRange, ...]] = []
    current: list[ByteRange] = []
    for fragment in fragments:
        current.append(fragment)
        stop = fragment.offset + fragment.length
        if _END_OF_IMAGE in bytes(data[max(fragment.offset, stop - 10) : stop]):
            frames.append(tuple(current))
            current = []
    return frames if len(frames) == number_of_frames and not current else []
