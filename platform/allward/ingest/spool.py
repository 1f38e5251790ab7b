"""The journal of received objects: what lies here whole has been acknowledged and will be indexed.

Each association, request or import has a folder of its own, locked for as long as its process lives. In it
lie `origin.json` (who sent) and one file for each whole object, whose name gives its id, thereby its time of
arrival, and its sha256. A process that dies leaves its folders unlocked: the next one that looks takes them
over.

An object is written under a temporary name, synced, renamed, and the folder synced; only then it exists.
"""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import UUID

from allward.kernel.ids import new_id
from allward.storage.folder import StorageFullError
from allward_dicom.header import Header
from allward_dicom.text import printable

log = logging.getLogger(__name__)

RESERVE_BYTES = 256 << 20
"""Room that stays free for the database and the log: nothing is received below it."""

_ENTRY = re.compile(r"(?P<id>[0-9a-f]{32})\.(?P<sha256>[0-9a-f]{64})\.dcm")
_ORIGIN = "origin.json"
_IDS = ("tenant_id", "department_id", "user_id")
_TEXTS = (
    "called_ae_title", "calling_ae_title", "peer", "certificate_sha256", "actor", "move_originator_ae_title",
    "move_originator_message_id",
)  # fmt: skip
_STALE_S = 60.0
"""A folder that is still being made is younger than this."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent, as far as the connection tells; tenant and department where they were said already."""

    called_ae_title: str = ""
    calling_ae_title: str = ""
    peer: str = ""
    certificate_sha256: str = ""
    tenant_id: UUID | None = None
    department_id: UUID | None = None
    user_id: UUID | None = None
    actor: str = ""
    move_originator_ae_title: str = ""
    """(0000,1030): who had it sent by C-MOVE; empty if it was sent otherwise, or the sender does not say."""
    move_originator_message_id: str = ""
    """(0000,1031) in decimal."""

    def __post_init__(self) -> None:
        """Clean the texts: they come from the wire, and a row of the index has to hold them."""
        for name in _TEXTS:
            object.__setattr__(self, name, printable(getattr(self, name)))

    def to_json(self) -> str:
        """Return what lies in the folder."""
        return json.dumps({key: str(value) if value else "" for key, value in asdict(self).items()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        found = json.loads(text)
        ids = {key: UUID(found[key]) if found[key] else None for key in _IDS}
        return cls(**{**found, **ids})


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """One whole object in the spool.

    `header` is what the receiver read already; None after a restart.
    """

    entry_id: UUID
    path: Path
    sha256: str
    size_bytes: int
    batch: "SpoolBatch" = field(repr=False, compare=False)
    header: Header | None = field(default=None, repr=False, compare=False)

    @property
    def origin(self) -> Origin:
        """Who sent it."""
        return self.batch.origin

    @property
    def received_at(self) -> datetime:
        """When its last byte came, from the time in its id."""
        return datetime.fromtimestamp((self.entry_id.int >> 80) / 1000, tz=UTC)

    def with_header(self, header: Header | None) -> "SpoolEntry":
        """Return the entry with another header, or without one."""
        return replace(self, header=header)

    def forget(self) -> None:
        """Remove it: it is in the index now, or was refused before it was acknowledged."""
        self.path.unlink(missing_ok=True)
        self.batch.one_less()


class Incoming:
    """One object on its way in: bytes are appended, then it is kept or discarded."""

    def __init__(self, batch: "SpoolBatch") -> None:
        self._batch = batch
        self._part = batch.folder / f"{new_id().hex}.part"
        self._digest = hashlib.sha256()
        self._closed = False
        self.size_bytes = 0
        with _room():
            self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    @property
    def path(self) -> Path:
        """Where the bytes lie so far."""
        return self._part

    def write(self, block: bytes | memoryview) -> None:
        """Append bytes.

        Raises
        ------
        StorageFullError
            If there is no room.
        """
        self._digest.update(block)
        left = memoryview(block)
        with _room():
            while left:
                left = left[os.write(self._file, left) :]
        self.size_bytes += len(block)

    def keep(self, header: Header | None = None) -> SpoolEntry:
        """Make the object durable; when this returns, it may be acknowledged.

        Raises
        ------
        StorageFullError
            If it cannot be made durable; it is gone then.
        """
        entry_id, sha256 = new_id(), self._digest.hexdigest()
        final = self._batch.folder / f"{entry_id.hex}.{sha256}.dcm"
        try:
            with _room():
                os.fdatasync(self._file)
                self._part.rename(final)
                self._batch.sync()
        except StorageFullError:
            final.unlink(missing_ok=True)
            self.discard()
            raise
        self._close()
        self._batch.one_more()
        return SpoolEntry(entry_id, final, sha256, self.size_bytes, self._batch, header)

    def discard(self) -> None:
        """Drop what came so far."""
        self._close()
        self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._file)


class SpoolBatch:
    """The folder of one association, request or import; the caller's process holds its lock."""

    def __init__(self, folder: Path, origin: Origin, *, lock: int, reserve_bytes: int) -> None:
        self.folder = folder
        self.origin = origin
        self._lock = lock
        self._reserve_bytes = reserve_bytes
        self._guard = threading.Lock()
        self._left = 0
        self._writing = True

    def incoming(self) -> Incoming:
        """Begin to receive one object.

        Raises
        ------
        StorageFullError
            If there is no room for another one.
        """
        with _room():
            room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize < self._reserve_bytes:
            raise StorageFullError("the disk is full")
        return Incoming(self)

    def entries(self) -> list[SpoolEntry]:
        """Return the whole objects that lie here, oldest first, and remove what is not whole."""
        found = []
        for path in sorted(self.folder.iterdir()):
            match = _ENTRY.fullmatch(path.name)
            if match:
                found.append(SpoolEntry(UUID(match["id"]), path, match["sha256"], path.stat().st_size, self))
            elif path.name != _ORIGIN:
                path.unlink()
        with self._guard:
            self._left = len(found)
        return found

    def sync(self) -> None:
        """Make the names in the folder durable."""
        os.fsync(self._lock)

    def one_more(self) -> None:
        """Note that an entry has been written."""
        with self._guard:
            self._left += 1

    def one_less(self) -> None:
        """Note that an entry is gone."""
        with self._guard:
            self._left -= 1
        self._remove_if_done()

    def close(self) -> None:
        """End the writing; the folder goes with its last entry."""
        with self._guard:
            self._writing = False
        self._remove_if_done()

    def release(self) -> None:
        """Give up the lock with entries left, so that somebody else can take them over."""
        with self._guard:
            lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _remove_if_done(self) -> None:
        with self._guard:
            if self._writing or self._left > 0 or self._lock < 0:
                return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()


@dataclass(frozen=True, slots=True)
class Spool:
    """All folders of the spool; best on the storage's own file system, so that nothing is copied."""

    root: Path
    reserve_bytes: int = RESERVE_BYTES

    def open_batch(self, origin: Origin) -> SpoolBatch:
        """Make a folder for objects of one origin.

        Raises
        ------
        StorageFullError
            If there is no room for it.
        """
        name = new_id().hex
        making = self.root / f".{name}"
        with _room():
            making.mkdir(parents=True)
            lock = _locked(making)
            if lock is None:
                raise StorageFullError("the spool cannot be locked")
            with (making / _ORIGIN).open("w") as file:
                file.write(origin.to_json())
                file.flush()
                os.fsync(file.fileno())
            os.fsync(lock)
            making.rename(self.root / name)
            _sync(self.root)
        return SpoolBatch(self.root / name, origin, lock=lock, reserve_bytes=self.reserve_bytes)

    def abandoned(self) -> Iterator[list[SpoolEntry]]:
        """Take over the folders whose processes have died, and give their entries, oldest first.

        A folder that cannot be read is told of in the log and left for the next time.
        """
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir()):
            if folder.name.startswith("."):
                _remove_stale(folder)
                continue
            entries = self._taken_over(folder)
            if entries is not None:
                yield entries

    def _taken_over(self, folder: Path) -> list[SpoolEntry] | None:
        lock = None
        try:
            lock = _locked(folder)
            if lock is None:
                return None
            origin = Origin.from_json((folder / _ORIGIN).read_text())
            batch = SpoolBatch(folder, origin, lock=lock, reserve_bytes=self.reserve_bytes)
            entries = batch.entries()
        except (OSError, ValueError, LookupError) as error:
            if lock is not None:
                os.close(lock)
            if folder.exists():
                log.error("%s cannot be taken over, its objects stay there: %s", folder, error)
            return None
        batch.close()
        return entries


def _remove_stale(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if time.time() - folder.stat().st_mtime > _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _locked(folder: Path) -> int | None:
    """Lock a folder for this process' life; None if somebody else holds it or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink and folder.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Tell a disk that cannot be written as what it is."""
    try:
        yield
    except OSError as error:
        raise StorageFullError(f"the spool cannot be written: {error.strerror or error}") from error
