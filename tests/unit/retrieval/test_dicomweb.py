"""What a server that somebody named as a DICOMweb archive can be made to tell: nothing of its own words."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.unit.sdk.two_faced import NAME, OUTSIDE, TwoFaced

from allward.retrieval import dicomweb
from allward.retrieval.archive import ArchiveAwayError, ArchiveRefusedError
from allward.retrieval.dicomweb import Address, WebArchive


class Internal(BaseHTTPRequestHandler):
    """A service of this machine that is no archive; it tells a secret."""

    asked: list[str]
    hosts: list[str]
    answer = b""
    port: int

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.hosts.append(self.headers["Host"])
        self.wfile.write(self.answer)

    def log_message(self, *args: Any) -> None:
        """Keep the terminal quiet."""


@pytest.fixture
def internal() -> Iterator[type[Internal]]:
    kind: Any = type("One", (Internal,), {"asked": [], "hosts": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    kind.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


def archive(internal: Any, *, may_be_local: bool, host: str = "127.0.0.1") -> WebArchive:
    address = Address(f"http://{host}:{internal.port}/x", may_be_local=may_be_local)
    return WebArchive(address, receive=lambda _: pytest.fail("nothing is fetched"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_an_address_of_this_machine_is_not_asked_unless_the_operator_allows_it(internal, host):
    with pytest.raises(ArchiveRefusedError, match="ALLWARD_LOCAL_ADDRESSES"):
        archive(internal, may_be_local=False, host=host).test()
    assert internal.asked == []


def test_a_name_that_means_this_machine_the_second_time_is_called_where_it_was_looked_at(
    internal, monkeypatch
):
    resolver = TwoFaced()
    internal.answer = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with monkeypatch.context() as during:
        resolver.stand_in(during)
        archive(internal, may_be_local=False, host=NAME).test()
    assert (resolver.asked, resolver.called) == (1, [OUTSIDE])
    assert internal.hosts == [f"{NAME}:{internal.port}"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 500 password-7\r\nContent-Length: 10\r\n\r\npassword-7",
        b"HTTP/1.0 403 password-7\r\nContent-Length: 10\r\n\r\npassword-7",
        b"HTTP/1.0 400 password-7\r\nContent-Length: 10\r\n\r\npassword-7",
        b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\npassword-7",
        b"SSH-2.0-password-7\r\n",
    ],
)
def test_no_word_of_the_answer_is_told(internal, answer):
    internal.answer = answer
    with pytest.raises((ArchiveAwayError, ArchiveRefusedError)) as told:
        archive(internal, may_be_local=True).test()
    assert len(internal.asked) == 1
    assert "password-7" not in str(told.value)


class Dripping(Internal):
    """Says a little, for ever."""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/dicom+json\r\n\r\n[")
        while not self.over.is_set():
            try:
                self.wfile.write(b" ")
            except OSError:  # whoever asked has hung up
                self.over.set()
            self.over.wait(0.05)

    over = threading.Event()


@pytest.mark.timeout(60)
def test_an_archive_that_says_a_little_for_ever_is_hung_up_on(monkeypatch):
    monkeypatch.setattr(dicomweb, "ANSWER_S", 0.5)
    kind: Any = type("One", (Dripping,), {"asked": [], "hosts": [], "over": threading.Event()})
    server = HTTPServer(("127.0.0.1", 0), kind)
    kind.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(ArchiveAwayError):
            archive(kind, may_be_local=True).test()
        assert len(kind.asked) == 1
    finally:
        kind.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
