"""Where a catalogue's files come from: a folder, such as a USB stick, or an address of a web server.

Both take names relative to the catalogue (`metadata/timestamp.json`) and remember the last one asked for, so
that an error can name the file.
"""

import math
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias
from urllib.parse import urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.urllib3_fetcher import Urllib3Fetcher
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager, Retry, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from allward_sdk.errors import BadInputError
from allward_sdk.local_addresses import check_not_local, connect

METADATA = "metadata/"
TARGETS = "targets/"

SILENCE_S = 15
"""How long a web server may say nothing before it is asked again, three times at most."""

_CHUNK_BYTES = 1 << 20
_REDIRECTS = 300
_ERRORS = 400
_NOT_FOUND = 404
"""How a fetcher says that there is no such file; python-tuf takes it for the end of the chain of roots."""


class FolderFetcher(FetcherInterface):
    """Reads a catalogue from a folder."""

    def __init__(self, folder: Path) -> None:
        self.source = str(folder)
        self.place = ""
        self._folder = folder

    def allow(self, span_s: float) -> None:
        """Do nothing: a folder keeps nobody waiting."""

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


def _called(connection: HTTPConnection | HTTPSConnection) -> socket.socket:
    """Connect as urllib3 does, but to the address that was looked at and found not to be local."""
    host = connection.host.strip("[]")
    try:
        return connect(host, connection.port, timeout_s=connection.timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{host} does not answer") from error
    except OSError as error:
        raise NewConnectionError(connection, error.strerror or str(error)) from error


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _called(self)


class _SafeConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _called(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class AddressFetcher(Urllib3Fetcher):
    """Reads a catalogue from a web server; proxies as python-tuf has them; redirects are not followed.

    `local` says whether the address may lie on this machine or its link; where a proxy is asked instead, the
    proxy has the last word on what a name means.
    """

    def __init__(self, address: str, *, local: bool = True) -> None:
        super().__init__(socket_timeout=SILENCE_S, app_user_agent="Allward")
        self.source = address.rstrip("/")
        self.place = ""
        parts = urlsplit(self.source)
        manager = self._proxy_env.get_pool_manager(parts.scheme, parts.hostname)
        self._checks_name = not local and isinstance(manager, ProxyManager)
        if not local and not self._checks_name:
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _SafePool}
        self._until = math.inf

    def allow(self, span_s: float) -> None:
        """Give all that is fetched from now on so many seconds, however often the server says something."""
        self._until = time.monotonic() + span_s

    def _fetch(self, url: str) -> Iterator[bytes]:
        self.place = url
        self._refuse_late()
        if self._checks_name:
            _refuse_local(self.source)
        try:
            response = self._proxy_env.request(
                "GET",
                f"{self.source}/{url}",
                preload_content=False,
                timeout=Timeout(self.socket_timeout),
                redirect=False,
                retries=Retry(3, respect_retry_after_header=False),  # nobody lets us sleep for hours
            )
        except BadInputError as error:
            raise DownloadError(str(error)) from error
        if response.status >= _REDIRECTS:
            response.close()
            if response.status < _ERRORS:
                raise DownloadError("it leads to another address: name that one, if you believe it")
            raise DownloadHTTPError(f"HTTP {response.status}", response.status)
        return self._chunks(response)

    def _chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        try:
            while chunk := response.read1(_CHUNK_BYTES):  # what is there; `stream` waits for a whole chunk
                self._refuse_late()
                yield chunk
        finally:
            response.close()

    def _refuse_late(self) -> None:
        if time.monotonic() > self._until:
            raise SlowRetrievalError("it takes too long; bring a copy in a folder")


def _refuse_local(address: str) -> None:
    parts = urlsplit(address)
    try:
        check_not_local(parts.hostname or "", parts.port or 0)
    except (BadInputError, OSError, ValueError) as error:
        raise DownloadError(str(error)) from error


Fetcher: TypeAlias = FolderFetcher | AddressFetcher


def fetcher_of(source: str | Path, *, local: bool = True) -> Fetcher:
    """Return what reads `source`: an http or https address, a `local` one if allowed, or a folder."""
    text = str(source)
    if text.startswith(("http://", "https://")):
        return AddressFetcher(text, local=local)
    return FolderFetcher(Path(source))
