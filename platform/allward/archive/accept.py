"""What the caller accepts, and which of it can be sent. Pure.

Source
------
PS3.18 8.7.4 (Accept), 8.7.3 (DICOM media types); RFC 9110 12.5.1.
"""

import re
from typing import NamedTuple

from allward.archive.request import not_acceptable

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DICOM = "application/dicom"
OCTET_STREAM = "application/octet-stream"
_MULTIPART = "multipart/related"
_ANY = "*/*"
_PARAMETER = re.compile(r';\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;,\s]*)')
_RANGE = re.compile(r'\s*([^;,\s]+)((?:;(?:"(?:[^"\\]|\\.)*"|[^",])*)?)')


class MediaRange(NamedTuple):
    """One accepted form.

    `media_type` is the type of a part where `is_multipart`; `transfer_syntax` is empty if none is named.
    """

    media_type: str
    transfer_syntax: str = ""
    is_multipart: bool = False
    weight: float = 1.0


class Form(NamedTuple):
    """The form in which something is sent."""

    media_type: str
    transfer_syntax: str
    is_decoded: bool = False
    is_multipart: bool = True


def parse_accept(header: str) -> list[MediaRange]:
    """Return the accepted forms, most wanted first; anything if the header is empty."""
    found = []
    for match in _RANGE.finditer(header):
        parameters = {name.lower(): value.strip('"') for name, value in _PARAMETER.findall(match[2])}
        media_type = match[1].lower()
        is_multipart = media_type == _MULTIPART
        found.append(
            MediaRange(
                media_type=parameters.get("type", _ANY).lower() if is_multipart else media_type,
                transfer_syntax=parameters.get("transfer-syntax", ""),
                is_multipart=is_multipart,
                weight=_weight(parameters.get("q", "1")),
            )
        )
    wanted = sorted((form for form in found if form.weight > 0), key=lambda form: -form.weight)
    return wanted or [MediaRange(_ANY)]


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0


def choose_object_form(accepted: list[MediaRange], stored: str) -> Form:
    """Choose how whole objects are sent: as stored, unless explicit little endian is asked for.

    Raises
    ------
    RefusedError
        406 if nothing fits.
    """
    for form in accepted:
        if form.media_type not in (DICOM, _ANY, "application/*"):
            continue
        multipart = form.is_multipart or form.media_type != DICOM
        if form.transfer_syntax in ("", "*", stored):
            return Form(DICOM, stored, is_multipart=multipart)
        if form.transfer_syntax == EXPLICIT_LITTLE:
            return Form(DICOM, EXPLICIT_LITTLE, is_decoded=True, is_multipart=multipart)
    raise not_acceptable()


def choose_frame_form(accepted: list[MediaRange], *, stored: str, media_type: str) -> Form:
    """Choose how frames are sent.

    Parameters
    ----------
    stored
        Transfer syntax of the object; explicit little endian for all that are not compressed.
    media_type
        Of a frame as stored.

    Raises
    ------
    RefusedError
        406 if nothing fits.
    """
    for form in accepted:
        multipart = form.is_multipart or form.media_type in (_ANY, "image/*", "application/*")
        if _fits_stored(form, stored=stored, media_type=media_type):
            return Form(media_type, stored, is_multipart=multipart)
        if form.media_type == OCTET_STREAM and form.transfer_syntax in ("", EXPLICIT_LITTLE):
            return Form(OCTET_STREAM, EXPLICIT_LITTLE, is_decoded=True, is_multipart=multipart)
    raise not_acceptable()


def _fits_stored(form: MediaRange, *, stored: str, media_type: str) -> bool:
    group = media_type.split("/", 1)[0]
    if form.media_type in (_ANY, media_type, f"{group}/*"):
        return form.transfer_syntax in ("", "*", stored)
    return form.media_type == OCTET_STREAM and form.transfer_syntax in ("*", stored)


def choose_picture(accepted: list[MediaRange]) -> str:
    """Choose the media type of a rendered frame: JPEG unless only PNG is accepted.

    Raises
    ------
    RefusedError
        406 if neither is.
    """
    for form in accepted:
        if form.media_type in ("image/jpeg", _ANY, "image/*"):
            return "image/jpeg"
        if form.media_type == "image/png":
            return "image/png"
    raise not_acceptable()
