"""What people read of a submitted package, taken from where it lies."""

import zipfile
from dataclasses import dataclass

from allward.publishing.models import Submission
from allward.storage.place import storage
from allward_sdk.check.contents import CASE_FILE

_TEXTS = ("MODEL_CARD.md", "LICENSE", "sbom.json")
_MOST_CASES = 50


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


def contents_of(row: Submission) -> PackageContents:
    """Read a package whose signature was found right: its texts are there and bounded (`MAX_TEXT_BYTES`)."""
    with storage().open(row.storage_key) as file, zipfile.ZipFile(file) as archive:
        entries = tuple(Entry(info.filename, info.file_size) for info in archive.infolist())
        card, licence, sbom = (_text(archive, name) for name in _TEXTS)
        named = [e.name for e in entries if e.name.startswith("acceptance/") and e.name.endswith(CASE_FILE)]
        cases = {name: _text(archive, name) for name in named[:_MOST_CASES]}
    return PackageContents(card, licence, sbom, cases, entries)


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8", "replace")
