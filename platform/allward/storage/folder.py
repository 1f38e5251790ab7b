"""A storage in a folder: temporary name, sync, rename; a name that exists holds whole bytes."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from allward_sdk.errors import TemporaryError


class StorageFullError(TemporaryError):
    """There is no room left, or the place cannot be written."""


class MissingBytesError(LookupError):
    """The bytes that a row speaks of are not there."""


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class FolderStorage:
    """Keys are relative paths; a tenant's keys all begin with its id."""

    root: Path

    def path(self, key: str) -> Path:
        """Return where `key` lies.

        Raises
        ------
        ValueError
            If the key leaves the storage.
        """
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(f"storage key {key!r} leaves the storage")
        return path

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Open a file that appears under `key`, synced, when the block ends well, and not at all if not.

        Raises
        ------
        StorageFullError
            If the bytes cannot be written.
        """
        final = self.path(key)
        temporary = final.with_name(f".{final.name}.{uuid4().hex}.part")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(final)
            _sync_folder(final.parent)
        except OSError as error:
            raise StorageFullError(f"the storage cannot be written: {error.strerror or error}") from error
        finally:
            temporary.unlink(missing_ok=True)

    def write(self, key: str, content: bytes) -> str:
        """Write `content` under `key`; return its sha256."""
        with self.writing(key) as file:
            file.write(content)
        return hashlib.sha256(content).hexdigest()

    def adopt(self, key: str, source: Path) -> None:
        """Give the synced file `source` a second name under `key`; nothing is copied on one file system.

        Only for files that nobody writes any more: who changes one changes the other. What lies under `key`
        already is left as it is: equal keys hold equal bytes.
        """
        final = self.path(key)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, final)
            except FileExistsError:
                return
            except OSError:
                with self.writing(key) as target, source.open("rb") as bytes_in:
                    while block := bytes_in.read(1 << 20):
                        target.write(block)
            _sync_folder(final.parent)
        except OSError as error:
            raise StorageFullError(f"the storage cannot be written: {error.strerror or error}") from error

    def copy(self, key: str, source: Path, *, sha256: str) -> None:
        """Write the bytes of a file that may be changed later, which have this digest now, under `key`.

        What lies under `key` already is left as it is: equal keys hold equal bytes.

        Raises
        ------
        ValueError
            If the file has other bytes by now; nothing lies under `key` then.
        StorageFullError
            If the bytes cannot be written.
        """
        if self.path(key).exists():
            return
        digest = hashlib.sha256()
        with source.open("rb") as bytes_in, self.writing(key) as target:
            while block := bytes_in.read(1 << 20):
                digest.update(block)
                target.write(block)
            if digest.hexdigest() != sha256:
                raise ValueError(f"{source.name}: its bytes changed while they were copied")

    def open(self, key: str) -> BinaryIO:
        """Open what lies under `key`.

        Raises
        ------
        MissingBytesError
            If there is nothing.
        """
        try:
            return self.path(key).open("rb")
        except FileNotFoundError as error:
            raise MissingBytesError(f"no bytes lie under {key!r}") from error

    def read(self, key: str) -> bytes:
        """Return all that lies under `key`; raises as `open`."""
        with self.open(key) as file:
            return file.read()

    def delete(self, key: str) -> None:
        """Remove `key`; it is no error if it is gone."""
        self.path(key).unlink(missing_ok=True)
