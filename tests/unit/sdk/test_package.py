import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.sdk.small_plugin import edit, write_small_plugin

from allward_sdk import package as packages
from allward_sdk.errors import ManifestError
from allward_sdk.package import digest_of_file, extract_models, pack, read_package

Entry = tuple[ZipInfo, bytes]
Change = Callable[[list[Entry]], list[Entry]]


@pytest.fixture
def package_file(plugin_folder: Path, tmp_path: Path) -> Path:
    return pack(plugin_folder, tmp_path / "out").path


def rewrite(package_file: Path, change: Change) -> Path:
    """Write the entries again after `change`, as somebody with bad intent would."""
    with zipfile.ZipFile(package_file) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    changed = package_file.with_name("changed.allward")
    with zipfile.ZipFile(changed, "w") as archive:
        for entry, content in change(entries):
            archive.writestr(entry, content, compress_type=entry.compress_type)
    return changed


def adding(name: str, content: bytes = b"x", *, mode: int = 0o100644, packed: bool = False) -> Change:
    def change(entries: list[Entry]) -> list[Entry]:
        entry = ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        return [*entries, (entry, content)]

    return change


def without(name: str) -> Change:
    return lambda entries: [(entry, content) for entry, content in entries if entry.filename != name]


def with_content(name: str, content: bytes) -> Change:
    return lambda entries: [(e, content if e.filename == name else old) for e, old in entries]


def test_the_same_folder_gives_the_same_bytes_wherever_and_whenever_it_is_packed(tmp_path: Path) -> None:
    first = pack(write_small_plugin(tmp_path / "a"), tmp_path / "out_a")
    other = write_small_plugin(tmp_path / "b")
    for path in other.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o700)
    second = pack(other, tmp_path / "out_b")
    assert first.path.name == "small-one-1.2.0.allward"
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.digest == second.digest == digest_of_file(first.path)


def test_what_belongs_into_a_package_is_packed_and_a_recipe_is_not(
    plugin_folder: Path, tmp_path: Path
) -> None:
    (plugin_folder / "recipe.py").write_text("raise SystemExit\n")
    (plugin_folder / "NOTICE").write_text("thanks\n")
    (plugin_folder / "acceptance" / "one").mkdir(parents=True)
    (plugin_folder / "acceptance" / "one" / "case.json").write_text("{}")
    package = pack(plugin_folder, tmp_path / "out")
    assert package.names == (
        "LICENSE",
        "MODEL_CARD.md",
        "NOTICE",
        "acceptance/one/case.json",
        "models/small.onnx",
        "plugin.toml",
        "sbom.json",
    )


def test_models_are_written_under_their_digest_once(package_file: Path, tmp_path: Path) -> None:
    package = read_package(package_file)
    models = extract_models(package, tmp_path / "models")
    digest = package.manifest.models["small"].sha256
    assert models == {"small": tmp_path / "models" / f"{digest}.onnx"}
    assert digest_of_file(models["small"]) == digest
    inode = models["small"].stat().st_ino
    extract_models(package, tmp_path / "models")
    assert models["small"].stat().st_ino == inode
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"{digest}.onnx"]


def test_a_model_that_was_changed_on_disk_is_written_anew(package_file: Path, tmp_path: Path) -> None:
    package = read_package(package_file)
    (model,) = extract_models(package, tmp_path).values()
    model.write_bytes(b"changed")
    extract_models(package, tmp_path)
    assert digest_of_file(model) == package.manifest.models["small"].sha256


def test_a_package_that_changes_after_it_was_read_gives_no_model(package_file: Path, tmp_path: Path) -> None:
    package = read_package(package_file)
    os.replace(rewrite(package_file, with_content("models/small.onnx", b"other")), package_file)
    with pytest.raises(ManifestError, match="models/small.onnx: its sha256 is"):
        extract_models(package, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


SYMLINK = stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (adding("../evil"), r"\.\./evil.*nothing of this name"),
        (adding("/etc/passwd"), "nothing of this name"),
        (adding("acceptance/../../evil"), "nothing of this name"),
        (adding("acceptance/"), "nothing of this name"),
        (adding("recipe.py"), r"recipe\.py.*nothing of this name"),
        (adding("models/second.onnx"), r"models/second\.onnx.*no model"),
        (adding("models/../x.onnx"), "no model"),
        (adding("acceptance/link", b"/etc/passwd", mode=SYMLINK), "acceptance/link.*a link"),
        (adding("acceptance/bomb", bytes(1 << 20), packed=True), "acceptance/bomb.*far more than its size"),
        (adding("NOTICE", bytes(range(256)) * (5 << 12)), "NOTICE.*larger than 4 MiB"),
        (adding("acceptance/a/case.toml", b"#" * ((64 << 10) + 1)), "case.toml.*larger than 64 KiB"),
        (without("plugin.toml"), "plugin.toml: missing"),
        (without("LICENSE"), "LICENSE: missing"),
        (without("MODEL_CARD.md"), "MODEL_CARD.md: missing"),
        (without("sbom.json"), "sbom.json: missing"),
        (without("models/small.onnx"), "models/small.onnx: missing"),
        (with_content("models/small.onnx", b"other weights"), "models/small.onnx: its sha256 is"),
        (with_content("plugin.toml", b"contract = 2"), "plugin.toml"),
        (with_content("plugin.toml", b"\xff\xfe"), "not UTF-8"),
    ],
)
def test_a_package_that_was_tampered_with_is_refused_at_its_place(
    package_file: Path, change: Change, place: str
) -> None:
    with pytest.raises(ManifestError, match=place):
        read_package(rewrite(package_file, change))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_stands_there_twice_is_refused(package_file: Path) -> None:
    with pytest.raises(ManifestError, match="twice"):
        read_package(rewrite(package_file, adding("LICENSE")))


def test_a_package_larger_than_the_limits_is_refused(
    package_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MAX_PACKAGE_BYTES", 100)
    with pytest.raises(ManifestError, match="larger than"):
        read_package(package_file)
    monkeypatch.setattr(packages, "MAX_ENTRIES", 3)
    with pytest.raises(ManifestError, match="5 entries; at most 3"):
        read_package(package_file)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_package_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.allward"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match="x.allward"):
        read_package(path)


def test_a_package_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        read_package(tmp_path / "absent.allward")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damage_anywhere_is_refused_or_changes_no_content(package_file: Path, data: st.DataObject) -> None:
    whole = package_file.read_bytes()
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    path = package_file.with_name("damaged.allward")
    path.write_bytes(damaged[: data.draw(st.integers(len(whole) // 2, len(whole)))])
    try:
        package = read_package(path)
    except ManifestError:
        return
    assert package.manifest == read_package(package_file).manifest


def _spoilers() -> Iterator[tuple[str, Callable[[Path], object], str]]:
    def link(folder: Path) -> None:
        (folder / "LICENSE").unlink()
        (folder / "LICENSE").symlink_to("/etc/hostname")

    yield "a link", link, "LICENSE: a link"
    yield "missing", lambda folder: (folder / "sbom.json").unlink(), "sbom.json: missing"
    yield "no model", lambda folder: (folder / "models/small.onnx").unlink(), "models/small.onnx: missing"
    yield "other weights", lambda folder: (folder / "models/small.onnx").write_bytes(b"x"), "its sha256 is"
    yield "stray model", lambda folder: (folder / "models/old.onnx").write_bytes(b"x"), "models/old.onnx"
    yield "wrong key", lambda folder: edit(folder / "plugin.toml", "vendor =", "vendr ="), "plugin.vendr"


@pytest.mark.parametrize(("name", "spoil", "place"), tuple(_spoilers()))
def test_a_folder_that_is_not_whole_is_not_packed(
    plugin_folder: Path, tmp_path: Path, name: str, spoil: Callable[[Path], object], place: str
) -> None:
    spoil(plugin_folder)
    with pytest.raises(ManifestError, match=place):
        pack(plugin_folder, tmp_path / "out")
    assert list((tmp_path / "out").glob("*")) == []
