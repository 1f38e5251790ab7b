"""A catalogue as a hospital reads it: from a folder or a web server, believed only as far as it is signed.

What was seen is remembered in a cache folder, so that nobody can show an older state later, from whichever
source. A stale catalogue can be listed; nothing is fetched from it.

Source
------
ADR-0018; TUF specification 5 (detailed client workflow), carried out by `tuf.ngclient`.
"""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from tuf.api.exceptions import (
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater

from allward_sdk.catalogue import durable
from allward_sdk.catalogue.entries import PUBLISHERS, CatalogueEntry, entries_of
from allward_sdk.catalogue.fetching import METADATA, TARGETS, Fetcher, fetcher_of
from allward_sdk.catalogue.pinning import believed_root, fingerprint_of, metadata_folder, pin
from allward_sdk.catalogue.refusals import refused_in_words
from allward_sdk.catalogue.verified import Verified, verified_despite_age
from allward_sdk.errors import CatalogueError, StaleCatalogueError
from allward_sdk.package import MAX_PACKAGE_BYTES
from allward_sdk.trust.keys import PublisherKey, TrustStore, read_publishers

READ_S = 60.0
"""How long a catalogue may take to be read, without its packages."""

SLOWEST_BYTES_PER_S = 1 << 20
"""A package that comes more slowly is given up; in a hospital with a slower line it comes on a stick."""

MOST_PUBLISHERS_BYTES = 1 << 20
"""Of publishers.json: some 2000 keys."""

_Role = TypeVar("_Role", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True)
class Catalogue:
    """One verified state of a catalogue."""

    source: str
    """The folder or address."""
    fingerprint: str
    """sha256 of the first root.json, in hexadecimal."""
    expires: datetime
    """Its greatest age: from then on nothing is fetched."""
    _targets: Mapping[str, TargetFile]
    _entries: tuple[CatalogueEntry, ...]
    _publishers: tuple[PublisherKey, ...]
    _fetcher: Fetcher

    @classmethod
    def open(
        cls, source: str | Path | Fetcher, trusted_root: Path | None, cache: Path, *, wait: bool = True
    ) -> "Catalogue":
        """Read the newest state and verify it.

        Parameters
        ----------
        source
            A folder, an http or https address, or what reads one.
        trusted_root
            The root.json that the operator has from the publisher; it is pinned when it leads to a whole
            catalogue. None once one is pinned.
        cache
            Folder that remembers what was seen of this catalogue; one folder for each.
        wait
            Whether to wait for another reader of the same cache.

        Raises
        ------
        CatalogueError
            If a file is missing, older than what was seen, from another state, or not signed as it must be.
        TemporaryError
            If the source cannot be reached, or takes longer than `READ_S`.
        BusyError
            If the cache is read by another, and nobody is to `wait`.
        """
        fetcher = fetcher_of(source) if isinstance(source, str | Path) else source
        fetcher.allow(READ_S)
        with durable.alone(cache, wait=wait):
            first = believed_root(trusted_root, cache)
            with refused_in_words(fetcher):
                now = _newest(fetcher, first, metadata_folder(cache))
                publishers = _read_publishers(fetcher, now.targets)
            pin(first, cache)
        return cls(
            source=fetcher.source,
            fingerprint=fingerprint_of(first),
            expires=now.expires,
            _targets=now.targets.targets,
            _entries=entries_of(now.targets),
            _publishers=publishers,
            _fetcher=fetcher,
        )

    @property
    def is_stale(self) -> bool:
        """Tell whether it is older than its greatest age."""
        return datetime.now(UTC) >= self.expires

    def entries(self) -> tuple[CatalogueEntry, ...]:
        """Return every package by plug-in and version, withdrawn ones too."""
        return self._entries

    def publishers(self) -> tuple[PublisherKey, ...]:
        """Return the publishers' keys in every state."""
        return self._publishers

    def trust(self) -> TrustStore:
        """Return what this catalogue vouches for: its keys, and the packages that it did not withdraw."""
        return TrustStore.of(self._publishers, (e.digest for e in self._entries if e.yanked is None))

    def entry(self, plugin: str, version: str) -> CatalogueEntry:
        """Return one version.

        Raises
        ------
        CatalogueError
            If the catalogue has no such version.
        """
        for entry in self._entries:
            if (entry.plugin, entry.version) == (plugin, version):
                return entry
        raise CatalogueError(f"{self.source}: the catalogue has no {plugin} {version}.")

    def require_fresh(self) -> None:
        """Refuse to go on with a stale catalogue.

        Raises
        ------
        StaleCatalogueError
            With the date since when it is stale, and what to do.
        """
        if self.is_stale:
            raise StaleCatalogueError(
                f"{self.source}: the catalogue is stale since {self.expires:%Y-%m-%d %H:%M} UTC: "
                "bring a newer copy. Until then it installs nothing; what is installed runs on."
            )

    def fetch(self, entry: CatalogueEntry, into: Path) -> Path:
        """Bring a package into the folder `into`; the file appears when it is whole and its digest is right.

        Raises
        ------
        StaleCatalogueError
            If the catalogue is older than its greatest age.
        CatalogueError
            If the version or its publisher's key was withdrawn, the file is not what the catalogue names, or
            it is larger than a package may be.
        """
        self.require_fresh()
        listed = self.entry(entry.plugin, entry.version)
        self._refuse_withdrawn(listed)
        _refuse_large(listed)
        self._fetcher.allow(READ_S + listed.size_bytes / SLOWEST_BYTES_PER_S)
        target = into / listed.file
        if not _is_whole(self._targets[listed.path], target):
            with refused_in_words(self._fetcher), durable.replacing(target) as file:
                _download(self._fetcher, self._targets[listed.path], file)
        return target

    def store_targets(self, folder: Path) -> int:
        """Write every target that holds below `folder`, as a catalogue keeps them; returns how many packages.

        What lies there already with the right digest is left as it is.

        Raises
        ------
        CatalogueError
            If a file is missing or not what the catalogue names.
        """
        held = [entry.path for entry in self._entries if entry.yanked is None]
        self._fetcher.allow(math.inf)
        with refused_in_words(self._fetcher):
            for path in (PUBLISHERS, *held):
                target = self._targets[path]
                stored = folder / TARGETS / target.get_prefixed_paths()[0]
                if not _is_whole(target, stored):
                    with durable.replacing(stored) as file:
                        _download(self._fetcher, target, file)
        return len(held)

    def _refuse_withdrawn(self, entry: CatalogueEntry) -> None:
        name = f"{entry.plugin} {entry.version}"
        if entry.yanked is not None:
            raise CatalogueError(f"{name} was withdrawn ({entry.yanked}): take another version.")
        key = next((key for key in self._publishers if key.keyid == entry.keyid), None)
        if key is None:
            raise CatalogueError(
                f"{name} is signed with the key {entry.keyid}, which the catalogue does not list."
            )
        if key.state == "revoked":
            raise CatalogueError(f"{name}: the key of {key.publisher} was revoked ({key.reason}).")


def _refuse_large(entry: CatalogueEntry) -> None:
    if entry.size_bytes > MAX_PACKAGE_BYTES:
        raise CatalogueError(
            f"{entry.plugin} {entry.version} is larger than {MAX_PACKAGE_BYTES >> 30} GiB: no package may be."
        )


def _is_whole(target: TargetFile, path: Path) -> bool:
    try:
        with path.open("rb") as file:
            target.verify_length_and_hashes(file)
    except (FileNotFoundError, LengthOrHashMismatchError):
        return False
    return True


def _newest(fetcher: Fetcher, first: bytes, cache: Path, tries: int = 3) -> Verified:
    """Return the newest state; a stale one is proven in everything but its date.

    Between the root and what it signs a publisher may have replaced a key: then it is read once more.
    """
    updater = Updater(str(cache), METADATA, fetcher=fetcher, bootstrap=first)
    try:
        updater.refresh()
    except ExpiredMetadataError:
        return verified_despite_age(
            lambda name, most: fetcher.download_bytes(f"{METADATA}{name}", most), _cached(Root, cache)
        )
    except UnsignedMetadataError:
        if tries == 1:
            raise
        return _newest(fetcher, first, cache, tries - 1)
    return Verified(
        _cached(Root, cache), _cached(Timestamp, cache), _cached(Snapshot, cache), _cached(Targets, cache)
    )


def _cached(kind: type[_Role], cache: Path) -> _Role:
    """Return what python-tuf has just verified and kept: it hands out targets only by name."""
    signed = Metadata[_Role].from_file(str(cache / f"{kind.type}.json")).signed
    assert isinstance(signed, kind)
    return signed


def _read_publishers(fetcher: Fetcher, targets: Targets) -> tuple[PublisherKey, ...]:
    listed = targets.targets.get(PUBLISHERS)
    if listed is None:
        raise CatalogueError(
            f"{fetcher.source}: the catalogue lists no {PUBLISHERS}: its publisher has to add it."
        )
    if listed.length > MOST_PUBLISHERS_BYTES:
        raise CatalogueError(
            f"{fetcher.source}: {PUBLISHERS} is larger than 1 MiB: its publisher has to mend it."
        )
    text = io.BytesIO()
    _download(fetcher, listed, text)
    return read_publishers(text.getvalue(), place=f"{fetcher.source}: {PUBLISHERS}")


def _download(fetcher: Fetcher, target: TargetFile, file: BinaryIO) -> None:
    """Write a target's bytes into `file`, no more of them than were signed, and hold them to their digest."""
    received = 0
    for chunk in fetcher.fetch(f"{TARGETS}{target.get_prefixed_paths()[0]}"):
        received += len(chunk)
        if received > target.length:
            raise DownloadLengthMismatchError(f"more than {target.length} bytes")
        file.write(chunk)
    file.seek(0)
    target.verify_length_and_hashes(file)
    file.seek(0, io.SEEK_END)
