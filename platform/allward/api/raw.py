"""The raw branch: DICOMweb goes past Django's request machinery, but not past its authentication and scope.

Plain Django halves the speed at which bulk bytes can be served; here a request costs one look at its
credentials and then the archive's own handler.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from django.db import InterfaceError, OperationalError

from allward.api.asking import who_asks
from allward.api.errors import (
    DATABASE_AWAY,
    LOCKED,
    NO_CREDENTIALS,
    NOT_ALLOWED,
    NOT_FOUND,
    WRONG_CREDENTIALS,
)
from allward.archive.request import Request
from allward.archive.routes import READING, RouteTable, storing
from allward.identity.sign_in import AccountLockedError, Caller, SignInRefusedError
from allward.ingest.stow import stow
from allward.kernel.texts import Text

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PREFIX = "/dicom-web/"

ROUTES = RouteTable((*READING, *storing(stow)))
"""Every address of DICOMweb; the tenant test walks this table and that of the REST face."""

_FOREIGN_PAGE = Text("This request came from another site.", "该请求来自其他站点。")


async def raw_branch(scope: dict[str, Any], receive: Receive, send: Send) -> bool:
    """Answer a DICOMweb request; False if the path is not DICOMweb's."""
    if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
        return False
    begun = False

    async def send_on(message: dict[str, Any]) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await _serve(scope, receive, send_on)
    except (OperationalError, InterfaceError) as error:
        if begun:
            raise
        log.warning("%s waits for the database: %s", scope["path"], error)
        await refuse(send, 503, "unavailable", DATABASE_AWAY)
    return True


async def _serve(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    caller = await admitted(scope, send)
    if caller is not None:
        await _answer(scope, receive, send, caller)


async def admitted(scope: dict[str, Any], send: Send) -> Caller | None:
    """Return whose credentials a request shows; None: it was answered that they are missing or wrong."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        _, caller = await who_asks(headers)
    except AccountLockedError:
        await refuse(send, 423, "locked", LOCKED)
        return None
    except SignInRefusedError:
        await refuse(send, 401, "authentication_failed", WRONG_CREDENTIALS)
        return None
    if caller is None:
        await refuse(send, 401, "not_authenticated", NO_CREDENTIALS)
    return caller


async def _answer(scope: dict[str, Any], receive: Receive, send: Send, caller: Caller) -> None:
    found = ROUTES.match(scope["method"], scope["path"])
    if found is None:
        await refuse(send, 404, "not_found", NOT_FOUND)
        return
    route, params = found
    if route.permission not in caller.scope.permissions:
        await refuse(send, 403, "permission_denied", NOT_ALLOWED)
        return
    if scope["method"] not in ("GET", "HEAD") and _is_foreign(scope):
        await refuse(send, 403, "csrf", _FOREIGN_PAGE)
        return
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    await route.handler(
        Request(
            scope=scope, receive=receive, send=send, tenant_scope=caller.scope, params=params, query=query
        )
    )


def _is_foreign(scope: dict[str, Any]) -> bool:
    """Tell whether a session's unsafe request may have been made by a page of another origin.

    Browsers say where a request comes from by one of two headers; with neither it is not believed.
    """
    headers = dict(scope["headers"])
    if b"authorization" in headers:
        return False
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin", b"")
    return not origin or origin.partition(b"://")[2] != headers.get(b"host", b"")


async def refuse(send: Send, status: int, code: str, text: Text) -> None:
    """Answer with a sentence in both languages."""
    body = json.dumps({"code": code, "detail": text.to_json()}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="Allward"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
