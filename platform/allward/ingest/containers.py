"""Files of a folder, a disc image's worth of them, or the members of a zip or tar archive, one by one.

Nothing is ever unpacked under a name that an archive chooses: members are streams, names are only shown.
"""

import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO, cast

_TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2")
BROKEN_ARCHIVE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, LZMAError)
"""What reading a damaged archive raises beside OSError."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an archive may grow to; one that exceeds it is taken for an attack and read no further."""

    members: int = 500_000
    unpacked_bytes: int = 1 << 40
    ratio: int = 200
    """Unpacked bytes for each packed one, beyond `free_bytes`."""
    free_bytes: int = 1 << 30

    def allowed_bytes(self, packed: int) -> int:
        """Return how many bytes an archive of this size may unpack to."""
        return min(self.unpacked_bytes, self.free_bytes + packed * self.ratio)


@dataclass(frozen=True, slots=True)
class Member:
    """One file, or why it is left out; `open` gives its bytes once."""

    name: str
    open: Callable[[], BinaryIO]
    refusal: str = ""


def members(path: Path, bounds: Bounds | None = None) -> Iterator[Member]:
    """Walk a file, a folder or an archive; archives inside a folder are opened, archives in archives are not.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    """
    limits = bounds or Bounds()
    if not path.is_dir():
        path.stat()
        yield from _of_file(path, path.name, limits)
        return
    for folder, inner, names in os.walk(path):
        inner.sort()
        for name in sorted(names):
            file = Path(folder) / name
            if stat.S_ISREG(file.lstat().st_mode):
                yield from _of_file(file, str(file.relative_to(path)), limits)


def _of_file(path: Path, name: str, limits: Bounds) -> Iterator[Member]:
    lowered = path.name.lower()
    if lowered.endswith(".zip"):
        yield from _guarded(name, _of_zip(path, name, limits))
    elif lowered.endswith(_TAR_ENDINGS):
        yield from _guarded(name, _of_tar(path, name, limits))
    else:
        yield Member(name, lambda: path.open("rb"))


def _guarded(name: str, found: Iterator[Member]) -> Iterator[Member]:
    """Tell a damaged archive as one refused member, after those that could be read."""
    try:
        yield from found
    except BROKEN_ARCHIVE as error:
        yield _refused(name, f"the archive is damaged: {error}")


def _refused(name: str, why: str) -> Member:
    def nothing() -> BinaryIO:
        raise OSError(why)

    return Member(name, nothing, why)


def _of_zip(path: Path, name: str, limits: Bounds) -> Iterator[Member]:
    allowed = limits.allowed_bytes(path.stat().st_size)
    total = 0
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(archive.infolist()):
            inner = f"{name}/{info.filename}"
            total += info.file_size
            if number >= limits.members or total > allowed:
                yield _refused(inner, "the archive grows beyond all measure")
                return
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                yield _refused(inner, "it is encrypted")
                continue
            yield Member(inner, partial(_open_bounded, archive, info))


def _open_bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", _Bounded(cast("BinaryIO", archive.open(info)), info.file_size))


class _Bounded:
    """A stream that gives no more bytes than its archive's table says."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._stream.read(wanted) if wanted else b""
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> "_Bounded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _of_tar(path: Path, name: str, limits: Bounds) -> Iterator[Member]:
    allowed = limits.allowed_bytes(path.stat().st_size)
    total = 0
    with closing(tarfile.open(path)) as archive:
        for number, info in enumerate(archive):
            inner = f"{name}/{info.name}"
            total += info.size
            if number >= limits.members or total > allowed:
                yield _refused(inner, "the archive grows beyond all measure")
                return
            if info.isreg():
                yield Member(inner, partial(_open_member, archive, info))


def _open_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast("BinaryIO", archive.extractfile(info))
