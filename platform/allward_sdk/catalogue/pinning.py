"""Which root.json is believed: the first one that an operator gave, and what it led to.

Source
------
TUF specification 5.2 and 5.3 (trusted root, update of the root).
"""

import hashlib
from pathlib import Path

from tuf.api.exceptions import RepositoryError

from allward_sdk.catalogue import durable
from allward_sdk.catalogue.verified import read_root
from allward_sdk.errors import CatalogueError, UsageError


def fingerprint_of(root: bytes) -> str:
    """Return the sha256 of a root.json in hexadecimal, to be compared with the publisher's word."""
    return hashlib.sha256(root).hexdigest()


def believed_root(given: Path | None, cache: Path) -> bytes:
    """Return the root from which the chain of roots begins.

    Raises
    ------
    UsageError
        If no root was ever given.
    CatalogueError
        If the given one is no root, or neither the pinned one nor one to which it led.
    """
    pinned = _pin(cache)
    if given is None:
        if not pinned.is_file():
            raise UsageError(
                "Whose catalogue is believed? Give the root.json that you have from its publisher (--root)."
            )
        return pinned.read_bytes()
    root = given.read_bytes()
    try:
        version = read_root(root).version
    except RepositoryError as error:
        raise CatalogueError(f"{given}: not the root.json of a catalogue: {error}.") from error
    if not pinned.is_file():
        return root
    first = pinned.read_bytes()
    followed = metadata_folder(cache) / "root_history" / f"{version}.root.json"
    if root != first and not (followed.is_file() and followed.read_bytes() == root):
        raise CatalogueError(
            f"{given}: its fingerprint is {fingerprint_of(root)}, but the catalogue that is known here began "
            f"with {fingerprint_of(first)}: ask its publisher; if it was made anew, remove {cache} first."
        )
    return first


def pin(root: bytes, cache: Path) -> None:
    """Remember the root with which a catalogue was found whole for the first time."""
    if not _pin(cache).is_file():
        durable.write(_pin(cache), root)


def metadata_folder(cache: Path) -> Path:
    """Return where python-tuf keeps what it has verified."""
    return cache / "metadata"


def _pin(cache: Path) -> Path:
    return cache / "pinned.root.json"
