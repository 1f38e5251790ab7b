"""Values of data elements: from bytes to the `Value` list of the DICOM JSON model (PS3.18 Annex F).

Nothing here raises on bad content: numbers that are none stay text, and a number whose length is
wrong becomes UN with its bytes, so that one broken element never hides a whole object.
"""

import base64
import math
import struct
from collections.abc import Callable
from typing import Any

from allward_dicom.text import Decode

Value = list[Any]
JsonElement = dict[str, Any]
JsonDataset = dict[str, Any]

_MAX_SAFE_INTEGER = 2**53 - 1
"""Above it a JSON number is no longer exact in JavaScript. Source: ECMA-262 21.1.2.6."""
_MAX_IS_LENGTH = 16
_SPECIAL = {"nan": "NaN", "inf": "inf", "-inf": "-inf"}
"""Spelling of floats that JSON has no number for. Source: PS3.18 F.2.3."""
_PERSON_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def _ascii(raw: bytes) -> list[str]:
    return raw.decode("latin-1").replace("\0", "").split("\\")


def _plain(raw: bytes, _: Decode) -> Value:
    return [part.strip() or None for part in _ascii(raw)]


def _texts(raw: bytes, decode: Decode) -> Value:
    return [part.strip() or None for part in decode(raw).split("\\")]


def _long_text(raw: bytes, decode: Decode) -> Value:
    return [decode(raw).rstrip(" ") or None]


def _person_name(name: str) -> dict[str, str] | None:
    groups = {
        group: part
        for group, text in zip(_PERSON_NAME_GROUPS, name.split("="), strict=False)
        if (part := text.strip().rstrip("^"))
    }
    return groups or None


def _person_names(raw: bytes, decode: Decode) -> Value:
    return [_person_name(name) for name in decode(raw).split("\\")]


def _finite(number: float) -> float | str:
    return number if math.isfinite(number) else _SPECIAL[str(number)]


def _decimal(text: str) -> float | str | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return text if "_" in text or not math.isfinite(number) else number


def _integer(text: str) -> int | float | str | None:
    if not text:
        return None
    if len(text) > _MAX_IS_LENGTH or "_" in text:
        return text
    try:
        return int(text)
    except ValueError:
        number = _decimal(text)
        return int(number) if isinstance(number, float) and number.is_integer() else number


def _decimals(raw: bytes, _: Decode) -> Value:
    return [_decimal(part.strip()) for part in _ascii(raw)]


def _integers(raw: bytes, _: Decode) -> Value:
    return [_integer(part.strip()) for part in _ascii(raw)]


def _numbers(order: str, code: str, size: int) -> Callable[[bytes, Decode], Value]:
    def numbers(raw: bytes, _: Decode) -> Value:
        return list(struct.unpack(f"{order}{len(raw) // size}{code}", raw))

    return numbers


def _floats(order: str, code: str, size: int) -> Callable[[bytes, Decode], Value]:
    def floats(raw: bytes, _: Decode) -> Value:
        return [_finite(number) for number in struct.unpack(f"{order}{len(raw) // size}{code}", raw)]

    return floats


def _long_numbers(order: str, code: str) -> Callable[[bytes, Decode], Value]:
    def numbers(raw: bytes, _: Decode) -> Value:
        unpacked = struct.unpack(f"{order}{len(raw) // 8}{code}", raw)
        return [n if abs(n) <= _MAX_SAFE_INTEGER else str(n) for n in unpacked]

    return numbers


def _tags(order: str) -> Callable[[bytes, Decode], Value]:
    def tags(raw: bytes, _: Decode) -> Value:
        halves = struct.unpack(f"{order}{len(raw) // 2}H", raw)
        return [f"{g:04X}{e:04X}" for g, e in zip(halves[::2], halves[1::2], strict=False)]

    return tags


_TEXT: dict[str, Callable[[bytes, Decode], Value]] = {
    **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "TM", "UI"), _plain),
    **dict.fromkeys(("LO", "SH", "UC"), _texts),
    **dict.fromkeys(("LT", "ST", "UT", "UR"), _long_text),
    "PN": _person_names,
    "DS": _decimals,
    "IS": _integers,
}


def _for_order(order: str) -> dict[str, Callable[[bytes, Decode], Value]]:
    return {
        **_TEXT,
        "US": _numbers(order, "H", 2),
        "SS": _numbers(order, "h", 2),
        "UL": _numbers(order, "I", 4),
        "SL": _numbers(order, "i", 4),
        "UV": _long_numbers(order, "Q"),
        "SV": _long_numbers(order, "q"),
        "FL": _floats(order, "f", 4),
        "FD": _floats(order, "d", 8),
        "AT": _tags(order),
    }


DECODERS = {"<": _for_order("<"), ">": _for_order(">")}
"""Byte order -> VR -> decoder. VRs that are not here are bytes (OB, OW, UN, …)."""


def inline_binary(vr: str, raw: bytes) -> JsonElement:
    """Return an element that carries its bytes as Base64 (PS3.18 F.2.7)."""
    return {"vr": vr, "InlineBinary": base64.b64encode(raw).decode("ascii")}


def json_element(vr: str, raw: bytes, *, order: str, decode: Decode) -> JsonElement:
    """Return the DICOM JSON form of one value; empty values have no `Value` (PS3.18 F.2.5)."""
    if not raw:
        return {"vr": vr}
    decoder = DECODERS[order].get(vr)
    if decoder is None:
        return inline_binary(vr, raw)
    try:
        value = decoder(raw, decode)
    except struct.error:
        return inline_binary("UN", raw)
    if len(value) == 1 and value[0] is None:
        return {"vr": vr}
    return {"vr": vr, "Value": value}
