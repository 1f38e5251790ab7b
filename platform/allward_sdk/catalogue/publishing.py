"""How a catalogue's folder goes from one state to the next: a reader sees the old one or the new one.

Every file but timestamp.json has a name that no earlier state used (a version, or a digest before the
name). They are written first and synced; the new timestamp.json then takes the place of the old one in a
single step. Whatever is written before that step is invisible, and is overwritten by the next try.

Source
------
TUF specification 6.2 (consistent snapshots).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, Targets, Timestamp

from allward_sdk.catalogue import durable
from allward_sdk.catalogue.fetching import METADATA
from allward_sdk.catalogue.role_keys import RoleKeys
from allward_sdk.catalogue.verified import Verified, read_root, verified_despite_age
from allward_sdk.errors import CatalogueError

_Role = TypeVar("_Role", Root, Timestamp, Snapshot, Targets)
_Listed = TypeVar("_Listed", Snapshot, Targets)
_LIFETIMES_S = "x-allward-lifetimes-s"
"""A field of our own in root.json, which readers pass over."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what is signed now is believed."""

    root: timedelta = timedelta(days=365)
    targets: timedelta = timedelta(days=90)
    news: timedelta = timedelta(days=7)
    """Of snapshot and timestamp: the catalogue's greatest age."""

    @classmethod
    def of(cls, root: Root) -> "Lifetimes":
        """Return what was decided when the catalogue was made; the root carries it."""
        told: dict[str, int] = root.unrecognized_fields.get(_LIFETIMES_S, {})
        return cls(**{name: timedelta(seconds=seconds) for name, seconds in told.items()})

    def write_into(self, root: Root) -> None:
        """Let a root carry them."""
        root.unrecognized_fields[_LIFETIMES_S] = {
            name: int(lifetime.total_seconds()) for name, lifetime in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class State:
    """A catalogue's folder and its keys, ready to be changed."""

    folder: Path
    keys: RoleKeys
    also: Sequence[tuple[str, CryptoSigner]] = ()
    """Role and signer: who signs beside the role's own key, while a key is being replaced."""

    @property
    def metadata(self) -> Path:
        """Where the signed files lie."""
        return self.folder / METADATA

    def read(self) -> Verified:
        """Return the present state, proven but for its age.

        Raises
        ------
        CatalogueError
            If there is none, or it is not whole.
        """
        try:
            return verified_despite_age(self._read, self.read_root())
        except RepositoryError as error:
            raise CatalogueError(f"{self.folder}: not a whole catalogue: {error}.") from error

    def read_root(self) -> Root:
        """Return the newest root."""
        versions = [path.name.partition(".")[0] for path in self.metadata.glob("*.root.json")]
        numbers = [int(version) for version in versions if version.isdigit()]
        if not numbers:
            raise CatalogueError(
                f"{self.folder}: no catalogue is here: make one with allward catalogue init."
            )
        return read_root((self.metadata / f"{max(numbers)}.root.json").read_bytes())

    def _read(self, name: str, _: int) -> bytes:
        return (self.metadata / name).read_bytes()

    def publish(self, now: Verified, *, targets_changed: bool, age: timedelta | None = None) -> None:
        """Write the next version of snapshot and timestamp, and of targets if they changed.

        Parameters
        ----------
        age
            How long this state is believed; None for what was decided when the catalogue was made.
        """
        lifetimes = Lifetimes.of(now.root)
        news = lifetimes.news if age is None else age
        if targets_changed:
            meta = self._write_next(now.targets, now.root, lifetimes.targets)
            now.snapshot.meta["targets.json"] = meta
        now.timestamp.snapshot_meta = self._write_next(now.snapshot, now.root, news)
        _advance(now.timestamp, news)
        durable.write(self.metadata / "timestamp.json", self._signed(now.timestamp, now.root))

    def write_first(self, root: Root, targets: Targets) -> None:
        """Write a root, and the first state under it."""
        first = Verified(root, Timestamp(), Snapshot(), targets)
        for unpublished in (first.timestamp, first.snapshot, first.targets):
            unpublished.version = 0
        self.write_root(root, [self.keys.signer("root", root)])
        self.publish(first, targets_changed=True)

    def write_root(self, root: Root, signers: Sequence[CryptoSigner]) -> None:
        """Write a root under the name of its version."""
        durable.write(self.metadata / f"{root.version}.root.json", _bytes_of(root, signers))

    def _write_next(self, signed: _Listed, root: Root, lifetime: timedelta) -> MetaFile:
        _advance(signed, lifetime)
        content = self._signed(signed, root)
        durable.write(self.metadata / f"{signed.version}.{signed.type}.json", content)
        return MetaFile.from_data(signed.version, content, ["sha256"])

    def _signed(self, signed: _Role, root: Root) -> bytes:
        beside: list[CryptoSigner] = [signer for role, signer in self.also if role == signed.type]
        return _bytes_of(signed, [self.keys.signer(signed.type, root), *beside])


def in_time(lifetime: timedelta) -> datetime:
    """Return when something that is signed now expires."""
    return datetime.now(UTC) + lifetime


def _advance(signed: Signed, lifetime: timedelta) -> None:
    signed.version += 1
    signed.expires = in_time(lifetime)


def _bytes_of(signed: _Role, signers: Sequence[CryptoSigner]) -> bytes:
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()
