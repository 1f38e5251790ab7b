"""WADO-RS: whole objects and their metadata, streamed block by block."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from allward.archive import respond
from allward.archive.accept import Form, choose_object_form, parse_accept
from allward.archive.decoding import decoded_object
from allward.archive.finding import (
    EXPLICIT_LITTLE,
    StoredObject,
    bulk_data_urls,
    find_objects,
    named_instances,
    read_sidecar,
)
from allward.archive.reading import ask
from allward.archive.request import Request, not_found
from allward.archive.viewing import note
from allward.storage.place import storage
from allward.studies.dicom_json import dumped
from allward.studies.models import Instance
from allward.tenancy.scope import Scope

BLOCK_BYTES = 1 << 20
_PAGE = 200
"""Rows of metadata that are in memory at once."""


async def retrieve_objects(request: Request) -> None:
    """Answer `GET` of a study, a series or an instance: the objects themselves."""
    accepted = parse_accept(_accept(request))

    def question(scope: Scope) -> list[StoredObject]:
        found = find_objects(request)
        _note(scope, request, "download", series_id=found[0].series_id)
        return found

    objects = await ask(request, question)
    forms = [choose_object_form(accepted, stored.transfer_syntax) for stored in objects]
    if len(objects) == 1 and not forms[0].is_multipart:
        await _single(request, objects[0], forms[0])
        return
    await respond.multipart(request, "application/dicom", _parts(objects, forms))


async def _single(request: Request, stored: StoredObject, form: Form) -> None:
    if form.is_decoded and stored.transfer_syntax != EXPLICIT_LITTLE:
        content = await asyncio.to_thread(decoded_object, stored)
        await respond.whole(request, content, content_type=_content_type(form))
        return
    blocks = stored_blocks(stored)
    first = await anext(blocks)
    await respond.start(
        request,
        content_type=_content_type(form),
        headers=[("content-length", str(stored.size_bytes))],
    )
    await respond.body(request, first, more=True)
    async for block in blocks:
        await respond.body(request, block, more=True)
    await respond.body(request, b"")


def _content_type(form: Form) -> str:
    return f"{form.media_type}; transfer-syntax={form.transfer_syntax}"


async def _parts(objects: list[StoredObject], forms: list[Form]) -> AsyncIterator[respond.Part]:
    for stored, form in zip(objects, forms, strict=True):
        if form.is_decoded and stored.transfer_syntax != EXPLICIT_LITTLE:
            content = await asyncio.to_thread(decoded_object, stored)
            blocks: AsyncIterator[bytes] = respond.one_block(content)
        else:
            blocks = stored_blocks(stored)
        yield respond.Part(_content_type(form), blocks)


async def stored_blocks(stored: StoredObject) -> AsyncIterator[bytes]:
    """Read an object's bytes block by block, in threads."""
    file = await asyncio.to_thread(storage().open, stored.storage_key)
    try:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block
    finally:
        file.close()


async def retrieve_metadata(request: Request) -> None:
    """Answer `GET …/metadata`: the headers of a study, a series or an instance, without bulk data."""

    def question(scope: Scope) -> list[UUID]:
        rows = list(named_instances(request).values_list("id", "series_id"))
        if not rows:
            raise not_found()
        _note(scope, request, "view", series_id=rows[0][1])
        return [row[0] for row in rows]

    ids = await ask(request, question)
    pages = [ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE)]
    await respond.start(request, content_type=respond.DICOM_JSON)
    for number, page in enumerate(pages):
        texts = await ask(request, partial(_metadata, request, page))
        opening = "," if number else "["
        await respond.body(request, (opening + ",".join(texts)).encode(), more=True)
    await respond.body(request, b"]")


def _metadata(request: Request, ids: list[UUID], _: Scope) -> list[str]:
    rows = {
        row.pk: row
        for row in Instance.objects.filter(pk__in=ids)
        .select_related("study", "series")
        .only(
            "sop_instance_uid",
            "dicom_json",
            "storage_key",
            "has_sidecar",
            "study__study_instance_uid",
            "series__series_instance_uid",
        )
    }
    return [_metadata_text(request, rows[each]) for each in ids if each in rows]


def _metadata_text(request: Request, row: Instance) -> str:
    text = row.dicom_json
    if row.has_sidecar:
        whole = json.loads(text) | {"52009230": {"vr": "SQ", "Value": read_sidecar(row.storage_key)}}
        text = dumped(whole)
    url = (
        f"{request.base_url}/studies/{row.study.study_instance_uid}"
        f"/series/{row.series.series_instance_uid}/instances/{row.sop_instance_uid}"
    )
    return text.replace(*bulk_data_urls(url))


def _accept(request: Request) -> str:
    return ", ".join(request.query.get("accept", ())) or request.header("accept")


def _note(scope: Scope, request: Request, action: str, *, series_id: UUID) -> None:
    """Write who looked: at the series, or at the whole study if the path names no series."""
    whole_study = "series" not in request.params
    note(
        scope,
        action,
        what="study" if whole_study else "series",
        what_id=request.params["study"] if whole_study else str(series_id),
        study_instance_uid=request.params["study"],
    )
