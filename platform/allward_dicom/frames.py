"""One frame of a stored object: its bytes as they are, or decoded to explicit little endian.

Frame numbers count from 1, as DICOMweb's do (PS3.18 10.4.1.1.5).
"""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from allward_dicom.encoding import DEFLATED_LITTLE, EXPLICIT_BIG, NATIVE
from allward_dicom.header import Header, inflated_bytes
from allward_dicom.pixel_place import PixelPlace
from allward_sdk.errors import BadInputError

OCTET_STREAM = "application/octet-stream"
"""Media type of uncompressed frames (PS3.18 8.7.3.3)."""

_MEDIA_TYPES = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
"""Transfer syntax -> media type of one frame. Source: PS3.18 Table 8.7.3-5."""
_DECODE_ERRORS = (
    ValueError,
    RuntimeError,
    NotImplementedError,
    AttributeError,
    KeyError,
    IndexError,
    OSError,
)


def frame_media_type(transfer_syntax_uid: str) -> str:
    """Return the media type of a frame as stored."""
    return _MEDIA_TYPES.get(transfer_syntax_uid, OCTET_STREAM)


def is_native(transfer_syntax_uid: str) -> bool:
    """Tell whether frames of a transfer syntax are uncompressed."""
    return transfer_syntax_uid in NATIVE


def frame_bytes(path: Path, header: Header, frame: int) -> bytes:
    """Return one frame as stored; native frames of any byte order come in little endian.

    Raises
    ------
    BadInputError
        If the object has no such frame, or its frames cannot be told apart.
    """
    place = _place(header, frame)
    if place.encapsulated:
        return _encapsulated(path, place, frame)
    size = native_frame_bits(header) // 8
    if native_frame_bits(header) % 8 or header.transfer_syntax_uid == EXPLICIT_BIG:
        return decode_frame_to_native(path, header, frame)
    start = place.offset + (frame - 1) * size
    if start + size > place.offset + place.length:
        raise BadInputError(f"{path.name} is truncated: Pixel Data ends before frame {frame}")
    if header.transfer_syntax_uid == DEFLATED_LITTLE:
        return inflated_bytes(path)[start : start + size]
    with path.open("rb") as file:
        file.seek(start)
        return file.read(size)


def native_frame_bits(header: Header) -> int:
    """Return the bits of one uncompressed frame (PS3.5 8.1.1)."""
    rows, columns = header.rows or 0, header.columns or 0
    samples, allocated = header.count("00280002") or 1, header.count("00280100") or 0
    if not rows * columns * allocated:
        raise BadInputError("The object says neither Rows, Columns nor Bits Allocated.")
    if header.text("00280004") == "YBR_FULL_422":
        return rows * columns * 2 * allocated
    return rows * columns * samples * allocated


def decode_frame_to_native(path: Path, header: Header, frame: int) -> bytes:
    """Decode one frame to the bytes that it has in Explicit VR Little Endian, colour by pixel.

    Raises
    ------
    BadInputError
        If the object has no such frame, or nothing here decodes its transfer syntax.
    """
    decoded = decode_frame(path, header, frame)
    if header.count("00280100") == 1:
        return np.packbits(decoded.astype(bool).ravel(), bitorder="little").tobytes()
    if decoded.dtype.itemsize > 1:
        decoded = decoded.astype(decoded.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(decoded).tobytes()


def decode_frame(path: Path, header: Header, frame: int) -> npt.NDArray[np.generic]:
    """Decode one frame: shape (rows, columns) or (rows, columns, samples), stored values, raw colours.

    Raises
    ------
    BadInputError
        As `decode_frame_to_native`.
    """
    _place(header, frame)
    try:
        if header.transfer_syntax_uid == DEFLATED_LITTLE:
            dataset = pydicom.dcmread(path, force=True)
            source = io.BytesIO()
            dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
            dataset.save_as(source, implicit_vr=False, little_endian=True, enforce_file_format=True)
            source.seek(0)
            return np.asarray(pixel_array(source, index=frame - 1, raw=True))
        return np.asarray(pixel_array(path, index=frame - 1, raw=True))
    except _DECODE_ERRORS as error:
        raise BadInputError(f"{path.name}: frame {frame} cannot be decoded: {error}") from error


def _place(header: Header, frame: int) -> PixelPlace:
    if header.pixel_place is None:
        raise BadInputError("The object has no pixels.")
    if not 1 <= frame <= header.number_of_frames:
        raise BadInputError(f"The object has {header.number_of_frames} frame(s), not a frame {frame}.")
    return header.pixel_place


def _encapsulated(path: Path, place: PixelPlace, frame: int) -> bytes:
    if frame > len(place.frames):
        raise BadInputError(f"{path.name}: the fragments of its frames cannot be told apart.")
    with path.open("rb") as file:
        parts = []
        for offset, length in place.frames[frame - 1]:
            file.seek(offset)
            parts.append(file.read(length))
    return b"".join(parts)
