import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.refused.signed_packages import Workshop, open_workshop
from tests.small_package import SmallPlugin, make_package

from allward_sdk.errors import ManifestError, UntrustedError
from allward_sdk.package import digest_of_file, extract_models, pack, read_package
from allward_sdk.trust import reading
from allward_sdk.trust.envelope import sign_package, verify_package
from allward_sdk.trust.keys import TrustStore


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    (tmp_path / "shop").mkdir()
    return open_workshop(tmp_path / "shop")


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    return make_package(tmp_path)


def signed(shop: Workshop, package: Path, folder: str = "signed") -> Path:
    return sign_package(package, shop.signer, shop.folder / folder)


def test_a_signed_package_tells_its_publisher_and_its_content(shop: Workshop, unsigned: Path) -> None:
    path = signed(shop, unsigned)
    found = verify_package(path, shop.trust())
    assert path.name == "bright-1.0.0.allward"
    assert (found.keyid, found.publisher) == (shop.key.keyid, "Test GmbH")
    assert found.digest == digest_of_file(path)
    assert found.package == read_package(path)
    assert found.package.names[-1] == "signature.json"
    assert (found.payload.plugin, found.payload.version) == ("org.test.bright", "1.0.0")
    assert set(found.payload.files) == set(read_package(unsigned).names)


def test_signing_twice_gives_the_same_bytes(shop: Workshop, unsigned: Path) -> None:
    once = signed(shop, unsigned, "once")
    again = signed(shop, once, "again")
    assert once.read_bytes() == again.read_bytes() == shop.good


def test_a_new_signature_takes_the_place_of_the_old_one(shop: Workshop, unsigned: Path) -> None:
    path = sign_package(unsigned, shop.stranger, shop.folder)
    with pytest.raises(UntrustedError, match="not trusted here"):
        verify_package(path, shop.trust())
    assert sign_package(path, shop.signer, path.parent) == path
    verify_package(path, shop.trust())


def test_how_a_package_was_zipped_does_not_matter_to_its_signed_form(shop: Workshop, unsigned: Path) -> None:
    other = shop.folder / "other.allward"
    with zipfile.ZipFile(unsigned) as source, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as target:
        for name in reversed(source.namelist()):
            target.writestr(name, source.read(name))
    assert signed(shop, other).read_bytes() == shop.good


def test_what_is_not_whole_is_not_signed(shop: Workshop, unsigned: Path) -> None:
    data = unsigned.read_bytes()
    unsigned.write_bytes(data.replace(b"Apache License", b"Apache Licence"))
    with pytest.raises(ManifestError, match="damaged"):
        signed(shop, unsigned)
    assert list((shop.folder / "signed").iterdir()) == []


def test_a_signed_package_installs_as_an_unsigned_one(shop: Workshop, unsigned: Path) -> None:
    models = extract_models(read_package(signed(shop, unsigned)), shop.folder / "models")
    assert models == extract_models(read_package(unsigned), shop.folder / "models")


def test_a_signature_in_a_folder_is_not_packed(unsigned: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bright-1.0.0"
    (folder / "signature.json").write_text("{}")
    assert "signature.json" not in pack(folder, tmp_path / "out").names


def test_a_rotated_key_holds_for_what_a_catalogue_lists_and_for_nothing_else(
    shop: Workshop, tmp_path: Path
) -> None:
    old = signed(shop, make_package(tmp_path))
    new = signed(shop, make_package(tmp_path, SmallPlugin(version="1.0.1")))
    trust = replace(shop.trust(state="rotated"), listed=frozenset({digest_of_file(old)}))
    verify_package(old, trust)
    with pytest.raises(UntrustedError, match="was rotated, and no catalogue here lists this package"):
        verify_package(new, trust)


def test_a_revoked_key_holds_for_nothing_even_if_it_is_listed(shop: Workshop, unsigned: Path) -> None:
    path = signed(shop, unsigned)
    trust = replace(shop.trust(state="revoked"), listed=frozenset({digest_of_file(path)}))
    with pytest.raises(UntrustedError, match=r"was revoked$"):
        verify_package(path, trust)


def test_without_any_key_nothing_is_trusted(shop: Workshop, unsigned: Path) -> None:
    with pytest.raises(UntrustedError, match="not trusted here"):
        verify_package(signed(shop, unsigned), TrustStore())


def test_an_unsigned_package_is_read_but_not_trusted(shop: Workshop, unsigned: Path) -> None:
    read_package(unsigned)
    with pytest.raises(UntrustedError, match=r"signature\.json: missing: the package is not signed"):
        verify_package(unsigned, shop.trust())


def test_a_file_that_is_not_there_is_said_to_be_so(shop: Workshop) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        verify_package(shop.folder / "absent.allward", shop.trust())


def test_every_byte_is_read_once_and_in_chunks_of_any_size(
    shop: Workshop, unsigned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = signed(shop, unsigned)
    for chunk_bytes in (1, 7, 64, 1000):
        monkeypatch.setattr(reading, "_CHUNK_BYTES", chunk_bytes)
        assert verify_package(path, shop.trust()).digest == digest_of_file(path)


def test_a_package_that_is_replaced_while_it_is_verified_is_refused(
    shop: Workshop, unsigned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = signed(shop, unsigned)
    other = shop.folder / "other"
    other.write_bytes(shop.good[:-1] + b"\1")
    read_once = reading.read_once

    def replaced_before(*arguments: object) -> str:
        os.replace(other, path)
        return read_once(*arguments)

    monkeypatch.setattr("allward_sdk.trust.envelope.read_once", replaced_before)
    with pytest.raises(ManifestError, match="the zip's directory: not as it is written"):
        verify_package(path, shop.trust())


def test_an_empty_file_in_a_package_is_signed_too(shop: Workshop, tmp_path: Path) -> None:
    make_package(tmp_path)
    (tmp_path / "bright-1.0.0" / "NOTICE").write_bytes(b"")
    path = signed(shop, pack(tmp_path / "bright-1.0.0", tmp_path).path)
    assert "NOTICE" in verify_package(path, shop.trust()).payload.files
