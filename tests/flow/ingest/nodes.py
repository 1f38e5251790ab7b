"""Nodes for these tests: our receiver and our DICOMweb on free ports, dcmtk's tools as senders."""

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import uvicorn

from allward.archive.request import Request
from allward.archive.routes import route_table
from allward.identity.permissions import IMPORT, VIEW
from allward.ingest.dimse.association import Limits, Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.indexer import Indexer
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Spool
from allward.ingest.stow import stow
from allward.tenancy.scope import Scope


class Node:
    """A receiver of this test, with the rules that the database holds."""

    def __init__(
        self, spool: Spool, *, limits: Limits | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.spool = spool
        self.rules = KnownRules()
        self.rules.refresh()
        self.indexer = Indexer(spool, self.rules)
        provider = Provider(
            ae_title="ALLWARD",
            rules=self.rules,
            spool=spool,
            received=self.indexer.add,
            limits=limits or Limits(),
        )
        self.listener = Listener(provider, host="127.0.0.1", port=0, tls=tls)

    @property
    def port(self) -> int:
        return self.listener.port


@contextmanager
def running_node(
    spool: Spool, *, limits: Limits | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Node]:
    """Run a receiver; at the end it drains, and everything that it took is indexed."""
    node = Node(spool, limits=limits, tls=tls)
    node.indexer.start()
    node.listener.start()
    try:
        yield node
    finally:
        node.listener.stop(within_s=5)
        node.indexer.stop()


def storescu(
    port: int, *paths: Path, called: str = "ALLWARD", calling: str = "TEST", options: tuple[str, ...] = ()
):
    """Send by dcmtk; return what it printed and whether it was content."""
    done = subprocess.run(
        [
            "storescu",
            "-v",
            *options,
            "-aet",
            calling,
            "-aec",
            called,
            "+sd",
            "+r",
            "127.0.0.1",
            str(port),
            *paths,
        ],
        env={**os.environ, "TCP_NODELAY": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@contextmanager
def dicomweb(scope: Scope) -> Iterator[str]:
    """Serve DICOMweb to one fixed caller; give its base URL."""
    table = route_table(store=stow)
    caller = replace(scope, permissions=frozenset({VIEW, IMPORT}))

    async def application(asgi_scope, receive, send):
        if asgi_scope["type"] != "http":
            return
        found = table.match(asgi_scope["method"], asgi_scope["path"])
        if found is None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        query = parse_qs(asgi_scope["query_string"].decode(), keep_blank_values=True)
        await found.handler(Request(asgi_scope, receive, send, caller, found.params, query))

    server = uvicorn.Server(
        uvicorn.Config(application, port=free_port(), log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.config.port}/dicom-web"
    finally:
        server.should_exit = True
        thread.join(10)
