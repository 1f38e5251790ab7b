"""One Bundle to one FHIR server. Network only; redirects are not followed, a token goes where a person said.

Source
------
FHIR R4 3.1.0.11 (transaction), 3.1.0.1.5 (HTTP status codes); RFC 6750 (bearer token).
"""

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from allward.reporting.mllp import CONNECT_S, NotTakenError, RefusedMessageError
from allward_sdk.errors import BadInputError
from allward_sdk.local_addresses import check_not_local, refuse_local

ANSWER_S = 30.0
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


def send_bundle(server: Server, bundle: str) -> None:
    """Ask the server to take a transaction.

    Raises
    ------
    NotTakenError
        If it cannot be reached, is busy, or fails.
    RefusedMessageError
        If it says that the resources are wrong, that we may not, or that its address is no server's.
    """
    connection = _connected(server)
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


def _connected(server: Server) -> http.client.HTTPConnection:
    parts = urlsplit(server.base_url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    connection = (
        http.client.HTTPSConnection(host, port, timeout=CONNECT_S, context=ssl.create_default_context())
        if is_safe
        else http.client.HTTPConnection(host, port, timeout=CONNECT_S)
    )
    try:
        if not server.may_be_local:
            check_not_local(host, port)
        connection.connect()
        if not server.may_be_local:
            refuse_local(str(connection.sock.getpeername()[0]), host=host)
    except BadInputError as error:
        connection.close()
        raise RefusedMessageError(str(error)) from error
    except OSError as error:
        connection.close()
        raise NotTakenError(f"{server} cannot be reached: {error}", may_be_held=False) from error
    connection.sock.settimeout(ANSWER_S)
    return connection
