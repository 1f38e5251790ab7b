"""Why a catalogue is refused, in one sentence that names the file and says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from tuf.api import exceptions
from tuf.api.serialization import DeserializationError
from urllib3.exceptions import HTTPError

from allward_sdk.catalogue.fetching import Fetcher
from allward_sdk.errors import AllwardError, CatalogueError, TemporaryError

_COPY_AGAIN = "copy the whole catalogue again from its publisher"

_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (
        exceptions.UnsignedMetadataError,
        "is not signed by a key of this catalogue: it was changed, or belongs to another catalogue; "
        "take catalogue and root.json from the same publisher",
    ),
    (
        exceptions.BadVersionNumberError,
        "is older than what was seen of this catalogue before: it was rolled back; bring a newer copy",
    ),
    (
        exceptions.LengthOrHashMismatchError,
        "is not the file that the catalogue's signed list names: it was changed, cut off, or mixed in from "
        f"another copy; {_COPY_AGAIN}",
    ),
    (
        exceptions.DownloadLengthMismatchError,
        f"is longer than the catalogue allows: it was changed; {_COPY_AGAIN}",
    ),
    (DeserializationError, f"is damaged: it cannot be read as metadata; {_COPY_AGAIN}"),
)
"""The first class that fits says why; the more special ones come first."""

_MISSING = (403, 404)
_UNREACHABLE = (exceptions.DownloadError, HTTPError)


@contextmanager
def refused_in_words(fetcher: Fetcher) -> Iterator[None]:
    """Turn what python-tuf and the way to the catalogue raise into our errors.

    Raises
    ------
    CatalogueError
        If a file of the catalogue is missing or cannot be believed.
    TemporaryError
        If the catalogue cannot be reached just now.
    """
    try:
        yield
    except (exceptions.RepositoryError, *_UNREACHABLE) as error:
        raise _in_words(error, f"{fetcher.source}: {fetcher.place}") from error


def _in_words(error: Exception, where: str) -> AllwardError:
    if isinstance(error, exceptions.BadVersionNumberError) and where.endswith(".root.json"):
        return CatalogueError(f"{where} holds another version than its name says: {_COPY_AGAIN}.")
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return CatalogueError(f"{where} {sentence}.")
    if isinstance(error, exceptions.DownloadHTTPError):
        if error.status_code in _MISSING:
            return CatalogueError(f"{where} is missing: {_COPY_AGAIN}.")
        return TemporaryError(f"{where} was answered with HTTP {error.status_code}: try again later.")
    if isinstance(error, _UNREACHABLE):
        return TemporaryError(f"{where} cannot be read ({_reason(error)}): look at the way to it, try again.")
    return CatalogueError(f"{where} is not what a catalogue holds ({error}): {_COPY_AGAIN}.")


def _reason(error: Exception) -> str:
    """Return the words of the first cause: python-tuf wraps it in `Failed to download`."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return str(error) or type(error).__name__
