"""STOW-RS as a raw ASGI handler: parts stream into the spool and are indexed before the answer.

Source
------
PS3.18 10.5 (Store Transaction), Table 10.5.3-1 (status), I.2 (store instances response), PS3.4 Table B.2-1.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from django.db import InterfaceError, OperationalError, connections

from allward.ingest.indexing import IndexReport, Verdict, index_entries
from allward.ingest.multipart import (
    MalformedBodyError,
    MultipartParser,
    checked_boundary,
    media_type,
)
from allward.ingest.place import spool
from allward.ingest.senders import DEFAULT_CHARSET
from allward.ingest.spool import Incoming, Origin, SpoolBatch, SpoolEntry
from allward.kernel.texts import Text
from allward.storage.folder import StorageFullError
from allward.tenancy.scope import Scope
from allward_dicom.header import Header, read_header
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_OBJECT_BYTES = 8 << 30
_FEED_BYTES = 1 << 20
_DICOM = "application/dicom"
_JSON = "application/dicom+json"


class FailureReason(IntEnum):
    """(0008,1197) Failure Reason. Source: PS3.4 Table B.2-1, PS3.3 C.14.1.1."""

    PROCESSING_FAILURE = 0x0110
    DUPLICATE_SOP_INSTANCE = 0x0111
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_DOES_NOT_MATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class _Failure(NamedTuple):
    reason: FailureReason
    sop_class_uid: str = ""
    sop_instance_uid: str = ""


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text


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
    intake = _Intake(tenant_scope, _peer(scope), study_instance_uid)
    try:
        await _read_body(scope, receive, intake)
        report = await asyncio.to_thread(intake.index)
        status, answer = _answer(intake, report, _base_url(scope))
        await _send(send, status, _JSON, answer)
    except _RefusedError as error:
        body = {"code": error.code, "detail": error.text.to_json()}
        await _send(send, error.status, "application/json", body)
    finally:
        await asyncio.to_thread(intake.close)


async def _read_body(scope: Mapping[str, Any], receive: Receive, intake: "_Intake") -> None:
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
        raise _RefusedError(400, "malformed_body", words) from error


def _boundary(scope: Mapping[str, Any]) -> bytes:
    content_type = _header(scope, b"content-type")
    main, parameters = media_type(content_type)
    if main != "multipart/related" or parameters.get("type", _DICOM).lower() != _DICOM:
        words = Text(
            'Only multipart/related; type="application/dicom" is stored.',
            "仅接受 multipart/related; type=application/dicom。",
        )
        raise _RefusedError(415, "unsupported_media_type", words)
    try:
        return checked_boundary(parameters)
    except MalformedBodyError as error:
        words = Text("The Content-Type names no valid boundary.", "Content-Type 中缺少有效的分隔符。")
        raise _RefusedError(400, "malformed_body", words) from error


class _Intake:
    """Takes the parts of one request; each becomes an entry of the spool or a failure."""

    def __init__(self, tenant_scope: Scope, peer: str, study_instance_uid: str | None) -> None:
        self._origin = Origin(
            tenant_id=tenant_scope.acting,
            user_id=tenant_scope.user_id,
            actor=tenant_scope.actor,
            peer=peer,
        )
        self._study_instance_uid = study_instance_uid
        self._batch: SpoolBatch | None = None
        self._incoming: Incoming | None = None
        self._failed: FailureReason | None = None
        self.entries: list[SpoolEntry] = []
        self.failures: list[_Failure] = []

    def begin_part(self, headers: Mapping[str, str]) -> None:
        """Open a file for the next part."""
        self._failed = None
        if media_type(headers.get("content-type", _DICOM))[0] != _DICOM:
            self._failed = FailureReason.CANNOT_UNDERSTAND
            return
        try:
            if self._batch is None:
                self._batch = spool().open_batch(self._origin)
            self._incoming = self._batch.incoming()
        except StorageFullError:
            self._failed = FailureReason.OUT_OF_RESOURCES

    def part_bytes(self, block: memoryview) -> None:
        """Write bytes of the part, unless it has failed."""
        if self._incoming is None:
            return
        try:
            self._incoming.write(block)
        except StorageFullError:
            self._drop(FailureReason.OUT_OF_RESOURCES)
            return
        if self._incoming.size_bytes > MAX_OBJECT_BYTES:
            self._drop(FailureReason.OUT_OF_RESOURCES)

    def end_part(self) -> None:
        """Check the object and make it durable."""
        if self._incoming is None:
            self.failures.append(_Failure(self._failed or FailureReason.PROCESSING_FAILURE))
            return
        header: Header | None = None
        try:
            header = read_header(self._incoming.path, fallback_charset=DEFAULT_CHARSET, name="a part")
            if self._study_instance_uid not in (None, header.study_instance_uid):
                self._drop(FailureReason.DATA_SET_DOES_NOT_MATCH)
            else:
                self.entries.append(self._incoming.keep(header))
                self._incoming = None
                return
        except BadInputError as error:
            log.info("a part is refused: %s", error)
            self._drop(FailureReason.CANNOT_UNDERSTAND)
        except StorageFullError:
            self._drop(FailureReason.OUT_OF_RESOURCES)
        reason = self._failed or FailureReason.PROCESSING_FAILURE
        uids = (header.sop_class_uid, header.sop_instance_uid) if header else ("", "")
        self.failures.append(_Failure(reason, *uids))

    def _drop(self, reason: FailureReason) -> None:
        self._failed = reason
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None

    def index(self) -> IndexReport:
        """Index what came, for the caller's hospital."""
        try:
            return index_entries(self.entries, ())
        except (OperationalError, InterfaceError) as error:
            log.warning("objects of a request cannot be indexed now: %s", error)
            words = Text("The database cannot be reached; try again.", "数据库暂时无法访问，请稍后重试。")
            raise _RefusedError(503, "temporarily_unavailable", words) from error
        except StorageFullError as error:
            words = Text("There is no room left.", "存储空间不足。")
            raise _RefusedError(507, "storage_full", words) from error
        finally:
            connections.close_all()

    def close(self) -> None:
        """Drop what was not indexed: it is not acknowledged, the sender sends it again."""
        self._drop(FailureReason.PROCESSING_FAILURE)
        for entry in self.entries:
            if entry.path.exists():
                entry.forget()
        if self._batch is not None:
            self._batch.close()


def _answer(intake: _Intake, report: IndexReport, base_url: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of the answer."""
    stored = []
    failures = list(intake.failures)
    for entry in intake.entries:
        verdict, header = report.verdicts[entry.entry_id], entry.header
        uids = (header.sop_class_uid, header.sop_instance_uid) if header else ("", "")
        if verdict in (Verdict.NEW, Verdict.KNOWN) and header is not None:
            stored.append(_reference(header, base_url))
        elif verdict is Verdict.CONFLICT:
            failures.append(_Failure(FailureReason.DUPLICATE_SOP_INSTANCE, *uids))
        else:
            failures.append(_Failure(FailureReason.PROCESSING_FAILURE, *uids))
    body: dict[str, Any] = {}
    studies = {entry.header.study_instance_uid for entry in intake.entries if entry.header}
    if stored and len(studies) == 1:
        body["00081190"] = _element("UR", f"{base_url}/studies/{studies.pop()}")
    if failures:
        body["00081198"] = {"vr": "SQ", "Value": [_failed(failure) for failure in failures]}
    if stored:
        body["00081199"] = {"vr": "SQ", "Value": stored}
    return _status(bool(stored), failures), body


def _status(any_stored: bool, failures: list[_Failure]) -> int:
    if not failures:
        return 200 if any_stored else 400
    if any_stored:
        return 202
    full = all(failure.reason is FailureReason.OUT_OF_RESOURCES for failure in failures)
    return 507 if full else 409


def _reference(header: Header, base_url: str) -> dict[str, Any]:
    url = (
        f"{base_url}/studies/{header.study_instance_uid}"
        f"/series/{header.series_instance_uid}/instances/{header.sop_instance_uid}"
    )
    return {
        "00081150": _element("UI", header.sop_class_uid),
        "00081155": _element("UI", header.sop_instance_uid),
        "00081190": _element("UR", url),
    }


def _failed(failure: _Failure) -> dict[str, Any]:
    return {
        "00081150": _element("UI", failure.sop_class_uid),
        "00081155": _element("UI", failure.sop_instance_uid),
        "00081197": _element("US", int(failure.reason)),
    }


def _element(vr: str, value: object) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]} if value != "" else {"vr": vr}


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
