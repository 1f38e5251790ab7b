"""One Bundle to one FHIR server. Network only; redirects are not followed, a token goes where a person said.

Source
------
FHIR R4 3.1.0.11 (transaction), 3.1.0.1.5 (HTTP status codes); RFC 6750 (bearer token).
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from allward.reporting.mllp import CONNECT_S, NotTakenError, RefusedMessageError
from allward_sdk.local_addresses import connect

ANSWER_S = 30.0
"""Limit from the connection to the whole answer, in seconds, however often the server says something."""
_TYPE = "application/fhir+json"
_MOST_SAID = 2000


@dataclass(frozen=True, slots=True)
class Server:
    """Where a FHIR server is, and by which token we are known."""

    base_url: str
    token: str = ""
    may_be_local: bool = False
    """Whether it may lie at a loopback or link-local address."""

    def __str__(self) -> str:
        return self.base_url


def send_bundle(server: Server, bundle: str, *, answer_s: float = ANSWER_S) -> None:
    """Ask the server to take a transaction.

    Raises
    ------
    NotTakenError
        If it cannot be reached, is busy, or fails.
    RefusedMessageError
        If it says that the resources are wrong, or that we may not.
    BadInputError
        If it lies at this machine's own or a link-local address, and may not.
    """
    line = _called(server)
    with closing(line), _cut_after(line, answer_s):
        _ask(_secured(server, line, answer_s), server, bundle)


def _ask(connection: http.client.HTTPConnection, server: Server, bundle: str) -> None:
    headers = {"Content-Type": f"{_TYPE}; charset=utf-8", "Accept": _TYPE}
    if server.token:
        headers["Authorization"] = f"Bearer {server.token}"
    try:
        connection.request("POST", urlsplit(server.base_url).path or "/", bundle.encode("utf-8"), headers)
        answer = connection.getresponse()
        said = answer.read(_MOST_SAID).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NotTakenError(f"{server} did not answer: {error}", may_be_held=True) from error
    finally:
        connection.close()
    _judge(server, answer.status, said)


def _judge(server: Server, status: int, said: str) -> None:
    if 200 <= status < 300:
        return
    told = f"{server} answers {status}: {' '.join(said.split())[:400]}"
    if status in (408, 409, 412, 423, 425, 429) or status >= 500:
        raise NotTakenError(told, may_be_held=status >= 500)
    raise RefusedMessageError(told)


def _called(server: Server) -> socket.socket:
    parts, port = urlsplit(server.base_url), _port(server)
    try:
        return connect(parts.hostname or "", port, timeout_s=CONNECT_S, may_be_local=server.may_be_local)
    except OSError as error:
        raise NotTakenError(f"{server} cannot be reached: {error}", may_be_held=False) from error


def _port(server: Server) -> int:
    parts = urlsplit(server.base_url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _secured(server: Server, line: socket.socket, answer_s: float) -> http.client.HTTPConnection:
    """Return a connection over a line, under TLS where the address says so."""
    parts = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", _port(server))
    connection.auto_open = 0  # it would look the name up again
    line.settimeout(answer_s)
    connection.sock = line
    if parts.scheme == "https":
        connection.default_port = 443  # of the Host header
        try:
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(line, server_hostname=parts.hostname)
        except OSError as error:
            raise NotTakenError(f"{server} cannot be reached: {error}", may_be_held=False) from error
    return connection


@contextmanager
def _cut_after(line: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a line that takes longer as a whole; whoever waits for it goes on."""
    with line.dup() as same:  # TLS takes the line itself over

        def cut() -> None:
            with suppress(OSError):  # it is gone already
                same.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
