"""Who publishes a catalogue: what is listed, what is refused, which keys are needed and how they change."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.small_package import SmallPlugin, make_package
from tests.unit.sdk.small_catalogue import PLUGIN, make_catalogue, make_scene, publisher
from tuf.api.exceptions import DownloadHTTPError

from allward_sdk.catalogue.client import Catalogue, _newest
from allward_sdk.catalogue.fetching import FolderFetcher
from allward_sdk.catalogue.publishing import Lifetimes
from allward_sdk.catalogue.repository import Repository
from allward_sdk.errors import CatalogueError, UntrustedError, UsageError
from allward_sdk.package import digest_of_file
from allward_sdk.trust.envelope import sign_package, verify_package

ROLES = ("root", "targets", "snapshot", "timestamp")


@pytest.fixture
def repository(tmp_path):
    return make_catalogue(tmp_path)


def test_a_listed_package_is_told_with_its_digest_size_and_publisher(repository):
    package = publisher().package("1.0.0")
    (entry,) = repository.entries()
    assert (entry.plugin, entry.version, entry.file) == (PLUGIN, "1.0.0", "bright-1.0.0.allward")
    assert (entry.digest, entry.size_bytes) == (digest_of_file(package), package.stat().st_size)
    assert (entry.keyid, entry.yanked) == (publisher().key.keyid, None)


def test_a_new_catalogue_holds_for_a_week_its_list_for_a_quarter_and_its_root_for_a_year(repository):
    days = {
        role: datetime.fromisoformat(
            json.loads(newest(repository, role).read_bytes())["signed"]["expires"]
        ) - datetime.now(UTC)
        for role in ROLES
    }  # fmt: skip
    wanted = {"root": 365, "targets": 90, "snapshot": 7, "timestamp": 7}
    assert {role: round(left / timedelta(days=1)) for role, left in days.items()} == wanted


def newest(repository, role):
    if role == "timestamp":
        return repository.folder / "metadata" / "timestamp.json"
    paths = repository.folder.glob(f"metadata/*.{role}.json")
    return max(paths, key=lambda path: int(path.name.split(".")[0]))


def test_only_their_owner_reads_the_keys_and_none_lies_in_the_catalogue(repository):
    assert stat.S_IMODE(repository.keys.stat().st_mode) == 0o700
    keys = list(repository.keys.glob("*.pem"))
    assert len(keys) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert not [path for path in repository.folder.rglob("*") if b"PRIVATE" in _content(path)]


def _content(path):
    return path.read_bytes() if path.is_file() else b""


def test_keys_inside_of_the_catalogue_are_refused(tmp_path):
    with pytest.raises(UsageError, match="keys must not lie inside"):
        Repository(tmp_path / "c", tmp_path / "c" / "keys").create()
    assert not (tmp_path / "c").exists()


def test_a_second_catalogue_is_not_made_over_the_first(repository):
    before = {path: _content(path) for path in repository.folder.rglob("*")}
    with pytest.raises(UsageError, match="a catalogue is here already"):
        repository.create()
    assert {path: _content(path) for path in repository.folder.rglob("*")} == before


def test_the_same_package_once_more_changes_nothing(repository):
    before = newest(repository, "timestamp").read_bytes()
    repository.add_package(publisher().package("1.0.0"))
    assert newest(repository, "timestamp").read_bytes() == before


def test_other_bytes_under_a_listed_version_are_refused(repository, tmp_path):
    other = make_package(tmp_path, SmallPlugin(version="1.0.0", above_hu=61.0))
    signed = sign_package(other, publisher().signer, tmp_path / "signed")
    with pytest.raises(CatalogueError, match=rf"has {PLUGIN} 1.0.0 with other bytes"):
        repository.add_package(signed)


def test_an_unsigned_package_is_refused(repository, tmp_path):
    with pytest.raises(UntrustedError, match="not signed"):
        repository.add_package(make_package(tmp_path, SmallPlugin(version="1.2.0")))


def test_a_package_by_somebody_who_may_not_sign_its_id_is_refused(repository, tmp_path):
    stranger = publisher("Elsewhere", "com.elsewhere.")
    signed = stranger.package("1.3.0")
    with pytest.raises(UntrustedError, match="not trusted here"):
        repository.add_package(signed)
    repository.set_publishers([publisher().key, stranger.key])
    with pytest.raises(UntrustedError, match=r"may sign com\.elsewhere\. but not org\.test\.bright"):
        repository.add_package(signed)


def test_a_rotated_key_signs_nothing_new_and_what_is_listed_holds(repository, tmp_path):
    rotated = replace(publisher().key, state="rotated", reason="yearly")
    repository.set_publishers([rotated])
    with pytest.raises(UntrustedError, match="was rotated"):
        repository.add_package(publisher().package("1.1.0"))
    catalogue = Catalogue.open(repository.folder, repository.first_root, tmp_path / "cache")
    assert catalogue.publishers() == (rotated,)
    fetched = catalogue.fetch(catalogue.entry(PLUGIN, "1.0.0"), tmp_path / "into")
    assert verify_package(fetched, catalogue.trust()).keyid == rotated.keyid


def test_a_withdrawn_version_stays_listed_and_vouches_for_nothing(repository, tmp_path):
    repository.yank(PLUGIN, "1.0.0", " sides are swapped ")
    catalogue = Catalogue.open(repository.folder, repository.first_root, tmp_path / "cache")
    (entry,) = catalogue.entries()
    assert entry.yanked == "sides are swapped"
    assert catalogue.trust().listed == frozenset()
    with pytest.raises(CatalogueError, match=r"withdrew .* \(sides are swapped\): publish a new version"):
        repository.add_package(publisher().package("1.0.0"))


@pytest.mark.parametrize(
    ("version", "reason", "words"),
    [("9.9.9", "why", "has no org.test.bright 9.9.9"), ("1.0.0", " ", "for a reason")],
)
def test_what_cannot_be_withdrawn_is_one_clear_sentence(repository, version, reason, words):
    with pytest.raises(UsageError, match=words):
        repository.yank(PLUGIN, version, reason)


def test_a_key_that_signed_a_listed_package_cannot_leave_the_list(repository):
    with pytest.raises(UsageError, match=f"signed {PLUGIN} 1.0.0.*rotated.*revoked"):
        repository.set_publishers([])
    assert repository.publishers() == (publisher().key,)


def test_a_refresh_needs_neither_the_roots_key_nor_that_of_the_targets(repository):
    for role in ("root", "targets"):
        next(repository.keys.glob(f"{role}.*.pem")).unlink()
    assert repository.refresh(timedelta(days=30)) > datetime.now(UTC) + timedelta(days=29)
    with pytest.raises(UsageError, match=r"targets\..*\.pem is missing: bring the key that signs"):
        repository.yank(PLUGIN, "1.0.0", "why")
    with pytest.raises(UsageError, match=r"root\..*\.pem is missing"):
        repository.rotate("timestamp")


def test_a_refresh_renews_a_list_of_targets_that_would_expire_before(tmp_path):
    repository = make_catalogue(tmp_path, replace(Lifetimes(), targets=timedelta(days=5)))
    before = newest(repository, "targets")
    until = repository.refresh(timedelta(days=3))
    assert newest(repository, "targets") == before
    assert until < datetime.now(UTC) + timedelta(days=4)
    repository.refresh(timedelta(days=30))
    assert newest(repository, "targets") != before


def test_the_greatest_age_is_decided_once_and_kept(tmp_path):
    repository = make_catalogue(tmp_path, replace(Lifetimes(), news=timedelta(days=30)))
    repository.rotate("root")
    repository.refresh(timedelta(days=2))
    assert repository.refresh() > datetime.now(UTC) + timedelta(days=29)


@pytest.mark.parametrize("role", ROLES)
def test_a_new_key_is_followed_by_who_knew_the_old_one_and_by_a_newcomer(tmp_path, role):
    scene = make_scene(tmp_path)
    scene.open()
    old = next(scene.repository.keys.glob(f"{role}.*.pem"))
    scene.repository.rotate(role)
    old.unlink()
    both = scene.open()
    assert [entry.version for entry in both.entries()] == ["1.0.0", "1.1.0"]
    scene.repository.add_package(publisher().package("1.2.0"))
    assert [entry.version for entry in scene.open().entries()] == ["1.0.0", "1.1.0", "1.2.0"]
    newcomer = Catalogue.open(scene.source, scene.root, tmp_path / "newcomer")
    assert len(newcomer.entries()) == 3


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_the_thief_of_a_replaced_key_signs_nothing_that_is_believed(tmp_path, role):
    scene = make_scene(tmp_path)
    stolen = scene.signer(role)
    scene.repository.rotate(role)
    scene.repository.refresh()
    scene.repository.yank(PLUGIN, "1.1.0", "why")
    scene.sign(role, lambda signed: signed.unrecognized_fields.update({"x": 1}), by=stolen)
    with pytest.raises(CatalogueError):
        scene.open()


def test_who_was_away_during_many_changes_of_the_root_follows_the_chain(tmp_path):
    scene = make_scene(tmp_path)
    scene.open()
    for role in (*ROLES, *ROLES):
        scene.repository.rotate(role)
    assert len(list(scene.metadata.glob("*.root.json"))) == 9
    assert scene.take().is_file()
    scene.root.write_bytes((scene.metadata / "5.root.json").read_bytes())
    assert scene.open().fingerprint, "a later root of the same chain is the same catalogue's"


def test_a_root_that_does_not_follow_from_the_pinned_one_is_refused(tmp_path):
    scene = make_scene(tmp_path)
    scene.open()
    other = make_catalogue(tmp_path / "other")
    scene.root.write_bytes(other.first_root.read_bytes())
    with pytest.raises(
        CatalogueError, match=r"its fingerprint is [0-9a-f]{64}, but the catalogue that is known"
    ):
        scene.open()


def test_a_root_that_leads_to_no_whole_catalogue_is_not_pinned(tmp_path):
    scene = make_scene(tmp_path)
    other = make_catalogue(tmp_path / "other")
    right = scene.root.read_bytes()
    scene.root.write_bytes(other.first_root.read_bytes())
    with pytest.raises(CatalogueError, match="is not signed by a key of this catalogue"):
        scene.open()
    scene.root.write_bytes(right)
    assert len(scene.open().entries()) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", None])
def test_what_is_no_root_is_refused_by_name(tmp_path, content):
    scene = make_scene(tmp_path)
    timestamp = (scene.metadata / "timestamp.json").read_bytes()
    scene.root.write_bytes(timestamp if content is None else content)
    with pytest.raises(CatalogueError, match=r"root\.json: not the root\.json of a catalogue"):
        scene.open()


def test_without_any_root_nothing_is_believed(tmp_path):
    scene = make_scene(tmp_path)
    with pytest.raises(UsageError, match=r"Give the root\.json"):
        Catalogue.open(scene.source, None, scene.cache)
    scene.open()
    assert Catalogue.open(scene.source, None, scene.cache).entries()


def test_who_reads_while_a_key_is_replaced_and_used_reads_once_more(tmp_path):
    scene = make_scene(tmp_path)

    class Later(FolderFetcher):
        """Finds no newer root, and everything else after the publisher has replaced a key and gone on."""

        def _fetch(self, url):
            if not self.replaced:
                self.replaced = True
                scene.repository.rotate("timestamp")
                scene.repository.refresh()
                raise DownloadHTTPError(f"{url} is not there yet", 404)
            return super()._fetch(url)

        replaced = False

    newest = _newest(Later(scene.repository.folder), scene.root.read_bytes(), tmp_path / "reader")
    assert newest.root.version == 2
    assert len(newest.targets.targets) == 3
