"""Import of files, folders and archives: the same way through the spool as everything that is received."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID

from allward.ingest.containers import BROKEN_ARCHIVE, Bounds, Member, members
from allward.ingest.departments import usual_department
from allward.ingest.indexing import IndexReport, Verdict, index_entries
from allward.ingest.senders import DEFAULT_CHARSET
from allward.ingest.spool import Incoming, Origin, Spool, SpoolBatch, SpoolEntry
from allward_dicom.header import read_header
from allward_sdk.errors import BadInputError

_BATCH = 200
_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 132
_FIRST_TAGS = (b"\x02\x00", b"\x08\x00", b"\x04\x00", b"\x00\x08")
"""Groups with which a data set without preamble begins, in either byte order."""
MAX_OBJECT_BYTES = 8 << 30


@dataclass(slots=True)
class ImportSummary:
    """What became of the files."""

    new: int = 0
    known: int = 0
    conflicts: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(name, reason) of each file that was not stored."""
    study_ids: set[UUID] = field(default_factory=set)

    @property
    def any_stored(self) -> bool:
        """Whether at least one object is in the archive now."""
        return bool(self.new or self.known or self.conflicts)


def import_files(
    path: Path, *, tenant_id: UUID, source: str, spool: Spool, bounds: Bounds | None = None
) -> ImportSummary:
    """Import everything below `path` for one hospital, in batches; safe to repeat.

    What is not DICOM is told in the summary and stops nothing.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    OperationalError
        If the database is away; what was copied already is indexed later, by the process that receives.
    StorageFullError
        If there is no room.
    """
    summary = ImportSummary()
    department_id = usual_department(tenant_id)
    batch = spool.open_batch(Origin(tenant_id=tenant_id, department_id=department_id, actor=source))
    try:
        found = _copied(path, batch, summary, bounds)
        while entries := list(islice(found, _BATCH)):
            report = index_entries(entries, ())
            summary.study_ids |= report.study_ids
            _count(entries, report, summary)
    finally:
        batch.close()
    return summary


def _count(entries: list[SpoolEntry], report: IndexReport, summary: ImportSummary) -> None:
    for entry in entries:
        verdict = report.verdicts[entry.entry_id]
        summary.new += verdict is Verdict.NEW
        summary.known += verdict is Verdict.KNOWN
        summary.conflicts += verdict is Verdict.CONFLICT
        if verdict is Verdict.QUARANTINED:
            name = entry.header.sop_instance_uid if entry.header else str(entry.entry_id)
            reason = f"it is kept in quarantine: {report.reasons[entry.entry_id]}"
            summary.refused.append((name, reason))


def _copied(
    path: Path, batch: SpoolBatch, summary: ImportSummary, bounds: Bounds | None
) -> Iterator[SpoolEntry]:
    """Copy each DICOM file into the spool; note the others."""
    for member in members(path, bounds):
        try:
            yield _copy(member, batch)
        except BadInputError as error:
            summary.refused.append((member.name, str(error)))


def _copy(member: Member, batch: SpoolBatch) -> SpoolEntry:
    if member.refusal:
        raise BadInputError(member.refusal)
    try:
        with member.open() as stream:
            head = stream.read(_HEAD_BYTES)
            if not _may_be_dicom(head):
                raise BadInputError("it is not DICOM")
            incoming = batch.incoming()
            with _discarding(incoming):
                incoming.write(head)
                while block := stream.read(_BLOCK_BYTES):
                    incoming.write(block)
                    if incoming.size_bytes > MAX_OBJECT_BYTES:
                        raise BadInputError("it is larger than an object may be")
                header = read_header(incoming.path, fallback_charset=DEFAULT_CHARSET, name="it")
                return incoming.keep(header)
    except (*BROKEN_ARCHIVE, PermissionError, IsADirectoryError) as error:
        raise BadInputError(f"it cannot be read: {error}") from error


def _may_be_dicom(head: bytes) -> bool:
    return head[128:132] == b"DICM" or (len(head) >= 16 and head[:2] in _FIRST_TAGS)


@contextmanager
def _discarding(incoming: Incoming) -> Iterator[None]:
    """Remove what was copied so far if the block ends badly."""
    kept = False
    try:
        yield
        kept = True
    finally:
        if not kept:
            incoming.discard()
