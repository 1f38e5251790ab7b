"""Metadata of a catalogue that is whole and signed, whatever its age.

`tuf.ngclient` refuses expired metadata before it reads further. A stale catalogue may still be listed, and
whoever maintains one must read it to renew it: both want everything proven but the date.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tuf.api.exceptions import BadVersionNumberError, RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.ngclient import UpdaterConfig

LIMITS = UpdaterConfig()
"""Greatest sizes of metadata whose size no signed list tells."""

Read = Callable[[str, int], bytes]
"""Returns a file of `metadata/`, at most so many bytes of it."""

_Role = TypeVar("_Role", Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class Verified:
    """One state of a catalogue: four files that belong together."""

    root: Root
    timestamp: Timestamp
    snapshot: Snapshot
    targets: Targets

    @property
    def expires(self) -> datetime:
        """When the first of the four expires: the catalogue's greatest age."""
        return min(part.expires for part in (self.root, self.timestamp, self.snapshot, self.targets))


def verified_despite_age(read: Read, root: Root) -> Verified:
    """Read the state that timestamp.json names, and check signatures, digests and versions, not dates.

    Raises
    ------
    RepositoryError
        If a file is not signed by its role, or is not the one that the file before it names.
    """
    timestamp = _signed(Timestamp, read("timestamp.json", LIMITS.timestamp_max_length), root)
    meta = timestamp.snapshot_meta
    snapshot = _named(Snapshot, meta, read, root)
    listed = snapshot.meta.get("targets.json")
    if listed is None:
        raise RepositoryError("targets.json is not in the list")
    return Verified(root, timestamp, snapshot, _named(Targets, listed, read, root))


def _named(kind: type[_Role], meta: MetaFile, read: Read, root: Root) -> _Role:
    most = meta.length or max(LIMITS.snapshot_max_length, LIMITS.targets_max_length)
    data = read(f"{meta.version}.{kind.type}.json", most)
    meta.verify_length_and_hashes(data)
    signed = _signed(kind, data, root)
    if signed.version != meta.version:
        raise BadVersionNumberError(f"version {signed.version} under the name of {meta.version}")
    return signed


def _signed(kind: type[_Role], data: bytes, root: Root) -> _Role:
    metadata = Metadata[_Role].from_bytes(data)
    root.verify_delegate(kind.type, metadata.signed_bytes, metadata.signatures)
    if not isinstance(metadata.signed, kind):
        raise RepositoryError(f"it is of type {metadata.signed.type}")
    return metadata.signed


def read_root(data: bytes) -> Root:
    """Read a root and check that its own keys signed it: no more can be known of a first one.

    Raises
    ------
    RepositoryError
        If it is no root, or not signed by itself.
    """
    metadata = Metadata[Root].from_bytes(data)
    if not isinstance(metadata.signed, Root):
        raise RepositoryError(f"it is of type {metadata.signed.type}")
    metadata.signed.verify_delegate(Root.type, metadata.signed_bytes, metadata.signatures)
    return metadata.signed
