"""A RIS on the other side: an MLLP listener made of python-hl7's own stream code, and a small FHIR server."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hl7
from hl7.mllp import start_hl7_server
from tests.flow.reporting.desk import Desk

from allward.reporting import actions
from allward.reporting.models import RisConnection
from allward.tenancy.scope import within

Answer = Callable[[hl7.Message], str | None]


@dataclass
class Ris:
    """What a listener got, and what it says next."""

    port: int = 0
    received: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Codes of the next acknowledgements; `-` hangs up without one, `?` acknowledges another message."""

    @property
    def control_ids(self) -> list[str]:
        return [str(hl7.parse(each).segment("MSH")(10)) for each in self.received]


async def _serve(ris: Ris, ready: threading.Event, stop: asyncio.Event) -> None:
    async def handle(reader, writer) -> None:
        while not writer.is_closing():
            try:
                message = await reader.readmessage()
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            ris.received.append(str(message))
            code = ris.answers.pop(0) if ris.answers else "AA"
            if code == "-":
                break
            acknowledgement = message.create_ack(code if code != "?" else "AA", application="RIS")
            if code == "?":
                acknowledgement.segment("MSA")[2] = "SOMETHING-ELSE"
            writer.writemessage(acknowledgement)
            await writer.drain()
        writer.close()

    server = await start_hl7_server(handle, host="127.0.0.1", port=0, encoding="utf-8")
    ris.port = server.sockets[0].getsockname()[1]
    ready.set()
    async with server:
        await stop.wait()


@contextmanager
def listening() -> Iterator[Ris]:
    """Run an MLLP listener on a port of its own."""
    ris, ready, loop = Ris(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(ris, ready, stop)))
    thread.start()
    assert ready.wait(30)
    try:
        yield ris
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


@dataclass
class FhirServer:
    """What a server got by PUT in transactions, by its address."""

    url: str = ""
    resources: dict[str, Any] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; 200 after them."""
    tokens: list[str] = field(default_factory=list)
    posts: int = 0


@contextmanager
def fhir_server() -> Iterator[FhirServer]:
    """Run a server that takes transactions of PUTs."""
    state = FhirServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.posts += 1
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.tokens.append(self.headers.get("Authorization", ""))
            status = state.statuses.pop(0) if state.statuses else 200
            if status == 200:
                for entry in body["entry"]:
                    assert entry["request"]["method"] == "PUT"
                    state.resources[entry["request"]["url"]] = entry["resource"]
            said = b'{"resourceType": "OperationOutcome"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/R4"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def connect(desk: Desk, ris: Ris, **settings: object) -> RisConnection:
    wanted = actions.ConnectionSettings(
        name="RIS", kind="hl7_mllp", host="127.0.0.1", port=ris.port, sending_facility="HOSP",
        receiving_application="RIS", **settings,
    )  # fmt: skip
    with within(desk.wang):
        return actions.add_connection(wanted)


def switch(desk: Desk, connection: RisConnection, ris: Ris, *, enabled: bool) -> None:
    wanted = actions.ConnectionSettings(
        name="RIS", kind="hl7_mllp", host="127.0.0.1", port=ris.port, sending_facility="HOSP",
        receiving_application="RIS", enabled=enabled,
    )  # fmt: skip
    with within(desk.wang):
        actions.change_connection(connection.pk, wanted)


def states(desk: Desk) -> list[tuple[str, str]]:
    return [(each.status, each.state) for each in desk.messages()]
