"""STOW-RS as a raw ASGI handler: parts stream into the spool and are indexed before the answer.

Source
------
PS3.18 10.5 (Store Transaction).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from allward.ingest.multipart import MalformedBodyError, MultipartParser, checked_boundary, media_type
from allward.ingest.stow_answer import answer_of
from allward.ingest.stow_intake import DICOM, Intake, StowRefusedError
from allward.kernel.texts import Text
from allward.tenancy.scope import Scope

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_FEED_BYTES = 1 << 20
_JSON = "application/dicom+json"


async def stow(
    scope: Mapping[str, Any],
    receive: Receive,
    send: Send,
    *,
    tenant_scope: Scope,
    study_instance_uid: str | None = None,
) -> None:
    """Answer `POST /studies` and `POST /studies/{study}`.

    Parameters
    ----------
    tenant_scope
        For whose acting tenant the objects are stored.
    study_instance_uid
        Objects of any other study are refused, if it is given.
    """
    intake = Intake(tenant_scope, _peer(scope), study_instance_uid)
    try:
        await _read_body(scope, receive, intake)
        report = await asyncio.to_thread(intake.index)
        status, answer = answer_of(intake, report, _base_url(scope))
        await _send(send, status, _JSON, answer)
    except StowRefusedError as error:
        body = {"code": error.code, "detail": error.text.to_json()}
        await _send(send, error.status, "application/json", body)
    finally:
        await asyncio.to_thread(intake.close)


async def _read_body(scope: Mapping[str, Any], receive: Receive, intake: Intake) -> None:
    parser = MultipartParser(_boundary(scope), intake)
    waiting = bytearray()
    more = True
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise MalformedBodyError("the connection was closed")
            waiting += message.get("body", b"")
            more = message.get("more_body", False)
            if len(waiting) >= _FEED_BYTES or not more:
                await asyncio.to_thread(parser.feed, bytes(waiting))
                waiting.clear()
        parser.finish()
    except MalformedBodyError as error:
        words = Text(f"The body cannot be read: {error}.", "请求内容无法解析。")
        raise StowRefusedError(400, "malformed_body", words) from error


def _boundary(scope: Mapping[str, Any]) -> bytes:
    content_type = _header(scope, b"content-type")
    main, parameters = media_type(content_type)
    if main != "multipart/related" or parameters.get("type", DICOM).lower() != DICOM:
        words = Text(
            'Only multipart/related; type="application/dicom" is stored.',
            "仅接受 multipart/related; type=application/dicom。",
        )
        raise StowRefusedError(415, "unsupported_media_type", words)
    try:
        return checked_boundary(parameters)
    except MalformedBodyError as error:
        words = Text("The Content-Type names no valid boundary.", "Content-Type 中缺少有效的分隔符。")
        raise StowRefusedError(400, "malformed_body", words) from error


def _header(scope: Mapping[str, Any], name: bytes) -> str:
    values = (value for key, value in scope.get("headers", ()) if key.lower() == name)
    return next((value.decode("latin-1") for value in values), "")


def _base_url(scope: Mapping[str, Any]) -> str:
    return f"{scope.get('scheme', 'http')}://{_header(scope, b'host') or 'localhost'}/dicom-web"


def _peer(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


async def _send(send: Send, status: int, content_type: str, body: Mapping[str, Any]) -> None:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
