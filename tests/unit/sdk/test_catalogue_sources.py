"""A catalogue behind an address and in a folder: the same is read, and what goes wrong on the way is told."""

import io
import os
import socket
import threading
import time
from http.server import SimpleHTTPRequestHandler

import pytest
from tests.running_platform import free_port
from tests.unit.sdk.small_catalogue import PLUGIN, Quiet, make_scene, publisher, served

from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.copying import copy_catalogue
from allward_sdk.errors import CatalogueError, TemporaryError


@pytest.fixture
def scene(tmp_path):
    return make_scene(tmp_path)


def test_a_folder_and_a_web_server_tell_and_give_the_same(scene, tmp_path):
    read = []
    with served(scene.repository.folder) as address:
        for number, source in enumerate((scene.repository.folder, address, f"{address}/")):
            catalogue = Catalogue.open(source, scene.root, tmp_path / f"cache{number}")
            bytes_read = [
                catalogue.fetch(entry, tmp_path / f"into{number}").read_bytes()
                for entry in catalogue.entries()
            ]
            told = (catalogue.entries(), catalogue.publishers(), catalogue.expires, catalogue.fingerprint)
            read.append((told, bytes_read))
    assert read[0] == read[1] == read[2]


def test_what_was_seen_from_one_source_cannot_be_undone_by_another(scene):
    with served(scene.repository.folder) as address:
        Catalogue.open(address, scene.root, scene.cache)
    with pytest.raises(CatalogueError, match=r"earlier: metadata/timestamp\.json .* rolled back"):
        Catalogue.open(scene.earlier, scene.root, scene.cache)


def test_a_package_that_is_there_already_is_not_brought_again(scene):
    path = scene.take()
    scene.target().unlink()
    assert scene.take() == path
    path.write_bytes(b"changed")
    with pytest.raises(CatalogueError, match="is missing"):
        scene.take()


class Endless(Quiet):
    """Sends what it is asked for and then more, without an end."""

    ending = "timestamp.json"

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        if not self.path.endswith(self.ending):
            super().do_GET()
            return
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b" " * (1 << 16))

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


class EndlessPackage(Endless):
    ending = ".allward"


@pytest.mark.parametrize("handler", [Endless, EndlessPackage])
def test_data_without_an_end_is_cut_off_at_the_signed_length(scene, handler):
    with served(scene.repository.folder, handler) as address:
        scene.source = address
        began = time.monotonic()
        with pytest.raises(CatalogueError, match="is longer than the catalogue allows"):
            scene.take()
        assert time.monotonic() - began < 20
    assert not list(scene.into.glob("*"))


class Refusing(Quiet):
    """Answers as a server that is overloaded."""

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        self.send_error(503)


class Breaking(Quiet):
    """Promises a package and breaks off in the middle of it."""

    def copyfile(self, source: io.BufferedReader, outputfile: io.BufferedWriter) -> None:  # type: ignore[override]  # narrower, as it is called
        content = source.read()
        outputfile.write(content[: len(content) // 2] if self.path.endswith(".allward") else content)


@pytest.mark.parametrize(
    ("handler", "words"),
    [(Refusing, r"metadata/2\.root\.json was answered with HTTP 503"), (Breaking, r"cannot be read")],
)
def test_a_server_that_fails_is_to_be_asked_again(scene, handler, words):
    with served(scene.repository.folder, handler) as address:
        scene.source = address
        with pytest.raises(TemporaryError, match=words):
            scene.take()
    assert not list(scene.into.glob("*"))


def test_a_server_that_is_away_is_to_be_asked_again(scene):
    scene.source = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TemporaryError, match=r"cannot be read \(.*refused.*\)"):
        scene.open()


def test_a_web_page_in_the_place_of_a_catalogue_is_damaged(scene, tmp_path):
    class Pages(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Sign in</title>")

        def log_message(self, *_: object) -> None:
            pass

    with served(tmp_path, Pages) as address:
        scene.source = address
        with pytest.raises(CatalogueError, match=r"metadata/2\.root\.json is damaged"):
            scene.open()


def test_a_folder_without_a_catalogue_says_what_is_missing(scene, tmp_path):
    scene.source = tmp_path / "nothing"
    with pytest.raises(TemporaryError, match=r"nothing: .* cannot be read \(there is no such folder\)"):
        scene.open()
    scene.source.mkdir()
    with pytest.raises(CatalogueError, match=r"nothing: metadata/timestamp\.json is missing"):
        scene.open()


def test_a_pipe_in_the_place_of_a_file_stops_nobody(scene):
    scene.file("timestamp").unlink()
    os.mkfifo(scene.file("timestamp"))
    done = threading.Event()

    def read() -> None:
        with pytest.raises(TemporaryError, match="not a file"):
            scene.open()
        done.set()

    threading.Thread(target=read, daemon=True).start()
    assert done.wait(10)


def test_a_copy_is_the_same_catalogue_without_what_was_withdrawn(scene, tmp_path):
    scene.repository.yank(PLUGIN, "1.0.0", "why")
    with served(scene.repository.folder) as address:
        assert copy_catalogue(address, tmp_path / "stick", scene.root).packages == 1
    there = Catalogue.open(tmp_path / "stick", scene.root, scene.cache)
    assert there.entries() == scene.repository.entries()
    fetched = there.fetch(there.entry(PLUGIN, "1.1.0"), scene.into)
    assert fetched.read_bytes() == publisher().package("1.1.0").read_bytes()
    assert [path.name for path in (tmp_path / "stick").rglob("*1.0.0.allward")] == []


def test_a_copy_grows_by_what_is_new_and_never_goes_back(scene, tmp_path):
    stick = tmp_path / "stick"
    copy_catalogue(scene.earlier, stick)
    old = next(stick.glob(f"targets/{PLUGIN}/1.0.0/*.allward"))
    inode = old.stat().st_ino
    assert copy_catalogue(scene.repository.folder, stick).packages == 2
    assert old.stat().st_ino == inode
    with pytest.raises(CatalogueError, match="a newer state of the catalogue is here already"):
        copy_catalogue(scene.earlier, stick)
    scene.repository.rotate("timestamp")
    scene.repository.refresh()
    copy_catalogue(scene.repository.folder, stick)
    assert len(Catalogue.open(stick, scene.root, scene.cache).entries()) == 2


def test_what_cannot_be_believed_is_not_copied(scene, tmp_path):
    other = make_scene(tmp_path / "other")
    with pytest.raises(CatalogueError, match="is not signed by a key of this catalogue"):
        copy_catalogue(scene.repository.folder, tmp_path / "stick", other.root)
    scene.target().write_bytes(b"changed")
    with pytest.raises(CatalogueError, match=r"bright-1\.1\.0\.allward is not the file"):
        copy_catalogue(scene.repository.folder, tmp_path / "stick")
    assert not (tmp_path / "stick" / "metadata").exists(), "nobody can read what is not whole"


def test_a_server_that_is_silent_does_not_hold_a_reader_for_ever(scene, monkeypatch):
    monkeypatch.setattr("allward_sdk.catalogue.fetching.SILENCE_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        scene.source = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(TemporaryError, match="cannot be read"):
            scene.open()
        assert time.monotonic() - began < 30
