"""What lies in a storage stays as it is, whatever becomes of the file that it came from."""

import hashlib
from pathlib import Path

import pytest

from allward.storage.folder import FolderStorage


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_copy_stays_as_it_is_when_its_source_is_written_again(tmp_path: Path) -> None:
    source, storage = tmp_path / "a.allward", FolderStorage(tmp_path / "storage")
    source.write_bytes(b"signed")
    storage.copy("packages/a", source, sha256=digest(b"signed"))
    with source.open("r+b") as file:
        file.write(b"forged")
    assert storage.read("packages/a") == b"signed"


def test_a_file_that_changed_since_it_was_looked_at_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source, storage = tmp_path / "a.allward", FolderStorage(tmp_path / "storage")
    source.write_bytes(b"forged")
    with pytest.raises(ValueError, match=r"a\.allward: its bytes changed"):
        storage.copy("packages/a", source, sha256=digest(b"signed"))
    assert list((tmp_path / "storage" / "packages").iterdir()) == []


def test_what_lies_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    source, storage = tmp_path / "a.allward", FolderStorage(tmp_path / "storage")
    source.write_bytes(b"signed")
    storage.copy("a", source, sha256=digest(b"signed"))
    before = storage.path("a").stat().st_mtime_ns
    storage.copy("a", source, sha256=digest(b"signed"))
    assert storage.path("a").stat().st_mtime_ns == before
