"""Where a catalogue's files come from: a folder, such as a USB stick, or an address of a web server.

Both take names relative to the catalogue (`metadata/timestamp.json`) and remember the last one asked for, so
that an error can name the file.
"""

import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.urllib3_fetcher import Urllib3Fetcher

METADATA = "metadata/"
TARGETS = "targets/"

SILENCE_S = 15
"""How long a web server may say nothing before it is asked again, three times at most."""

_CHUNK_BYTES = 1 << 20
_NOT_FOUND = 404
"""How a fetcher says that there is no such file; python-tuf takes it for the end of the chain of roots."""


class FolderFetcher(FetcherInterface):
    """Reads a catalogue from a folder."""

    def __init__(self, folder: Path) -> None:
        self.source = str(folder)
        self.place = ""
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.place = url
        path = self._folder / url
        if not self._folder.is_dir():
            raise DownloadError("there is no such folder")
        if ".." in PurePosixPath(url).parts or not path.exists():
            raise DownloadHTTPError(f"{path}: no such file", _NOT_FOUND)
        if not stat.S_ISREG(path.stat().st_mode):
            raise DownloadError(f"{path}: not a file")
        return _chunks(path.open("rb"))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        except OSError as error:  # the stick was pulled out
            raise DownloadError(error.strerror or str(error)) from error


class AddressFetcher(Urllib3Fetcher):
    """Reads a catalogue from a web server; redirects, retries and proxies as python-tuf has them."""

    def __init__(self, address: str) -> None:
        super().__init__(socket_timeout=SILENCE_S, app_user_agent="Allward")
        self.source = address.rstrip("/")
        self.place = ""

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.place = url
        return super()._fetch(f"{self.source}/{url}")


Fetcher: TypeAlias = FolderFetcher | AddressFetcher


def fetcher_of(source: str | Path) -> Fetcher:
    """Return what reads `source`: an http or https address, or else a folder."""
    text = str(source)
    if text.startswith(("http://", "https://")):
        return AddressFetcher(text)
    return FolderFetcher(Path(source))
