"""An archive that speaks DICOMweb: QIDO-RS to find, WADO-RS to fetch.

Source
------
PS3.18 10.4 (retrieve), 10.6 (search), PS3.18 annex F (DICOM JSON).
"""

import base64
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydicom.tag import Tag

from allward.retrieval.archive import (
    STALL_S,
    ArchiveAwayError,
    ArchiveRefusedError,
    Fetched,
    Line,
    Reception,
)
from allward.retrieval.association import ended_after
from allward.retrieval.rows import (
    MOST_ROWS,
    SERIES_KEYS,
    STUDY_KEYS,
    SeriesRow,
    StudyQuery,
    StudyRow,
    Texts,
    matching,
)
from allward_sdk.errors import BadInputError
from allward_sdk.local_addresses import connect

CONNECT_S = 10.0
ANSWER_S = 300.0
"""Limit for a whole answer to a search, in seconds: a person waits for it, and one server drips for ever."""
_BLOCK_BYTES = 16 << 10
_MOST_JSON_BYTES = 64 << 20
_JSON = "application/dicom+json"
_OBJECTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'


@dataclass(frozen=True, slots=True)
class Address:
    """Where a DICOMweb server is, and who asks it."""

    base_url: str
    username: str = ""
    secret: str = ""
    may_be_local: bool = False
    """Whether it may lie at a loopback or link-local address."""

    def __str__(self) -> str:
        return self.base_url

    @property
    def headers(self) -> dict[str, str]:
        """The credentials as a header: Basic with a user name (RFC 7617), else a bearer token (RFC 6750)."""
        if not self.secret:
            return {}
        if not self.username:
            return {"Authorization": f"Bearer {self.secret}"}
        pair = base64.b64encode(f"{self.username}:{self.secret}".encode()).decode("ascii")
        return {"Authorization": f"Basic {pair}"}


class _NotFoundError(ArchiveRefusedError):
    """The archive knows no such study, or has no such address."""


class WebArchive:
    """Asks one DICOMweb server. Redirects are not followed: credentials go where a person said."""

    def __init__(self, address: Address, *, receive: Callable[[str], Reception]) -> None:
        self._address = address
        self._receive = receive

    def test(self) -> None:
        """Ask for one study, whichever."""
        self._json("/studies?limit=1")

    def find_studies(self, query: StudyQuery) -> list[StudyRow]:
        """Ask with QIDO-RS for studies."""
        asked = [*matching(query).items(), *(("includefield", key) for key in STUDY_KEYS)]
        found = self._json(f"/studies?{urlencode([*asked, ('limit', str(MOST_ROWS))])}")
        rows = (StudyRow.read(_texts_of(each)) for each in found)
        return [row for row in rows if row.study_instance_uid and row.fits(query)]

    def find_series(self, study_instance_uid: str) -> list[SeriesRow]:
        """Ask with QIDO-RS for the series of a study."""
        asked = urlencode([("includefield", key) for key in SERIES_KEYS])
        try:
            found = self._json(f"/studies/{quote(study_instance_uid)}/series?{asked}")
        except _NotFoundError:
            return []
        rows = (SeriesRow.read(_texts_of(each)) for each in found)
        return [row for row in rows if row.series_instance_uid]

    def fetch(self, study_instance_uid: str, series: SeriesRow, line: Line) -> Fetched:
        """Bring one series with WADO-RS, under the cap, in the transfer syntaxes that the archive holds."""
        path = f"/studies/{quote(study_instance_uid)}/series/{quote(series.series_instance_uid)}"
        with self._receive(study_instance_uid) as reception:
            with self._asked(path, _OBJECTS) as answer:
                self._take(answer, reception, line)
            refused = reception.index()
        return Fetched(completed=series.instance_count or 0).with_refusals(refused)

    def _take(self, answer: http.client.HTTPResponse, reception: Reception, line: Line) -> None:
        try:
            feed = reception.multipart(answer.headers.get("Content-Type", ""))
            while block := answer.read1(_BLOCK_BYTES):
                line.pay(len(block))
                if line.stop.is_set():
                    raise ArchiveAwayError("the transfer was stopped")
                feed(block)
            feed(b"")
        except BadInputError as error:
            raise ArchiveAwayError(f"{self._address}: {error}") from error

    def _json(self, path: str) -> list[dict[str, Any]]:
        with self._asked(path, _JSON, within_s=ANSWER_S) as answer:
            if answer.status == http.client.NO_CONTENT:
                return []
            body = answer.read(_MOST_JSON_BYTES + 1)
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ArchiveAwayError(f"{self._address} does not answer with DICOM JSON")
        return found

    @contextmanager
    def _asked(
        self, path: str, accept: str, *, within_s: float | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = _connection(self._address)
        place = urlsplit(self._address.base_url).path.rstrip("/")
        limit = nullcontext() if within_s is None else ended_after(connection.sock, within_s)
        try:
            with limit:
                connection.request("GET", place + path, headers={"Accept": accept, **self._address.headers})
                answer = connection.getresponse()
                _judge(answer, self._address)
                yield answer
        except (OSError, http.client.HTTPException) as error:
            told = isinstance(error, OSError) and str(error)  # other words are the server's own
            words = told or type(error).__name__
            raise ArchiveAwayError(f"{self._address} cannot be reached or broke off: {words}") from error
        finally:
            connection.close()


def _connection(address: Address) -> http.client.HTTPConnection:
    parts = urlsplit(address.base_url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https"
    connection = http.client.HTTPConnection(host, parts.port or (443 if is_safe else 80))
    connection.auto_open = 0  # it would look the name up again
    try:
        called = connect(host, connection.port, timeout_s=CONNECT_S, may_be_local=address.may_be_local)
        connection.sock = called
        if is_safe:
            connection.sock = ssl.create_default_context().wrap_socket(called, server_hostname=host)
    except (OSError, UnicodeError) as error:
        connection.close()
        words = getattr(error, "strerror", None) or str(error)
        raise ArchiveAwayError(f"{address} cannot be reached: {words}") from error
    except BadInputError as error:
        connection.close()
        raise ArchiveRefusedError(str(error)) from error
    connection.sock.settimeout(STALL_S)
    return connection


def _judge(answer: http.client.HTTPResponse, address: Address) -> None:
    """Look at the status alone: words of a server that a person named are told to nobody."""
    if answer.status in (http.client.OK, http.client.NO_CONTENT, http.client.PARTIAL_CONTENT):
        return
    said = f"HTTP status {answer.status}"
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise ArchiveAwayError(f"{address} did not do it now ({said})")
    if answer.status in (401, 403):
        raise ArchiveRefusedError(f"{address} does not accept our credentials ({said})")
    kind = _NotFoundError if answer.status == http.client.NOT_FOUND else ArchiveRefusedError
    raise kind(f"{address} refuses ({said})")


def _texts_of(answer: Mapping[str, Any]) -> Texts:
    def texts(keyword: str) -> list[str]:
        element = answer.get(f"{int(Tag(keyword)):08X}")
        values = element.get("Value", ()) if isinstance(element, dict) else ()
        return [text for value in values if (text := _text(value))]

    return texts


def _text(value: Any) -> str:
    """Return a value as text; a name in the form of DICOM, its groups apart by `=` (PS3.18 F.2.2)."""
    if isinstance(value, dict):
        groups = (value.get(name) for name in ("Alphabetic", "Ideographic", "Phonetic"))
        return "=".join(str(group or "") for group in groups).rstrip("=")
    return "" if value is None else str(value)
