"""Text of a data set: from the bytes of any Specific Character Set to Python strings that are valid UTF-8.

Declared repertoires are believed first. Where none is declared and the bytes are not ASCII, the
fallback of the sending peer decides (many Chinese modalities write GB18030 and say nothing).
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from pydicom.charset import decode_bytes, python_encoding

Decode = Callable[[bytes], str]

_ESCAPE = 0x1B
_DELIMITERS = {ord(c) for c in "\r\n\t\f\\^="}
"""Characters at which an escape sequence ends. Source: PS3.5 6.1.2.5.3."""
_DEFAULT_TERMS = frozenset({"", "ISO_IR 6", "ISO 2022 IR 6"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""C0, DEL and C1. Source: PS3.5 6.1.3."""
_MISSPELT = re.compile(r"^ISO[ _-]?(2022 )?IR[ _-]?(?=\d)")


def _python_encoding(term: str) -> str | None:
    """Return Python's name for a defined term of (0008,0005), misspellings forgiven; None if unknown."""
    known = python_encoding.get(term)
    if known is None:
        known = python_encoding.get(_MISSPELT.sub(lambda m: "ISO 2022 IR " if m[1] else "ISO_IR ", term))
    return known


def _first_that_fits(raw: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _without_nul(text: str) -> str:
    return text.replace("\0", "") if "\0" in text else text


def printable(text: str) -> str:
    """Return a text that every table and log can hold: each control character becomes a space, the ends go.

    What cannot be written as UTF-8 becomes a question mark.
    """
    return _CONTROL.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).strip()


@lru_cache(maxsize=256)
def text_decoder(terms: tuple[str, ...], fallback_charset: str | None) -> Decode:
    """Return the function that turns a text value's bytes into a string.

    Parameters
    ----------
    terms
        Values of (0008,0005), empty if it is absent.
    fallback_charset
        A DICOM defined term or a Python encoding, used if no repertoire beyond ASCII is declared
        and a value is not ASCII; then UTF-8 is tried, then Latin-1, which never fails.

    Source
    ------
    PS3.3 C.12.1.1.2, PS3.5 6.1.2.
    """
    declared = [e for t in terms if t not in _DEFAULT_TERMS and (e := _python_encoding(t)) is not None]
    fallback = [_python_encoding(fallback_charset) or fallback_charset] if fallback_charset else []
    order = (*declared[:1], *(() if declared else fallback), "utf-8", *fallback)
    initial = "iso8859" if not declared or terms[0] in _DEFAULT_TERMS else declared[0]
    escaped = [initial, *declared]

    def decode(raw: bytes) -> str:
        if _ESCAPE in raw and declared:
            return _without_nul(decode_bytes(raw, escaped, _DELIMITERS))
        if raw.isascii():
            return _without_nul(raw.decode("ascii"))
        return _without_nul(_first_that_fits(raw, order))

    return decode
