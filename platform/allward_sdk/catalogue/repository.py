"""A catalogue as who publishes sees it: made, added to, withdrawn from, renewed.

Each change is one new state (`publishing.py`). Nothing that was published is removed: a reader on its way
finds what its state names.
"""

import io
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from tuf.api.metadata import Root, TargetFile, Targets

from allward_sdk.catalogue import durable
from allward_sdk.catalogue.entries import PUBLISHERS, CatalogueEntry, entries_of
from allward_sdk.catalogue.fetching import TARGETS
from allward_sdk.catalogue.publishing import Lifetimes, State, in_time
from allward_sdk.catalogue.role_keys import ROLES, RoleKeys
from allward_sdk.catalogue.verified import Verified
from allward_sdk.errors import CatalogueError, UsageError
from allward_sdk.package import package_name
from allward_sdk.trust.envelope import SignedPackage, verify_package
from allward_sdk.trust.keys import PublisherKey, TrustStore, publishers_to_json, read_publishers

_CHUNK_BYTES = 1 << 20
DEFAULT = Lifetimes()
"""A year, a quarter, a week."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The catalogue in `folder`, with the keys of its roles in the folder `keys`."""

    folder: Path
    keys: Path

    @property
    def first_root(self) -> Path:
        """The root.json that hospitals get by another way than the catalogue itself."""
        return self._state.metadata / "1.root.json"

    def create(self, lifetimes: Lifetimes = DEFAULT) -> None:
        """Make keys and an empty catalogue.

        Raises
        ------
        UsageError
            If a catalogue is here already, or the keys would lie inside of it.
        """
        if self.keys.resolve().is_relative_to(self.folder.resolve()):
            raise UsageError(
                f"{self.keys}: keys must not lie inside of the catalogue, which everybody reads."
            )
        with durable.alone(self.keys):
            if (self._state.metadata / "timestamp.json").exists():
                raise UsageError(f"{self.folder}: a catalogue is here already.")
            root = Root(expires=in_time(lifetimes.root), consistent_snapshot=True)
            lifetimes.write_into(root)
            for role in ROLES:
                root.add_key(self._state.keys.make(role), role)
            targets = Targets()
            self._list_publishers(targets, [])
            self._state.write_first(root, targets)

    def entries(self) -> tuple[CatalogueEntry, ...]:
        """Return every package, withdrawn ones too."""
        return entries_of(self._state.read().targets)

    def publishers(self) -> tuple[PublisherKey, ...]:
        """Return the publishers' keys."""
        return self._publishers_of(self._state.read().targets)

    def add_package(self, package: Path) -> CatalogueEntry:
        """Verify a signed package against the publishers' keys and list it; once more changes nothing.

        Raises
        ------
        UntrustedError
            If it is not signed by an active key of `publishers.json` that may sign its id.
        CatalogueError
            If the catalogue lists other bytes under this version, or has withdrawn it.
        """
        with self._changing() as now:
            listed = entries_of(now.targets)
            trust = TrustStore.of(self._publishers_of(now.targets), (entry.digest for entry in listed))
            entry = _entry_of(package, verify_package(package, trust))
            known = next((other for other in listed if other.order == entry.order), None)
            if known is not None:
                return _same(known, entry)
            with package.open("rb") as content:
                self._store(entry.to_target(), content)
            self._publish(now, [entry.to_target()])
            return entry

    def yank(self, plugin: str, version: str, reason: str) -> CatalogueEntry:
        """Withdraw a version: it stays listed, with the reason, and is handed out no more.

        Raises
        ------
        UsageError
            If the catalogue has no such version, or no reason is given.
        """
        if not reason.strip():
            raise UsageError("A version is withdrawn for a reason that hospitals can read: give one.")
        with self._changing() as now:
            found = [e for e in entries_of(now.targets) if (e.plugin, e.version) == (plugin, version)]
            if not found:
                raise UsageError(f"{self.folder}: the catalogue has no {plugin} {version}.")
            yanked = replace(found[0], yanked=reason.strip())
            self._publish(now, [yanked.to_target()])
            return yanked

    def set_publishers(self, keys: Iterable[PublisherKey]) -> None:
        """Replace the list of publishers' keys.

        Raises
        ------
        UsageError
            If a key is missing that signed a package of the catalogue: it is rotated or revoked, not removed.
        """
        listed = tuple(keys)
        with self._changing() as now:
            missing = {entry.keyid: entry for entry in entries_of(now.targets)}
            for key in listed:
                missing.pop(key.keyid, None)
            for keyid, entry in missing.items():
                raise UsageError(
                    f"The key {keyid} signed {entry.plugin} {entry.version}: "
                    'leave it in the list with the state "rotated" or "revoked".'
                )
            self._list_publishers(now.targets, listed)
            self._publish(now, [])

    def list_publisher(self, key: PublisherKey) -> None:
        """List a publisher's key, or change what is said of it; once more changes nothing.

        Raises
        ------
        CatalogueError
            If the list says that the key holds less than `key` does: nothing brings a key back.
        """
        with self._changing() as now:
            listed = {known.keyid: known for known in self._publishers_of(now.targets)}
            known = listed.get(key.keyid, key)
            if TrustStore.of([known, key]).keys[key.keyid].state != key.state:
                raise CatalogueError(
                    f"The catalogue says that the key {key.keyid} is {known.state}: publish with a new key."
                )
            if listed.get(key.keyid) != key:
                listed[key.keyid] = key
                self._list_publishers(now.targets, listed.values())
                self._publish(now, [])

    def refresh(self, greatest_age: timedelta | None = None) -> datetime:
        """Sign snapshot and timestamp anew, and targets too if they would expire before; returns until when.

        Parameters
        ----------
        greatest_age
            How long this state is believed; None for what was decided when the catalogue was made.
        """
        with self._changing() as now:
            age = Lifetimes.of(now.root).news if greatest_age is None else greatest_age
            self._state.publish(now, targets_changed=now.targets.expires <= in_time(age), age=age)
            return now.expires

    def rotate(self, role: str) -> None:
        """Replace the key of a role by a new one, and sign a root of the next version that says so.

        The next state is signed with both keys before the new root appears, so that it holds under the old
        root and under the new one.

        Raises
        ------
        UsageError
            If the root's key is not here.
        """
        if role not in ROLES:
            raise UsageError(f"{role!r} is no role of a catalogue: {', '.join(ROLES)}.")
        with self._changing() as now:
            state, root = self._state, now.root
            before = state.keys.signer("root", root)
            public = state.keys.make(role)
            fresh = state.keys.named(role, public.keyid)
            if role != Root.type:
                both = replace(state, also=((role, fresh),))
                both.publish(now, targets_changed=role == Targets.type)
            for keyid in tuple(root.roles[role].keyids):
                root.revoke_key(keyid, role)
            root.add_key(public, role)
            root.version += 1
            root.expires = in_time(Lifetimes.of(root).root)
            state.write_root(root, [before, fresh] if role == Root.type else [before])

    @property
    def _state(self) -> State:
        return State(self.folder, RoleKeys(self.keys))

    @contextmanager
    def _changing(self) -> Iterator[Verified]:
        with durable.alone(self.keys):
            yield self._state.read()

    def _publish(self, now: Verified, changed: Iterable[TargetFile]) -> None:
        now.targets.targets.update({target.path: target for target in changed})
        self._state.publish(now, targets_changed=True)

    def _list_publishers(self, targets: Targets, keys: Iterable[PublisherKey]) -> None:
        text = publishers_to_json(keys).encode()
        target = TargetFile.from_data(PUBLISHERS, text)
        self._store(target, io.BytesIO(text))
        targets.targets[PUBLISHERS] = target

    def _publishers_of(self, targets: Targets) -> tuple[PublisherKey, ...]:
        path = self._path(targets.targets[PUBLISHERS])
        text = path.read_bytes()
        targets.targets[PUBLISHERS].verify_length_and_hashes(text)
        return read_publishers(text, place=str(path))

    def _path(self, target: TargetFile) -> Path:
        return self.folder / TARGETS / target.get_prefixed_paths()[0]

    def _store(self, target: TargetFile, content: BinaryIO) -> None:
        """Write a target under its digest; what lies there already has the same bytes."""
        path = self._path(target)
        if path.exists():
            return
        with durable.replacing(path) as file:
            shutil.copyfileobj(content, file, _CHUNK_BYTES)
            file.seek(0)
            target.verify_length_and_hashes(file)
            file.seek(0, io.SEEK_END)


def _entry_of(package: Path, signed: SignedPackage) -> CatalogueEntry:
    plugin, version = signed.payload.plugin, signed.payload.version
    return CatalogueEntry(
        plugin=plugin,
        version=version,
        file=package_name(signed.package.manifest),
        digest=signed.digest,
        size_bytes=package.stat().st_size,
        keyid=signed.keyid,
    )


def _same(known: CatalogueEntry, entry: CatalogueEntry) -> CatalogueEntry:
    """Return what is listed already, if it is the same and holds."""
    name = f"{known.plugin} {known.version}"
    if known.digest != entry.digest:
        raise CatalogueError(
            f"The catalogue has {name} with other bytes: a changed package is a new version."
        )
    if known.yanked is not None:
        raise CatalogueError(f"The catalogue withdrew {name} ({known.yanked}): publish a new version.")
    return known
