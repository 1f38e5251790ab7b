"""A request sends no more than its address takes."""

import asyncio

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.urls import get_resolver

from allward.api import bodies
from allward.api.packages import PackageParser

PIECE = bytes(1 << 20)


async def read_all(scope, receive, send):
    file = await ASGIHandler.read_body(None, receive)
    file.close()
    await send({"type": "http.response.start", "status": 200, "headers": []})


def answered(path, pieces, *, method="POST", headers=()):
    """Return the status that a body of that many MiB gets, and how many of them were read."""
    sent, read = [], []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": PIECE, "more_body": len(read) < pieces}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": list(headers)}
    asyncio.run(bodies.bounded(read_all, scope, receive, send))
    return sent[0]["status"], len(read)


def test_a_body_that_is_too_long_is_refused_while_it_is_sent():
    most = bodies.MOST_BYTES >> 20
    assert answered("/api/v1/session/", most) == (200, most)
    assert answered("/api/v1/session/", 10_000) == (413, most + 1)


def test_a_body_that_says_that_it_is_too_long_is_not_read():
    told = [(b"content-length", str(bodies.MOST_BYTES + 1).encode())]
    assert answered("/api/v1/session/", 10_000, headers=told) == (413, 0)
    told = [(b"content-length", str((8 << 30) + 1).encode())]
    assert answered(bodies.PACKAGES[0], 10_000, headers=told) == (413, 0)


@pytest.mark.parametrize("path", bodies.PACKAGES)
def test_a_package_of_nobody_is_not_read(path):
    assert answered(path, 10_000) == (401, 0)


def test_every_address_that_takes_a_package_is_in_the_table():
    api = next(one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/")
    taking = {
        f"/api/v1/{one.pattern}"
        for one in api.url_patterns
        if PackageParser in getattr(getattr(one.callback, "view_class", None), "parser_classes", ())
    }
    assert taking == set(bodies.PACKAGES)
