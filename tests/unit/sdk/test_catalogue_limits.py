"""A server that somebody else named holds a reader neither long nor with much, and leads it nowhere else."""

import threading
import time
from dataclasses import replace

import pytest
from tests.unit.sdk.small_catalogue import PLUGIN, Quiet, make_scene, served
from tests.unit.sdk.two_faced import NAME, OUTSIDE, TwoFaced

from allward_sdk.catalogue import client, durable
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.fetching import fetcher_of
from allward_sdk.errors import BusyError, CatalogueError, TemporaryError
from allward_sdk.package import MAX_PACKAGE_BYTES


@pytest.fixture
def scene(tmp_path):
    return make_scene(tmp_path)


class Dripping(Quiet):
    """Sends a byte now and then, so that it is never silent."""

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True


def test_a_server_that_drips_is_given_up(scene, monkeypatch):
    monkeypatch.setattr(client, "READ_S", 0.5)
    with served(scene.repository.folder, Dripping) as address:
        scene.source = address
        with pytest.raises(TemporaryError, match="takes too long"):
            scene.open()


def test_a_server_that_asks_for_hours_of_patience_is_not_waited_for(scene):
    class Patient(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
            self.send_response(503)
            self.send_header("Retry-After", "3600")
            self.end_headers()

    done = threading.Event()

    def read() -> None:
        with pytest.raises(TemporaryError, match="HTTP 503"):
            scene.open()
        done.set()

    with served(scene.repository.folder, Patient) as address:
        scene.source = address
        threading.Thread(target=read, daemon=True).start()
        assert done.wait(60)


def test_a_redirect_is_not_followed(scene):
    asked = []

    class Inside(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
            asked.append(self.path)
            super().do_GET()

    with served(scene.repository.folder, Inside) as inside:

        class Leading(Quiet):
            def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
                self.send_response(302)
                self.send_header("Location", f"{inside}{self.path}")
                self.end_headers()

        with served(scene.repository.folder, Leading) as address:
            scene.source = address
            with pytest.raises(TemporaryError, match="leads to another address"):
                scene.open()
    assert asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_this_machine_is_asked_only_where_the_operator_allows_it(scene, host):
    asked = []

    class Inside(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
            asked.append(self.path)
            super().do_GET()

    with served(scene.repository.folder, Inside) as address:
        source = address.replace("127.0.0.1", host)
        with pytest.raises(TemporaryError, match="ALLWARD_LOCAL_ADDRESSES"):
            Catalogue.open(fetcher_of(source, local=False), scene.root, scene.cache)
        assert asked == []
        assert Catalogue.open(fetcher_of(address), scene.root, scene.cache).entries()


def test_a_name_that_means_this_machine_the_second_time_is_called_where_it_was_looked_at(scene, monkeypatch):
    heard = []

    class Outside(Quiet):
        def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
            heard.append(self.headers["Host"])
            super().do_GET()

    resolver = TwoFaced()
    with served(scene.repository.folder, Outside) as address, monkeypatch.context() as during:
        resolver.stand_in(during)
        source = address.replace("127.0.0.1", NAME)
        with pytest.raises(TemporaryError, match="ALLWARD_LOCAL_ADDRESSES"):
            Catalogue.open(fetcher_of(source, local=False), scene.root, scene.cache)
    assert (resolver.asked, resolver.called) == (2, [OUTSIDE])  # the second file found another meaning
    assert heard == [source.removeprefix("http://")]


def test_a_list_of_keys_without_measure_is_refused_before_it_is_fetched(scene, monkeypatch):
    monkeypatch.setattr(client, "MOST_PUBLISHERS_BYTES", 10)
    with pytest.raises(CatalogueError, match=r"publishers\.json is larger than"):
        scene.open()


def test_a_package_that_no_package_may_be_is_refused_before_it_is_fetched(scene):
    catalogue = scene.open()
    large = replace(catalogue.entry(PLUGIN, "1.1.0"), size_bytes=MAX_PACKAGE_BYTES + 1)
    with pytest.raises(CatalogueError, match="is larger than 8 GiB"):
        replace(catalogue, _entries=(large,)).fetch(large, scene.into)
    assert not list(scene.into.glob("*"))


def test_who_does_not_wait_is_told_that_another_reads(scene):
    with durable.alone(scene.cache), pytest.raises(BusyError, match="just now"):
        Catalogue.open(scene.source, scene.root, scene.cache, wait=False)
    assert Catalogue.open(scene.source, scene.root, scene.cache, wait=False).entries()
