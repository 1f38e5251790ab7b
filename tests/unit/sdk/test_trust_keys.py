import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from allward_sdk.errors import UntrustedError, UsageError
from allward_sdk.trust.keys import (
    PublisherKey,
    TrustStore,
    is_under_passphrase,
    load_signer,
    new_key,
    publishers_to_json,
    read_publishers,
)


@pytest.fixture
def key(tmp_path: Path) -> PublisherKey:
    return PublisherKey.of(
        new_key(tmp_path / "key.pem"), publisher="Test 医疗", prefixes=["org.test.", "cn.t."]
    )


def test_only_its_owner_can_read_a_new_key_and_it_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signer(path).public_key == public
    assert not is_under_passphrase(path)
    with pytest.raises(FileExistsError):
        new_key(path)
    assert load_signer(path).public_key == public


def test_a_key_under_a_passphrase_opens_with_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_key(path, "open sesame 芝麻")
    assert is_under_passphrase(path)
    assert load_signer(path, "open sesame 芝麻").public_key == public
    with pytest.raises(UsageError, match="the passphrase is wrong"):
        load_signer(path, "open barley")
    with pytest.raises(UsageError, match="is under a passphrase: set ALLWARD_KEY_PASSPHRASE"):
        load_signer(path)


def test_a_passphrase_that_a_key_does_not_need_is_ignored(tmp_path: Path) -> None:
    public = new_key(tmp_path / "key.pem")
    assert load_signer(tmp_path / "key.pem", "for another key").public_key == public


def test_what_is_no_ed25519_key_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("hello")
    with pytest.raises(UsageError, match="key.pem: not a private key in PEM"):
        load_signer(path)
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UsageError, match="not an Ed25519 key"):
        load_signer(path)


def test_the_list_of_publishers_is_read_as_it_was_written(key: PublisherKey, tmp_path: Path) -> None:
    old = replace(
        PublisherKey.of(new_key(tmp_path / "old.pem"), publisher="Old", prefixes=["org.old."]),
        state="revoked",
        reason="stolen 被盗",
    )
    text = publishers_to_json([key, old])
    assert set(read_publishers(text)) == {key, old}
    assert publishers_to_json([old, key]) == text
    assert read_publishers(json.dumps(key.to_json())) == (key,)
    assert read_publishers("[]") == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keyid": "0" * 64}, "keyid: 0{64} is not the id of this public key"),
        ({"keyid": "0" * 63}, "keyid"),
        ({"public": "0" * 63}, "public"),
        ({"public": "-----BEGIN PUBLIC KEY-----"}, "public"),
        ({"publisher": ""}, "publisher"),
        ({"prefixes": []}, "prefixes"),
        ({"prefixes": ["org.test"]}, "prefixes.0"),
        ({"prefixes": [""]}, "prefixes.0"),
        ({"prefixes": ["."]}, "prefixes.0"),
        ({"prefixes": "org.test."}, "prefixes"),
        ({"state": "fine"}, "state"),
        ({"valid_until": "2030"}, "valid_until"),
    ],
)
def test_an_entry_that_is_not_well_formed_is_refused(
    key: PublisherKey, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UntrustedError, match=f"publishers.json: entry 1: {words}"):
        read_publishers(json.dumps([key.to_json() | change]))


@pytest.mark.parametrize("field", ["keyid", "public", "publisher", "prefixes"])
def test_an_entry_that_lacks_something_is_refused(key: PublisherKey, field: str) -> None:
    told = key.to_json()
    del told[field]
    with pytest.raises(UntrustedError, match=f"{field}: Field required"):
        PublisherKey.from_json(told)


@pytest.mark.parametrize(
    "text", ["", "[", "[" * 100_000, "null", "[1]", '["x"]', b"\xff\xfe\xff", "9" * 5000]
)
def test_what_is_no_list_of_keys_is_refused(text: str | bytes) -> None:
    with pytest.raises(UntrustedError, match="keys.json: "):
        read_publishers(text, place="keys.json")


def test_a_key_that_a_list_tells_twice_is_refused(key: PublisherKey) -> None:
    with pytest.raises(UntrustedError, match="twice"):
        read_publishers(json.dumps([key.to_json(), replace(key, state="revoked").to_json()]))


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_key_that_two_lists_tell_what_limits_it_more_holds(key: PublisherKey, turned: bool) -> None:
    revoked = replace(key, state="revoked")
    rotated = replace(key, state="rotated")
    keys = [revoked, key, rotated]
    assert TrustStore.of(reversed(keys) if turned else keys).keys == {key.keyid: revoked}


def test_a_prefix_ends_where_a_part_of_an_id_ends(key: PublisherKey) -> None:
    assert key.may_sign("org.test.bright")
    assert key.may_sign("cn.t.dark")
    assert not key.may_sign("org.testing.bright")
    assert not key.may_sign("net.org.test.bright")
