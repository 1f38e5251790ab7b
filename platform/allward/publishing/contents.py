"""What people read of a submitted package, taken from where it lies."""

import zipfile
from dataclasses import dataclass

from allward.publishing.models import Submission
from allward.publishing.states import DISCARDED
from allward.storage.place import storage
from allward_sdk.package import MAX_CASE_BYTES, MAX_TEXT_BYTES, is_case

_TEXTS = ("MODEL_CARD.md", "LICENSE", "sbom.json")
_MOST_CASES = 50
_MOST_CASES_BYTES = 1 << 20
"""Of all cases together; what is beyond is not shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a package."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PackageContents:
    """What people read of a package."""

    model_card: str
    licence: str
    sbom: str
    cases: dict[str, str]
    """Path -> text, of the files that describe acceptance cases."""
    entries: tuple[Entry, ...]


GONE = PackageContents("", "", "", {}, ())
"""Of a package that was refused or declined: its bytes are not kept."""


def contents_of(row: Submission) -> PackageContents:
    """Read the texts of a package whose signature was found right, and of each no more than is allowed."""
    if row.state in DISCARDED:
        return GONE
    with storage().open(row.storage_key) as file, zipfile.ZipFile(file) as archive:
        return read_contents(archive)


def read_contents(archive: zipfile.ZipFile) -> PackageContents:
    """Read the texts that people see; what an entry has beyond its limit is left out."""
    entries = tuple(Entry(info.filename, info.file_size) for info in archive.infolist())
    card, licence, sbom = (_text(archive, name, MAX_TEXT_BYTES) for name in _TEXTS)
    cases, left = {}, _MOST_CASES_BYTES
    for name in [entry.name for entry in entries if is_case(entry.name)][:_MOST_CASES]:
        cases[name] = _text(archive, name, min(left, MAX_CASE_BYTES))
        left -= len(cases[name].encode())
        if left <= 0:
            break
    return PackageContents(card, licence, sbom, cases, entries)


def _text(archive: zipfile.ZipFile, name: str, most_bytes: int) -> str:
    with archive.open(name) as file:
        return file.read(most_bytes).decode("utf-8", "ignore")
