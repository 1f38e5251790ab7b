"""`/catalogue/`: the catalogue's files as they lie in the state folder, for every platform that follows it.

What is in it is signed and says nothing of a hospital or a patient, so nobody signs in to read it: a USB
stick with the same files asks for no password either. Packages may take gigabytes: they go past Django, in
pieces.

Source
------
ADR-0018; RFC 9110, 8.8.3 (ETag), 13 (conditions) and 14 (ranges).
"""

import asyncio
import os
import re
import stat
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from allward.api.errors import NOT_FOUND
from allward.api.raw import refuse
from allward.kernel.texts import Text

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PREFIX = "/catalogue/"

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_FILE = re.compile(rf"(?:metadata/{_PART}|targets/(?:{_PART}/){{0,2}}{_PART})")
"""A file of a TUF repository; no part begins with a full stop: none leads upwards, or to half a file."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CHUNK_BYTES = 1 << 20
_FOR_EVER = "public, max-age=31536000, immutable"
"""How long a file may be kept whose name holds a version or a digest: its bytes never change."""
_READ_ONLY = Text("The catalogue can only be read here.", "此处的目录只能读取。")
_NO_SUCH_RANGE = Text("The file has no bytes in this range.", "文件中没有该范围的内容。")


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file, from `start` up to, but without, `stop`."""

    start: int
    stop: int


async def catalogue_branch(scope: dict[str, Any], receive: Receive, send: Send) -> bool:
    """Answer a request for a file of the catalogue; False if the path is not the catalogue's."""
    if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
        return False
    if scope["method"] not in ("GET", "HEAD"):
        await refuse(send, 405, "method_not_allowed", _READ_ONLY)
        return True
    name = scope["path"].removeprefix(PREFIX)
    path = await asyncio.to_thread(file_below, settings.ALLWARD.home / "catalogue", name)
    if path is None:
        await refuse(send, 404, "not_found", NOT_FOUND)
        return True
    with await asyncio.to_thread(path.open, "rb") as file:
        await _answer(scope, receive, send, file)
    return True


def file_below(folder: Path, name: str) -> Path | None:
    """Return the file of the catalogue that a path names; None if there is none, or it lies elsewhere."""
    if not _FILE.fullmatch(name):
        return None
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.exists():
        return None
    return path if stat.S_ISREG(path.stat().st_mode) else None


async def _answer(scope: Mapping[str, Any], receive: Receive, send: Send, file: BinaryIO) -> None:
    sent = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    status = os.fstat(file.fileno())
    etag = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
    headers = {
        "etag": etag,
        "accept-ranges": "bytes",
        "cache-control": "no-cache" if scope["path"].endswith("/timestamp.json") else _FOR_EVER,
        "x-content-type-options": "nosniff",
    }
    if etag in _listed(sent.get("if-none-match", "")):
        await _start(send, 304, headers)
        await send({"type": "http.response.body", "body": b""})
        return
    wanted = wanted_range(sent, etag, status.st_size)
    if wanted is None:
        await refuse(send, 416, "range_not_satisfiable", _NO_SUCH_RANGE)
        return
    headers |= {
        "content-type": "application/json" if scope["path"].endswith(".json") else "application/octet-stream",
        "content-length": str(wanted.stop - wanted.start),
    }
    whole = wanted == Range(0, status.st_size)
    if not whole:
        headers["content-range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{status.st_size}"
    await _start(send, 200 if whole else 206, headers)
    await _body(receive, send, file, wanted if scope["method"] == "GET" else Range(0, 0))


def wanted_range(headers: Mapping[str, str], etag: str, size: int) -> Range | None:
    """Return which bytes are asked for; None if the file has none of them.

    Several ranges, and a range of a file that was replaced meanwhile, are answered with the whole file.

    Source
    ------
    RFC 9110, 14.1.2 and 14.2.
    """
    whole = Range(0, size)
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or found.groups() == ("", "") or headers.get("if-range", etag) != etag:
        return whole
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return whole
    return Range(start, stop) if start < stop else None


def _listed(value: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in value.split(",")]


async def _start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def _body(receive: Receive, send: Send, file: BinaryIO, wanted: Range) -> None:
    """Send the bytes piece by piece; stops quietly when the reader goes away."""
    gone = asyncio.create_task(_gone(receive))
    left = wanted.stop - wanted.start
    try:
        await asyncio.to_thread(file.seek, wanted.start)
        while left and not gone.done():
            piece = await asyncio.to_thread(file.read, min(left, _CHUNK_BYTES))
            if not piece:  # somebody cut the file meanwhile: the server closes the connection
                return
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    """Return when the reader has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
