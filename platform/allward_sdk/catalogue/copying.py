"""A whole copy of a catalogue, for a USB stick or a second server: proven before it is written, and in order.

The copy is one state of the source. Packages that were withdrawn stay behind; that they were is in the list.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Timestamp

from allward_sdk.catalogue import durable
from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.fetching import METADATA, Fetcher, fetcher_of
from allward_sdk.catalogue.pinning import metadata_folder
from allward_sdk.catalogue.refusals import refused_in_words
from allward_sdk.catalogue.verified import LIMITS
from allward_sdk.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy was made of."""

    catalogue: Catalogue
    packages: int
    """Packages in the copy; those that were there already count too."""


def copy_catalogue(source: str | Path, folder: Path, trusted_root: Path | None = None) -> Copied:
    """Copy the newest state into `folder`; a reader of the folder sees the old state or the new one.

    Parameters
    ----------
    trusted_root
        None: the copy is proven against the source's own first root, and whoever reads it proves whose it is.

    Raises
    ------
    StaleCatalogueError
        If the source is older than its greatest age.
    CatalogueError
        If the source cannot be believed, or the folder holds a newer state.
    """
    fetcher = fetcher_of(source)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        first = work / "root.json"
        with refused_in_words(fetcher):
            first.write_bytes(_root(fetcher, 1))
        catalogue = Catalogue.open(source, trusted_root or first, work / "cache")
        catalogue.require_fresh()
        verified = metadata_folder(work / "cache")
        _refuse_older(verified / "timestamp.json", folder)
        packages = catalogue.store_targets(folder)
        newest = Metadata[Root].from_file(str(verified / "root.json")).signed.version
        with refused_in_words(fetcher):
            for version in range(1, newest + 1):  # a later root may not hold for this state
                durable.write(folder / METADATA / f"{version}.root.json", _root(fetcher, version))
        _write_state(verified, folder / METADATA)
    return Copied(catalogue, packages)


def _root(fetcher: Fetcher, version: int) -> bytes:
    """Return one root of the chain; whether the one before signed it is for its readers to prove."""
    return fetcher.download_bytes(f"{METADATA}{version}.root.json", LIMITS.root_max_length)


def _refuse_older(timestamp: Path, folder: Path) -> None:
    there = folder / METADATA / "timestamp.json"
    if not there.is_file():
        return
    try:
        known = Metadata[Timestamp].from_file(str(there)).signed.version
    except RepositoryError:  # half a file of a stick that was pulled out: it is replaced
        return
    if Metadata[Timestamp].from_file(str(timestamp)).signed.version < known:
        raise CatalogueError(f"{folder}: a newer state of the catalogue is here already: nothing was copied.")


def _write_state(verified: Path, metadata: Path) -> None:
    """Write what python-tuf verified under the names of its versions, and what makes it visible last."""
    for role in ("targets", "snapshot"):
        signed = Metadata.from_file(str(verified / f"{role}.json")).signed
        _copy(verified / f"{role}.json", metadata / f"{signed.version}.{role}.json")
    _copy(verified / "timestamp.json", metadata / "timestamp.json")


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as content, durable.replacing(target) as file:
        shutil.copyfileobj(content, file)
