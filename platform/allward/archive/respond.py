"""Answers: whole bodies, streamed multipart bodies, refusals."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from secrets import token_hex

from allward.archive.request import Handler, RefusedError, Request, not_found
from allward.kernel.texts import Text
from allward.storage.folder import MissingBytesError
from allward.tenancy.scope import NoScopeError
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

DICOM_JSON = "application/dicom+json"
Headers = Sequence[tuple[str, str]]


async def start(request: Request, *, status: int = 200, content_type: str, headers: Headers = ()) -> None:
    """Send the head of an answer. Patients' data are cached by nobody but their reader."""
    pairs = [("content-type", content_type), ("cache-control", "private, no-cache"), *headers]
    await request.send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        }
    )


async def body(request: Request, content: bytes, *, more: bool = False) -> None:
    """Send a piece of the body."""
    await request.send({"type": "http.response.body", "body": content, "more_body": more})


async def whole(
    request: Request, content: bytes, *, content_type: str, status: int = 200, headers: Headers = ()
) -> None:
    """Send an answer that is small enough to be in memory."""
    length = [("content-length", str(len(content))), *headers]
    await start(request, status=status, content_type=content_type, headers=length)
    await body(request, content)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart answer."""

    content_type: str
    blocks: AsyncIterator[bytes]
    headers: Headers = field(default=())


async def one_block(content: bytes) -> AsyncIterator[bytes]:
    """Give bytes that are there already as the blocks of a part."""
    yield content


async def multipart(request: Request, media_type: str, parts: AsyncIterator[Part]) -> None:
    """Stream parts one after another; stops quietly when the reader goes away.

    Source
    ------
    PS3.18 8.6.1.2 (multipart/related), RFC 2387.
    """
    boundary = f"allward-{token_hex(12)}"
    gone = asyncio.create_task(_gone(request))
    try:
        await start(request, content_type=f'multipart/related; type="{media_type}"; boundary={boundary}')
        async for part in parts:
            await body(request, _part_head(boundary, part), more=True)
            async for block in part.blocks:
                if gone.done():
                    return
                await body(request, block, more=True)
        await body(request, f"\r\n--{boundary}--\r\n".encode())
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


def _part_head(boundary: str, part: Part) -> bytes:
    lines = [f"\r\n--{boundary}", f"Content-Type: {part.content_type}"]
    lines += [f"{name}: {value}" for name, value in part.headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _gone(request: Request) -> None:
    """Return when the reader has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def json_array(texts: Iterable[str]) -> bytes:
    """Join JSON texts to an array."""
    return ("[" + ",".join(texts) + "]").encode()


def refusing(handler: Handler) -> Handler:
    """Turn what a handler raises on purpose into an answer in both languages."""

    @wraps(handler)
    async def guarded(request: Request) -> None:
        try:
            await handler(request)
        except RefusedError as error:
            await refuse(request, error)
        except NoScopeError:
            await refuse(request, not_found())
        except BadInputError as error:
            words = Text(f"The image cannot be shown: {error}", f"无法显示该图像：{error}")
            await refuse(request, RefusedError(406, "cannot_decode", words))
        except MissingBytesError:
            log.exception("the index names bytes that are not in the storage")
            words = Text("Its bytes are not in the storage.", "存储中没有该数据。")
            await refuse(request, RefusedError(500, "bytes_missing", words))

    return guarded


async def refuse(request: Request, error: RefusedError) -> None:
    """Send a refusal in the shape that all of the platform uses."""
    content = json.dumps({"code": error.code, "detail": error.text.to_json()}, ensure_ascii=False).encode()
    await whole(request, content, content_type="application/json", status=error.status)
