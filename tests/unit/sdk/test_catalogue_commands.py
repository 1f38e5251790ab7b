"""`allward catalogue` and `allward plugin publish`, typed by a publisher and a hospital without a network."""

import json
import re
import shlex
import shutil

import pytest
from tests.running_platform import ROOT
from tests.unit.sdk.small_catalogue import PLUGIN, make_scene, publisher, served

from allward_sdk.catalogue.pinning import fingerprint_of
from allward_sdk.cli import main


@pytest.fixture
def run(capsys):
    def command(*words: object, code: int = 0) -> str:
        assert main([str(word) for word in words]) == code
        said = capsys.readouterr()
        return str(said.err if code else said.out)

    return command


@pytest.fixture
def publishers(tmp_path):
    path = tmp_path / "publishers.json"
    path.write_text(json.dumps([publisher().key.to_json()]))
    return path


def test_from_an_empty_folder_to_a_package_from_a_stick(run, publishers, tmp_path):
    folder, stick, home = tmp_path / "catalogue", tmp_path / "stick", tmp_path / "hospital"
    root, digest = run("catalogue", "init", folder, "--days", 30).splitlines()[:2]
    fingerprint = digest.removeprefix("sha256 ")
    assert re.fullmatch(r"[0-9a-f]{64}", fingerprint)
    assert "Test: org.test." in run("catalogue", "publishers", folder, publishers)
    assert f"{PLUGIN}/1.0.0" in run("catalogue", "add", folder, publisher().package("1.0.0"))
    assert f"{PLUGIN}/1.1.0" in run("plugin", "publish", publisher().package("1.1.0"), "--catalogue", folder)
    assert "2 packages, believed until" in run("catalogue", "copy", folder, stick)

    trust = ("--root", root, "--fingerprint", fingerprint, "--cache", home / "cache")
    shown = run("catalogue", "show", stick, *trust)
    assert f"root sha256 {fingerprint}\nbelieved until " in shown
    assert f"{PLUGIN} 1.1.0  sha256 " in shown
    fetched = run("catalogue", "fetch", stick, PLUGIN, "1.1.0", *trust, "--into", home).splitlines()[0]
    assert fetched == str(home / "bright-1.1.0.allward")

    assert "is withdrawn: wrong side" in run(
        "catalogue", "yank", folder, PLUGIN, "1.1.0", "--reason", "wrong side"
    )
    assert "believed until" in run("catalogue", "refresh", folder, "--days", 2)
    assert "a new key signs for timestamp" in run("catalogue", "rotate", folder, "timestamp")
    run("catalogue", "copy", folder, stick)
    assert "withdrawn: wrong side" in run("catalogue", "show", stick, *trust)
    said = run("catalogue", "fetch", stick, PLUGIN, "1.1.0", *trust, "--into", home, code=1)
    assert said == f"{PLUGIN} 1.1.0 was withdrawn (wrong side): take another version.\n"


def test_the_page_on_catalogues_can_be_followed_word_by_word(run, publishers, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for version in ("1.0.0", "1.1.0"):
        shutil.copy(publisher().package(version), tmp_path)
    page = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    typed = re.findall(r"^\$ allward (.+)$", page, re.MULTILINE)
    assert len(typed) == 10
    for line in typed:
        run(*shlex.split(line))
        if line.startswith("catalogue init"):
            shutil.copy("catalogue/metadata/1.root.json", "root.json")
    assert (tmp_path / "packages" / "bright-1.1.0.allward").is_file()


def test_a_stale_catalogue_is_shown_as_stale_and_gives_nothing(run, tmp_path):
    scene = make_scene(tmp_path)
    scene.sign("timestamp", lambda signed: setattr(signed, "expires", signed.expires.replace(year=2020)))
    trust = ("--root", scene.root, "--cache", scene.cache)
    shown = run("catalogue", "show", scene.source, *trust)
    assert "\nSTALE since 2020-" in shown
    assert f"{PLUGIN} 1.1.0" in shown
    said = run("catalogue", "fetch", scene.source, PLUGIN, "1.1.0", *trust, "--into", scene.into, code=1)
    assert re.fullmatch(r".*: the catalogue is stale since 2020-.*: bring a newer copy\. .*\n", said)
    assert "stale since" in run("catalogue", "copy", scene.source, tmp_path / "stick", code=1)


def test_a_root_with_another_fingerprint_is_not_used(run, tmp_path):
    scene = make_scene(tmp_path)
    found = fingerprint_of(scene.root.read_bytes())
    said = run("catalogue", "show", scene.source, "--root", scene.root, "--fingerprint", "0" * 64, code=1)
    assert said == f"{scene.root}: its fingerprint is {found}, not the one that you gave: do not use it.\n"


def test_without_a_cache_folder_what_was_seen_is_remembered_in_the_users_own(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    scene = make_scene(tmp_path)
    with served(scene.repository.folder) as address:
        run("catalogue", "show", address, "--root", scene.root)
    said = run("catalogue", "show", scene.earlier, "--root", scene.root, code=1)
    assert "rolled back" in said
    assert list((tmp_path / "home" / ".cache" / "allward" / "catalogues").iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "nowhere", "--root", "missing.json"), r"missing\.json: No such file or directory\."),
        (("refresh", "nowhere"), r".*nowhere: no catalogue is here: make one with allward catalogue init\."),
        (("refresh", "nowhere", "--days", "0"), r"--days 0: a catalogue is believed for one day at least\."),
        (("copy", "nowhere", "stick"), r"nowhere: .* cannot be read \(there is no such folder\): .*"),
    ],
)
def test_what_cannot_be_done_is_one_clear_sentence(run, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert re.fullmatch(f"{sentence}\n", run("catalogue", *words, code=1))
