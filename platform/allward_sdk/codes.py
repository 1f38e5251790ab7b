"""Are the codes of a manifest real ones? Check digits by arithmetic, meanings by pydicom's dictionary."""

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal

from allward_sdk.manifest import Manifest
from allward_sdk.parts import Code

_VERHOEFF_PRODUCT = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_PERMUTATION = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)

_IN_DICTIONARY: tuple[Literal["SCT", "DCM"], ...] = ("SCT", "DCM")
"""Schemes that pydicom's dictionary knows."""
_LONGEST_MEANING = 64
"""Characters of a Code Meaning. Source: PS3.5 6.2, LO."""

_SCTID = re.compile(r"[1-9][0-9]{5,17}")

_ALSO_CALLED = {
    ("SCT", "123037004"): {"anatomical structure"},
    ("SCT", "49755003"): {"morphologically altered structure"},
}
"""Meanings that PS3.16 CID 7150 and its users give where the dictionary has another synonym."""


def has_right_check_digit(sctid: str) -> bool:
    """Tell whether a SNOMED CT identifier has 6 to 18 digits of which the last one fits.

    Source
    ------
    SNOMED CT Release File Specification 6.4 and its appendix on Verhoeff's dihedral check; J. Verhoeff,
    Error Detecting Decimal Codes, 1969.
    """
    if not _SCTID.fullmatch(sctid):
        return False
    check = 0
    for position, digit in enumerate(reversed(sctid)):
        permuted = int(_VERHOEFF_PERMUTATION[position % 8][int(digit)])
        check = int(_VERHOEFF_PRODUCT[check][permuted])
    return check == 0


def is_concept(sctid: str) -> bool:
    """Tell whether an identifier names a concept: its partition, before the check digit, is 00 or 10.

    Source
    ------
    SNOMED CT Release File Specification 6.4, partition identifier.
    """
    return sctid[-3:-1] in {"00", "10"}


def codes_of(manifest: Manifest) -> Iterator[tuple[str, Code]]:
    """Yield every code with its place in the manifest."""
    for label in manifest.labels:
        yield f"labels.{label.name}.category", label.category
        yield f"labels.{label.name}.type", label.type
    for measurement in manifest.measurements:
        yield f"measurements.{measurement.name}.concept", measurement.concept
        yield f"measurements.{measurement.name}.unit", measurement.unit


def known_meanings() -> dict[tuple[str, str], set[str]]:
    """Return (scheme, value) -> lower-case meanings of the SCT and DCM codes that PS3.16 uses.

    Raises
    ------
    ModuleNotFoundError
        If pydicom, whose dictionary this is, is not installed.
    """
    codes = importlib.import_module("pydicom.sr.codedict").codes
    meanings: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for scheme in _IN_DICTIONARY:
        for code in getattr(codes, scheme).concepts.values():
            meanings[scheme, code.value].add(_plain(code.meaning))
    for key, synonyms in _ALSO_CALLED.items():
        meanings[key] |= synonyms
    return dict(meanings)


def find_codes(words: Sequence[str]) -> list[Code]:
    """Return the SCT and DCM codes of PS3.16 in whose meaning every word occurs, the shortest meaning first.

    Raises
    ------
    ModuleNotFoundError
        If pydicom, whose dictionary this is, is not installed.
    """
    codes = importlib.import_module("pydicom.sr.codedict").codes
    wanted = [word.lower() for word in words]
    found = [
        Code(scheme=scheme, value=concept.value, meaning=concept.meaning)
        for scheme in _IN_DICTIONARY
        for concept in getattr(codes, scheme).concepts.values()
        if len(concept.meaning) <= _LONGEST_MEANING
        and all(word in concept.meaning.lower() for word in wanted)
    ]
    return sorted(found, key=lambda code: (len(code.meaning), code.meaning, code.value))


def _plain(meaning: str) -> str:
    """Drop SNOMED's semantic tag, "Liver structure (body structure)", and the case."""
    return re.sub(r"\s*\([^()]*\)$", "", meaning).strip().lower()


def means_something_else(code: Code, meanings: dict[tuple[str, str], set[str]]) -> bool | None:
    """Tell whether the dictionary knows the code under other meanings only; None if it does not know it."""
    known = meanings.get((code.scheme, code.value))
    return None if known is None else _plain(code.meaning) not in known
