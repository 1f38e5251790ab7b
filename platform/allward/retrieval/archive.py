"""What an archive can be asked, whatever it speaks; and what receives the objects that it hands out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from types import TracebackType
from typing import Protocol, Self

from allward.kernel.bucket import TokenBucket
from allward.retrieval.rows import SeriesRow, StudyQuery, StudyRow
from allward_sdk.errors import AllwardError, TemporaryError

STALL_S = 60.0
"""An archive that sends nothing for so long, in seconds, is hung up on."""


class ArchiveAwayError(TemporaryError):
    """The archive did not do it now; trying again may help."""


class ArchiveRefusedError(AllwardError):
    """The archive will not do it; only a person can change that."""


class Reception(Protocol):
    """Takes the objects of one study into the spool and the index of one hospital."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what was not indexed."""

    def begin(self) -> None:
        """Begin one object: a file of PS3.10."""

    def write(self, block: bytes | memoryview) -> None:
        """Take its next bytes."""

    def end(self) -> str:
        """Check it and make it durable; return why it is refused, empty if it may be acknowledged."""

    def multipart(self, content_type: str) -> Callable[[bytes], None]:
        """Return what takes the bytes of a multipart body of objects, the last time with none."""

    def index(self) -> list[str]:
        """Index what came; return why objects are not in the index, one text for each."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a transfer shares with others: the cap of bandwidth, and the word to stop."""

    bucket: TokenBucket
    stop: Event

    def pay(self, size_bytes: int, *, since: float | None = None) -> None:
        """Count bytes that came, and wait as long as the cap wants; returns at once when all has to stop."""
        wait_s = self.bucket.spend(size_bytes, since=since)
        if wait_s > 0:
            self.stop.wait(wait_s)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an archive says of one series that it was asked for."""

    completed: int = 0
    failed: int = 0
    words: str = ""
    """Why not all came; empty if it complains of nothing."""

    def with_refusals(self, refused: list[str]) -> "Fetched":
        """Return the same, with the objects that we could not take."""
        if not refused:
            return self
        words = "; ".join(dict.fromkeys([*filter(None, [self.words]), *refused]))
        return replace(self, failed=self.failed + len(refused), words=words)


class Archive(Protocol):
    """One archive that answers. Every method raises `ArchiveAwayError` or `ArchiveRefusedError`."""

    def test(self) -> None:
        """Ask whether it is there and knows us."""

    def find_studies(self, query: StudyQuery) -> list[StudyRow]:
        """Return the studies that fit, `MOST_ROWS` at most."""

    def find_series(self, study_instance_uid: str) -> list[SeriesRow]:
        """Return the series of a study, each with its count of instances where the archive knows it."""

    def fetch(self, study_instance_uid: str, series: SeriesRow, line: Line) -> Fetched:
        """Bring one series into the index, or, with C-MOVE, have it sent to us."""
