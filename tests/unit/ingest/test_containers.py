"""Folders and archives: every file is seen, no name is trusted, and nothing grows without end."""

import io
import tarfile
import zipfile
from typing import Any

import pytest

from allward.ingest.containers import Bounds, members


def _contents(path, bounds=None):
    found: dict[str, Any] = {}
    for member in members(path, bounds):
        if member.refusal:
            found[member.name] = member.refusal
        else:
            with member.open() as stream:
                found[member.name] = stream.read()
    return found


def _zip(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_folder_is_walked_in_order_with_the_archives_in_it(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2").write_bytes(b"two")
    (tmp_path / "1").write_bytes(b"one")
    _zip(tmp_path / "c.zip", {"x/3": b"three"})
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert _contents(tmp_path) == {"1": b"one", "c.zip/x/3": b"three", "b/2": b"two"}


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.xz", "tgz"])
def test_members_of_a_tar_are_streams_whatever_they_are_called(tmp_path, ending):
    path = tmp_path / f"images.{ending}"
    modes: dict[str, Any] = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz", "tgz": "w:gz"}
    with tarfile.open(path, modes[ending]) as archive:
        for name in ("../../evil", "/etc/evil", "fine"):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"data"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert list(_contents(path).values()) == [b"data"] * 3
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]


def test_a_zip_bomb_is_read_no_further(tmp_path):
    path = _zip(tmp_path / "bomb.zip", {"a": b"small", "bomb": bytes(20_000_000)})
    found = _contents(path, Bounds(free_bytes=1000, ratio=10))
    assert found["bomb.zip/a"] == b"small"
    assert "beyond all measure" in found["bomb.zip/bomb"]


def test_a_tar_bomb_is_read_no_further(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("bomb")
        info.size = 20_000_000
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    assert "beyond all measure" in _contents(path, Bounds(free_bytes=1000, ratio=10))["bomb.tar.gz/bomb"]


def test_too_many_members_are_read_no_further(tmp_path):
    path = _zip(tmp_path / "many.zip", {str(n): b"x" for n in range(10)})
    found = _contents(path, Bounds(members=3))
    assert len(found) == 4
    assert "beyond all measure" in found["many.zip/3"]


@pytest.mark.parametrize("name", ["broken.zip", "broken.tar", "broken.tar.gz", "broken.tar.xz"])
def test_a_damaged_archive_is_one_refused_member(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 this is no archive" * 10)
    (refusal,) = _contents(path).values()
    assert "damaged" in refusal


def test_an_archive_that_is_cut_off_gives_what_is_whole(tmp_path):
    path = tmp_path / "cut.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("one", "two"):
            info = tarfile.TarInfo(name)
            info.size = 1000
            archive.addfile(info, io.BytesIO(name.encode() * 333 + b"!"))
    path.write_bytes(path.read_bytes()[:1700])
    assert _contents(path)["cut.tar/one"].startswith(b"oneone")


def test_nothing_at_the_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(members(tmp_path / "nothing"))
