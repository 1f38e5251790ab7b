"""The parts of one store request on their way into the spool and the index."""

import logging
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connections

from allward.ingest.departments import usual_department
from allward.ingest.indexing import IndexReport, index_entries
from allward.ingest.multipart import media_type
from allward.ingest.place import spool
from allward.ingest.senders import DEFAULT_CHARSET
from allward.ingest.spool import Incoming, Origin, SpoolBatch, SpoolEntry
from allward.kernel.texts import Text
from allward.storage.folder import StorageFullError
from allward.tenancy.scope import Scope
from allward_dicom.header import Header, read_header
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

MAX_OBJECT_BYTES = 8 << 30
DICOM = "application/dicom"


class FailureReason(IntEnum):
    """(0008,1197) Failure Reason. Source: PS3.4 Table B.2-1, PS3.3 C.14.1.1."""

    PROCESSING_FAILURE = 0x0110
    DUPLICATE_SOP_INSTANCE = 0x0111
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    OUT_OF_RESOURCES = 0xA700
    DATA_SET_DOES_NOT_MATCH = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class Failure(NamedTuple):
    """One object that was not stored, as far as it could be read."""

    reason: FailureReason
    sop_class_uid: str = ""
    sop_instance_uid: str = ""


class StowRefusedError(Exception):
    """A store request that is not answered object by object, and why."""

    def __init__(self, status: int, code: str, text: Text) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text


def _away() -> StowRefusedError:
    words = Text("The database cannot be reached; try again.", "数据库暂时无法访问，请稍后重试。")
    return StowRefusedError(503, "temporarily_unavailable", words)


class Intake:
    """Takes the parts of one request; each becomes an entry of the spool or a failure."""

    def __init__(self, tenant_scope: Scope, peer: str, study_instance_uid: str | None) -> None:
        self._tenant_scope = tenant_scope
        self._peer = peer
        self._study_instance_uid = study_instance_uid
        self._batch: SpoolBatch | None = None
        self._incoming: Incoming | None = None
        self._failed: FailureReason | None = None
        self.entries: list[SpoolEntry] = []
        self.failures: list[Failure] = []

    def begin_part(self, headers: Mapping[str, str]) -> None:
        """Open a file for the next part."""
        self._failed = None
        if media_type(headers.get("content-type", DICOM))[0] != DICOM:
            self._failed = FailureReason.CANNOT_UNDERSTAND
            return
        try:
            if self._batch is None:
                self._batch = self._open_batch()
            self._incoming = self._batch.incoming()
        except StorageFullError:
            self._failed = FailureReason.OUT_OF_RESOURCES

    def _open_batch(self) -> SpoolBatch:
        tenant_id = self._tenant_scope.acting
        try:
            department_id = usual_department(tenant_id)
        except (OperationalError, InterfaceError) as error:
            raise _away() from error
        finally:
            connections.close_all()
        return spool().open_batch(
            Origin(
                tenant_id=tenant_id,
                department_id=department_id,
                user_id=self._tenant_scope.user_id,
                actor=self._tenant_scope.actor,
                peer=self._peer,
            )
        )

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
            self.failures.append(Failure(self._failed or FailureReason.PROCESSING_FAILURE))
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
        self.failures.append(Failure(reason, *uids))

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
            raise _away() from error
        except StorageFullError as error:
            words = Text("There is no room left.", "存储空间不足。")
            raise StowRefusedError(507, "storage_full", words) from error
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
