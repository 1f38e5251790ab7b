"""WADO-RS: frames, rendered pictures, thumbnails and bulk data of one object."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from PIL import Image

from allward.archive import respond
from allward.archive.accept import (
    EXPLICIT_LITTLE,
    OCTET_STREAM,
    Form,
    choose_frame_form,
    choose_picture,
    parse_accept,
)
from allward.archive.finding import StoredObject, find_header, find_middle_header
from allward.archive.reading import ask
from allward.archive.request import Request, bad_parameter, not_found
from allward.archive.viewing import note
from allward.tenancy.scope import Scope
from allward_dicom.encoding import DEFLATED_LITTLE
from allward_dicom.frames import decode_frame_to_native, frame_bytes, frame_media_type
from allward_dicom.header import Header, inflated_bytes, read_header
from allward_dicom.rendered import render_pixels

_PIXEL_DATA = frozenset({"7FE00008", "7FE00009", "7FE00010"})
_THUMBNAIL = (128, 128)
_LARGEST_VIEWPORT = 4096
_JPEG_QUALITY = 90

_Finder = Callable[[Request], tuple[StoredObject, Header]]


async def retrieve_frames(request: Request) -> None:
    """Answer `GET …/frames/{list}`: as stored, or decoded to little endian."""
    stored, header = await _viewed(request, find_header)
    numbers = [int(number) for number in request.params["frames"].split(",")]
    if header.pixel_place is None or not all(1 <= n <= header.number_of_frames for n in numbers):
        raise not_found()
    form = choose_frame_form(
        parse_accept(_accept(request)),
        stored=stored.frame_syntax,
        media_type=frame_media_type(stored.transfer_syntax),
    )
    first = await asyncio.to_thread(_frame, stored, header, form, numbers[0])
    content_type = f"{form.media_type}; transfer-syntax={form.transfer_syntax}"
    if len(numbers) == 1 and not form.is_multipart:
        await respond.whole(request, first, content_type=content_type)
        return

    async def parts() -> AsyncIterator[respond.Part]:
        yield respond.Part(content_type, respond.one_block(first))
        for number in numbers[1:]:
            content = await asyncio.to_thread(_frame, stored, header, form, number)
            yield respond.Part(content_type, respond.one_block(content))

    await respond.multipart(request, form.media_type, parts())


def _frame(stored: StoredObject, header: Header, form: Form, number: int) -> bytes:
    if form.is_decoded and stored.frame_syntax != EXPLICIT_LITTLE:
        return decode_frame_to_native(stored.path, header, number)
    return frame_bytes(stored.path, header, number)


class _Picture(NamedTuple):
    frame: int
    window: tuple[float, float] | None
    viewport: tuple[int, int] | None
    media_type: str


async def retrieve_rendered(request: Request) -> None:
    """Answer `GET …/rendered` of an instance or a frame: JPEG or PNG, windowed, within a viewport."""
    picture = _wanted_picture(request, viewport=None)
    stored, header = await _viewed(request, find_header)
    await _send_picture(request, stored, header, picture)


async def retrieve_thumbnail(request: Request) -> None:
    """Answer `GET …/thumbnail` of a series (its middle image) or an instance."""
    picture = _wanted_picture(request, viewport=_THUMBNAIL)
    finder = find_header if "instance" in request.params else find_middle_header
    stored, header = await _viewed(request, finder)
    await _send_picture(request, stored, header, picture)


def _wanted_picture(request: Request, *, viewport: tuple[int, int] | None) -> _Picture:
    size = _numbers(request, "viewport")
    window = _numbers(request, "window")
    if size is not None and not all(1 <= edge <= _LARGEST_VIEWPORT for edge in size):
        raise bad_parameter("viewport")
    return _Picture(
        frame=int(request.params.get("frames", "1").split(",")[0]),
        window=window,
        viewport=(int(size[0]), int(size[1])) if size else viewport,
        media_type=choose_picture(parse_accept(_accept(request))),
    )


def _numbers(request: Request, name: str) -> tuple[float, float] | None:
    """Read the first two numbers of a parameter such as `window=40,400,linear` (PS3.18 8.3.5.1)."""
    text = next(iter(request.query.get(name, ())), "")
    if not text:
        return None
    try:
        first, second = (float(part) for part in text.split(",")[:2])
    except ValueError:
        raise bad_parameter(name) from None
    return first, second


async def _send_picture(request: Request, stored: StoredObject, header: Header, picture: _Picture) -> None:
    if header.pixel_place is None or not 1 <= picture.frame <= header.number_of_frames:
        raise not_found()
    content = await asyncio.to_thread(_render, stored, header, picture)
    await respond.whole(request, content, content_type=picture.media_type)


def _render(stored: StoredObject, header: Header, picture: _Picture) -> bytes:
    pixels = render_pixels(stored.path, header, frame=picture.frame, window=picture.window)
    image = Image.fromarray(pixels)
    if picture.viewport is not None:
        scale = min(picture.viewport[0] / image.width, picture.viewport[1] / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.BILINEAR)
    target = io.BytesIO()
    if picture.media_type == "image/png":
        image.save(target, "PNG")
    else:
        image.save(target, "JPEG", quality=_JPEG_QUALITY)
    return target.getvalue()


async def retrieve_bulk_data(request: Request) -> None:
    """Answer `GET …/bulkdata/{path}`: one value that metadata name by URI."""
    stored, header = await _viewed(request, find_header)
    content = await asyncio.to_thread(_bulk_value, stored, header, request.params["path"])
    await respond.whole(request, content, content_type=OCTET_STREAM)


def _bulk_value(stored: StoredObject, header: Header, path: str) -> bytes:
    """Return one value; its place is looked up in the object, since few are ever asked for."""
    if path in _PIXEL_DATA:
        if header.pixel_place is None:
            raise not_found()
        return b"".join(
            frame_bytes(stored.path, header, number) for number in range(1, header.number_of_frames + 1)
        )
    where = read_header(stored.path).bulk_data.get(path)
    if where is None:
        raise not_found()
    if header.transfer_syntax_uid == DEFLATED_LITTLE:
        return inflated_bytes(stored.path)[where.offset : where.offset + where.length]
    with stored.path.open("rb") as file:
        file.seek(where.offset)
        return file.read(where.length)


async def _viewed(request: Request, find: _Finder) -> tuple[StoredObject, Header]:
    def question(scope: Scope) -> tuple[StoredObject, Header]:
        stored, header = find(request)
        note(
            scope,
            "view",
            what="series",
            what_id=str(stored.series_id),
            study_instance_uid=request.params["study"],
        )
        return stored, header

    return await ask(request, question)


def _accept(request: Request) -> str:
    return ", ".join(request.query.get("accept", ())) or request.header("accept")
