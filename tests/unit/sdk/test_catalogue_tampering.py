"""A catalogue that somebody has changed, replayed or mixed: one table of what is done and what is said.

Each case is read from a folder and from a web server: both say the same.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from securesystemslib.signer import CryptoSigner
from tests.unit.sdk.small_catalogue import PLUGIN, Scene, make_catalogue, make_scene, publisher, served
from tuf.api.metadata import MetaFile, TargetFile

from allward_sdk.catalogue.client import Catalogue
from allward_sdk.catalogue.publishing import Lifetimes
from allward_sdk.errors import CatalogueError, StaleCatalogueError

PAST = datetime.now(UTC) - timedelta(days=3)


class Case(NamedTuple):
    """What is done to a good catalogue, and the words that name the place."""

    name: str
    deed: Callable[[Scene], None]
    place: str
    """The file, as a glob of the sentence: `N` stands for a version."""
    words: str


def flip(where: Callable[[Scene], Path]) -> Callable[[Scene], None]:
    """Flip one bit in the middle of a file."""

    def deed(scene: Scene) -> None:
        content = bytearray(where(scene).read_bytes())
        content[len(content) // 2] ^= 1
        where(scene).write_bytes(content)

    return deed


def of_role(role: str) -> Callable[[Scene], Path]:
    return lambda scene: scene.file(role)


def expire(signed: Any) -> None:
    signed.expires = PAST


def say(text: str) -> Callable[[Any], None]:
    return lambda signed: signed.unrecognized_fields.update({"x-say": text})


def copy_earlier(role: str) -> Callable[[Scene], None]:
    """Put what a role said earlier in the place of what it says now."""

    def deed(scene: Scene) -> None:
        shutil.copy(scene.file(role, below=scene.earlier), scene.file(role))

    return deed


def replay(scene: Scene) -> None:
    scene.open()  # the hospital has seen the newer one
    copy_earlier("timestamp")(scene)


def replay_all(scene: Scene) -> None:
    scene.open()
    shutil.rmtree(scene.repository.folder)
    shutil.copytree(scene.earlier, scene.repository.folder)


def name_again(scene: Scene, role: str) -> None:
    """Let the roles above name a role's newest file as it is now, as who has stolen their keys can."""

    def meta() -> MetaFile:
        path = scene.file(role)
        return MetaFile.from_data(int(path.name.split(".")[0]), path.read_bytes(), ["sha256"])

    if role == "targets":
        scene.sign("snapshot", lambda snapshot: snapshot.meta.update({"targets.json": meta()}))
        name_again(scene, "snapshot")
    else:
        scene.sign("timestamp", lambda timestamp: setattr(timestamp, "snapshot_meta", meta()))


def older_targets_in_newer_snapshot(scene: Scene) -> None:
    """The thief of two keys brings back the list from before a package was withdrawn."""
    old = scene.file("targets", below=scene.earlier)
    meta = MetaFile.from_data(int(old.name.split(".")[0]), old.read_bytes(), ["sha256"])
    scene.open()
    scene.repository.refresh()
    scene.sign("snapshot", lambda snapshot: snapshot.meta.update({"targets.json": meta}))
    name_again(scene, "snapshot")


def with_expired(role: str) -> Callable[[Scene], None]:
    def deed(scene: Scene) -> None:
        scene.sign(role, expire)
        if role != "timestamp":
            name_again(scene, role)

    return deed


def expired_root(scene: Scene) -> None:
    """A year has gone by: the newest root is old."""
    old = scene.signer("root")
    scene.repository.rotate("root")
    scene.sign("root", expire, by=old)
    metadata = scene.file("root")
    with_both = json.loads(metadata.read_bytes())
    scene.sign("root", lambda _: None, by=_newest_root_signer(scene, old))
    with_both["signatures"] += json.loads(metadata.read_bytes())["signatures"]
    metadata.write_text(json.dumps(with_both))


def _newest_root_signer(scene: Scene, old: CryptoSigner) -> CryptoSigner:
    from allward_sdk.trust.keys import load_signer

    signers = [load_signer(path) for path in scene.repository.keys.glob("root.*.pem")]
    return next(signer for signer in signers if signer.public_key.keyid != old.public_key.keyid)


def by_stranger(role: str) -> Callable[[Scene], None]:
    return lambda scene: scene.sign(role, say("a stranger's"), by=CryptoSigner.generate_ed25519())


def snapshot_by_stranger(scene: Scene) -> None:
    by_stranger("snapshot")(scene)
    name_again(scene, "snapshot")


def targets_by_stranger(scene: Scene) -> None:
    by_stranger("targets")(scene)
    name_again(scene, "targets")


def timestamp_by_targets_key(scene: Scene) -> None:
    scene.sign("timestamp", say("of another role"), by=scene.signer("targets"))


def root_by_stranger(scene: Scene) -> None:
    other = make_catalogue(scene.into / "other")
    other.rotate("root")
    shutil.copy(other.folder / "metadata" / "2.root.json", scene.metadata)


def root_that_skips(scene: Scene) -> None:
    scene.repository.rotate("timestamp")
    scene.repository.rotate("snapshot")
    shutil.copy(scene.metadata / "3.root.json", scene.metadata / "2.root.json")


def other_catalogue(scene: Scene) -> None:
    other = make_catalogue(scene.into / "other")
    shutil.rmtree(scene.repository.folder)
    shutil.copytree(other.folder, scene.repository.folder)


def write(role: str, content: bytes) -> Callable[[Scene], None]:
    def deed(scene: Scene) -> None:
        scene.file(role).write_bytes(content)

    return deed


def lose(role: str) -> Callable[[Scene], None]:
    return lambda scene: scene.file(role).unlink()


def truncate(scene: Scene) -> None:
    path = scene.target()
    path.write_bytes(path.read_bytes()[:-7])


def lengthen(scene: Scene) -> None:
    with scene.target().open("ab") as file:
        file.write(b"\0")


def other_publishers(scene: Scene) -> None:
    """Bring back the list of keys from before one was revoked."""
    scene.repository.set_publishers([replace(publisher().key, state="revoked", reason="stolen")])
    old, new = sorted(
        scene.repository.folder.glob("targets/*publishers.json"), key=lambda p: p.stat().st_mtime
    )[-2:]
    shutil.copy(old, new)


def swap(scene: Scene) -> None:
    shutil.copy(scene.target("1.0.0"), scene.target())


def yank(scene: Scene) -> None:
    scene.repository.yank(PLUGIN, "1.1.0", "wrong side")


def revoke(scene: Scene) -> None:
    scene.repository.set_publishers([replace(publisher().key, state="revoked", reason="stolen in May")])


def list_as(path: str, custom: Any) -> Callable[[Scene], None]:
    """List a package under a name or with words that are not its own, as who has stolen every key can."""

    def deed(scene: Scene) -> None:
        target = TargetFile(3, {"sha256": "0" * 64}, path, {"custom": custom})
        scene.sign("targets", lambda targets: targets.targets.update({path: target}))
        name_again(scene, "targets")

    return deed


GOOD = {"plugin": PLUGIN, "version": "1.1.0", "keyid": "0" * 64, "yanked": None}
UPWARDS = f"{PLUGIN}/1.1.0/../x.allward"
NAME = f"{PLUGIN}/1.1.0/x.allward"

TIMESTAMP, SNAPSHOT, TARGETS = (
    "metadata/timestamp.json",
    "metadata/N.snapshot.json",
    "metadata/N.targets.json",
)
PACKAGE = "bright-1.1.0.allward"
NOT_SIGNED, ROLLED_BACK, MIXED = "is not signed by a key", "rolled back", "mixed in from another copy"
STALE, MISSING, TOO_LONG, DAMAGED = "stale since", "is missing", "is longer than", "is damaged"

CASES = (
    Case("an earlier timestamp is replayed", replay, TIMESTAMP, ROLLED_BACK),
    Case("the whole catalogue of yesterday is replayed", replay_all, TIMESTAMP, ROLLED_BACK),
    Case("an earlier snapshot is mixed in", copy_earlier("snapshot"), SNAPSHOT, MIXED),
    Case("an earlier list of targets is mixed in", copy_earlier("targets"), TARGETS, MIXED),
    Case(
        "an earlier list is named by a new snapshot",
        older_targets_in_newer_snapshot,
        SNAPSHOT,
        ROLLED_BACK,
    ),
    Case("the timestamp has expired", with_expired("timestamp"), "", STALE),
    Case("the snapshot has expired", with_expired("snapshot"), "", STALE),
    Case("the list of targets has expired", with_expired("targets"), "", STALE),
    Case("the root has expired", expired_root, "", STALE),
    Case("a stranger signs the timestamp", by_stranger("timestamp"), TIMESTAMP, NOT_SIGNED),
    Case("a stranger signs the snapshot", snapshot_by_stranger, SNAPSHOT, NOT_SIGNED),
    Case("a stranger signs the list of targets", targets_by_stranger, TARGETS, NOT_SIGNED),
    Case("the key of another role signs", timestamp_by_targets_key, TIMESTAMP, NOT_SIGNED),
    Case("a stranger signs the next root", root_by_stranger, "metadata/2.root.json", NOT_SIGNED),
    Case("a root is left out", root_that_skips, "metadata/2.root.json", "another version than its name"),
    Case("another publisher's catalogue is shown", other_catalogue, TIMESTAMP, NOT_SIGNED),
    Case("a byte of the timestamp is flipped", flip(of_role("timestamp")), TIMESTAMP, ""),
    Case("a byte of the snapshot is flipped", flip(of_role("snapshot")), SNAPSHOT, MIXED),
    Case("a byte of the list is flipped", flip(of_role("targets")), TARGETS, MIXED),
    Case("the timestamp is no JSON", write("timestamp", b"<html>"), TIMESTAMP, DAMAGED),
    Case("the timestamp is empty", write("timestamp", b""), TIMESTAMP, DAMAGED),
    Case("the timestamp never ends", write("timestamp", b" " * 1_000_000), TIMESTAMP, TOO_LONG),
    Case("the snapshot never ends", write("snapshot", b" " * 1_000_000), SNAPSHOT, TOO_LONG),
    Case("the list never ends", write("targets", b" " * 1_000_000), TARGETS, TOO_LONG),
    Case("the timestamp is missing", lose("timestamp"), TIMESTAMP, MISSING),
    Case("the snapshot is missing", lose("snapshot"), SNAPSHOT, MISSING),
    Case("the list of targets is missing", lose("targets"), TARGETS, MISSING),
    Case("a package is cut off", truncate, PACKAGE, "cut off"),
    Case("a package is longer", lengthen, PACKAGE, TOO_LONG),
    Case("a byte of a package is flipped", flip(Scene.target), PACKAGE, "was changed"),
    Case(
        "a package is swapped for an older one",
        swap,
        PACKAGE,
        "is not the file",
    ),
    Case("a package is missing", lambda scene: scene.target().unlink(), PACKAGE, MISSING),
    Case("an earlier list of keys is mixed in", other_publishers, "publishers.json", "not the file"),
    Case("the version was withdrawn", yank, f"{PLUGIN} 1.1.0", "withdrawn (wrong side)"),
    Case("the publisher's key was revoked", revoke, f"{PLUGIN} 1.1.0", "revoked (stolen in May)"),
    Case("a target leads out of the folder", list_as(UPWARDS, GOOD), UPWARDS, "is not"),
    Case(
        "a target speaks of another plug-in",
        list_as(NAME, {**GOOD, "plugin": "org.test.dark"}),
        NAME,
        "says plugin",
    ),
    Case("a target has no publisher", list_as(NAME, {**GOOD, "keyid": None}), NAME, "has no keyid"),
    Case("a target is withdrawn for no reason", list_as(NAME, {**GOOD, "yanked": ""}), NAME, "`yanked`"),
)


@pytest.fixture(params=("folder", "web server"))
def scene(request, tmp_path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    Catalogue.open(made.earlier, made.root, made.cache)  # what the hospital saw yesterday
    if request.param == "folder":
        yield made
        return
    with served(made.repository.folder) as address:
        made.source = address
        yield made


def test_the_untouched_catalogue_is_read_and_its_package_fetched(scene):
    assert scene.take().read_bytes() == publisher().package("1.1.0").read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_changed_catalogue_gives_nothing_and_names_the_place(scene, case):
    case.deed(scene)
    with pytest.raises(CatalogueError) as refused:
        scene.take()
    sentence = str(refused.value)
    assert case.words in sentence
    for part in case.place.split("N"):
        assert part in sentence
    assert isinstance(refused.value, StaleCatalogueError) == (case.words == STALE)
    assert not list(scene.into.glob("*.allward")) + list(scene.into.glob(".*")), "half a package was left"


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "root"])
def test_a_stale_catalogue_is_listed_and_said_to_be_stale(scene, role):
    (expired_root if role == "root" else with_expired(role))(scene)
    catalogue = scene.open()
    assert catalogue.is_stale
    assert catalogue.expires.date() == PAST.date()
    assert [entry.version for entry in catalogue.entries()] == ["1.0.0", "1.1.0"]
    with pytest.raises(StaleCatalogueError, match=rf"stale since {PAST:%Y-%m-%d} .*bring a newer copy"):
        catalogue.fetch(catalogue.entries()[0], scene.into)


@pytest.mark.parametrize(
    "deed", [snapshot_by_stranger, targets_by_stranger, copy_earlier("targets"), lose("snapshot")]
)
def test_a_stale_catalogue_that_was_changed_besides_is_not_even_listed(scene, deed):
    deed(scene)
    scene.sign("timestamp", expire)
    with pytest.raises(CatalogueError) as refused:
        scene.open()
    assert not isinstance(refused.value, StaleCatalogueError)


def test_a_catalogue_that_grows_stale_after_it_was_opened_gives_nothing_more(tmp_path):
    scene = make_scene(tmp_path, replace(Lifetimes(), news=timedelta(seconds=2)))
    catalogue = scene.open()
    scene.repository.refresh(timedelta(days=-1))
    stale = replace(catalogue, expires=PAST)
    with pytest.raises(StaleCatalogueError):
        stale.fetch(stale.entries()[0], scene.into)
