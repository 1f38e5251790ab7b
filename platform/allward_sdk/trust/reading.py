"""Reads a package once from its first byte to its last, and holds every byte to what is expected of it.

The digest of the file and those of its entries come from the same bytes: whoever changes the file
meanwhile changes a digest. hashlib lets go of the interpreter, so a thread hashes the file, another the
entries, and the caller's reads ahead.
"""

import hashlib
import zlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allward_sdk.errors import AllwardError, ManifestError, UntrustedError

_CHUNK_BYTES = 4 << 20


@dataclass
class FixedBytes:
    """A stretch that must be exactly these bytes."""

    content: bytes
    place: str
    """What it is, for the words of an error."""
    fault: type[AllwardError] = ManifestError

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.content)

    def take(self, chunk: memoryview, at: int) -> None:
        """Compare a part of it, which begins `at` bytes from its start."""
        if chunk != self.content[at : at + len(chunk)]:
            raise self.fault(f"{self.place}: not as it is written for a package with these entries")

    def end(self) -> None:
        """Nothing is left to compare."""


@dataclass
class SignedBytes:
    """The content of an entry, which must have this digest."""

    size: int
    sha256: str
    crc: int
    place: str
    kept: bytearray | None = None
    """Takes the content, if somebody wants to read it afterwards."""
    _digest: Any = field(default_factory=hashlib.sha256)
    _crc: int = 0

    def take(self, chunk: memoryview, at: int) -> None:
        """Hash a part of it."""
        self._digest.update(chunk)
        self._crc = zlib.crc32(chunk, self._crc)
        if self.kept is not None:
            self.kept += chunk

    def end(self) -> None:
        """Compare the digest with the one that was signed, and the checksum with that of the zip."""
        found = self._digest.hexdigest()
        if found != self.sha256:
            raise UntrustedError(
                f"{self.place}: its sha256 is {found}, but {self.sha256} was signed: it was changed since;"
                " get the package from its publisher again"
            )
        if self._crc != self.crc:
            raise ManifestError(f"{self.place}: its checksum in the zip is wrong")


Stretch = FixedBytes | SignedBytes


class _Walk:
    """Where in the stretches the next chunk belongs."""

    def __init__(self, stretches: Sequence[Stretch], place: str) -> None:
        self._left = deque(stretches)
        self._at = 0
        self._place = place

    def take(self, chunk: memoryview) -> None:
        while chunk:
            self._pass_what_is_whole()
            if not self._left:
                raise ManifestError(f"{self._place}: more bytes than its entries take")
            part = chunk[: self._left[0].size - self._at]
            self._left[0].take(part, self._at)
            self._at += len(part)
            chunk = chunk[len(part) :]

    def end(self) -> None:
        self._pass_what_is_whole()
        if self._left:
            raise ManifestError(f"{self._place}: it ends before its entries do")

    def _pass_what_is_whole(self) -> None:
        while self._left and self._left[0].size == self._at:
            self._left.popleft().end()
            self._at = 0


def read_once(path: Path, stretches: Sequence[Stretch]) -> str:
    """Hold a file to the stretches that it must consist of; returns its sha256 in hexadecimal.

    Raises
    ------
    ManifestError
        If bytes that are no content are not as expected, or the file is longer or shorter.
    UntrustedError
        If content is not what was signed.
    """
    digest, walk = hashlib.sha256(), _Walk(stretches, path.name)
    buffer_bytes = min(_CHUNK_BYTES, 1 + sum(stretch.size for stretch in stretches))
    buffers = [memoryview(bytearray(buffer_bytes)) for _ in range(2)]
    under_way: list[Future[None]] = []
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(max_workers=2) as threads:
        while count := file.readinto(buffers[0]):
            for future in under_way:
                future.result()
            chunk = buffers[0][:count]
            under_way = [threads.submit(digest.update, chunk), threads.submit(walk.take, chunk)]
            buffers.reverse()
        for future in under_way:
            future.result()
    walk.end()
    return digest.hexdigest()
