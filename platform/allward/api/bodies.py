"""How much a request may send to Django, which writes every body to a file before anybody asks whose it is.

Whoever sends more is told so while it sends; whoever sends a package shows first who he is.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from django.db import InterfaceError, OperationalError

from allward.api.errors import DATABASE_AWAY
from allward.api.raw import Receive, Send, admitted, refuse
from allward.kernel.texts import Text
from allward_sdk.package import MAX_PACKAGE_BYTES

PACKAGES = ("/api/v1/plugins/import/", "/api/v1/publishing/submissions/")
"""The addresses that take a package as their body."""

MOST_BYTES = 32 << 20
"""Of any other body; the longest is a table of acceptance cases, or the same as JSON."""

_TOO_LARGE = Text("The request is larger than this address takes.", "请求内容超过该地址允许的大小。")
_BODY = frozenset({"POST", "PUT", "PATCH"})

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class _TooLargeError(Exception):
    """The body is larger than the address takes. Told to the caller as 413."""


def most_bytes(path: str) -> int:
    """Return the size of the largest body that an address takes."""
    return MAX_PACKAGE_BYTES if path in PACKAGES else MOST_BYTES


async def bounded(application: Application, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Hand a request on, unless it sends more than its address takes, or a package from nobody known."""
    most = most_bytes(scope["path"])
    if _declared(scope) > most:
        await refuse(send, 413, "too_large", _TOO_LARGE)
    elif await _may_send(scope, send):
        try:
            await application(scope, _counting(receive, most), send)
        except _TooLargeError:  # Django reads the whole body before it answers: nothing was sent yet
            await refuse(send, 413, "too_large", _TOO_LARGE)


def _declared(scope: dict[str, Any]) -> int:
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


async def _may_send(scope: dict[str, Any], send: Send) -> bool:
    if scope["path"] not in PACKAGES or scope["method"] not in _BODY:
        return True
    try:
        return await admitted(scope, send) is not None
    except (OperationalError, InterfaceError):
        await refuse(send, 503, "unavailable", DATABASE_AWAY)
        return False


def _counting(receive: Receive, most: int) -> Receive:
    size = 0

    async def receive_some() -> dict[str, Any]:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise _TooLargeError
        return message

    return receive_some
