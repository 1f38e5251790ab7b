"""A token of a publisher: issued and checked offline, refused when anything about it is wrong."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from allward_sdk.cli import main
from allward_sdk.entitlement import (
    MOST_CHARACTERS,
    PAYLOAD_TYPE,
    Entitlement,
    Hospital,
    Quota,
    in_form,
    issue,
    read_token,
    verify_token,
)
from allward_sdk.errors import UntrustedError
from allward_sdk.trust.dsse import sign_bytes
from allward_sdk.trust.keys import PublisherKey, TrustStore, load_signer, new_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSPITAL = Hospital(id=UUID(int=7), code="central")


@dataclass(frozen=True)
class Publisher:
    """A key and who trusts it."""

    signer: CryptoSigner
    key: PublisherKey
    path: Path

    @property
    def trust(self) -> TrustStore:
        return TrustStore.of([self.key])

    def says(self, **more: object) -> Entitlement:
        told = {
            "id": uuid4(), "keyid": self.key.keyid, "tenant": HOSPITAL, "plugin": "org.test.bright",
            "kind": "trial", "not_before": NOW, "expires": NOW + timedelta(days=30), "issued_at": NOW,
        }  # fmt: skip
        return Entitlement.model_validate(told | more)


def make_publisher(path: Path) -> Publisher:
    public = new_key(path)
    key = PublisherKey.of(public, publisher="Test", prefixes=["org.test."])
    path.with_name(f"{path.name}.json").write_text(json.dumps(key.to_json()))
    return Publisher(load_signer(path), key, path)


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return make_publisher(tmp_path_factory.mktemp("keys") / "key.pem")


def test_what_is_issued_is_what_is_read(publisher: Publisher) -> None:
    told = publisher.says(quota=Quota(studies=10, per="month"), features=["any_imaging.segmentation"])
    key, read = verify_token(issue(told, publisher.signer), publisher.trust)
    assert read == told
    assert key == publisher.key


def test_a_token_may_be_laid_out_anew_by_those_who_carry_it(publisher: Publisher) -> None:
    token = issue(publisher.says(), publisher.signer)
    carried = json.dumps(json.loads(token), indent=4) + "\r\n"
    assert verify_token(carried, publisher.trust) == verify_token(token, publisher.trust)
    assert in_form(carried) == token


def altered_payload(token: str) -> str:
    told = json.loads(token)
    payload = json.loads(base64.b64decode(told["payload"]))
    payload["expires"] = "2099-01-01T00:00:00Z"
    told["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(told)


def signed_by_two(token: str) -> str:
    told = json.loads(token)
    return json.dumps(told | {"signatures": told["signatures"] * 2})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (altered_payload, "signatures.0.sig: not a signature"),
        (signed_by_two, "signatures"),
        (lambda token: token.replace(PAYLOAD_TYPE, "application/json"), "payloadType"),
        (lambda token: token[:-1], "JSON"),
        (lambda token: "", "JSON"),
        (lambda token: "[" * 10_000, "JSON"),
        (lambda token: token[:-1] + ',"more":1}', "more"),
        (lambda token: token + " " * MOST_CHARACTERS, "longer than"),
    ],
)
def test_an_altered_token_is_refused_with_the_place(
    publisher: Publisher, change: Callable[[str], str], words: str
) -> None:
    token = change(issue(publisher.says(), publisher.signer))
    with pytest.raises(UntrustedError, match=words):
        verify_token(token, publisher.trust, place="token.json")


@settings(max_examples=100, deadline=None)
@given(where=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_no_changed_byte_says_something_else(publisher: Publisher, where: int, flip: int) -> None:
    told = publisher.says()
    token = bytearray(issue(told, publisher.signer), "utf-8")
    token[where % len(token)] ^= flip
    try:
        _, read = verify_token(bytes(token), publisher.trust)
    except UntrustedError:
        return
    assert read == told


def test_keys_that_do_not_hold_sign_no_token(publisher: Publisher, tmp_path: Path) -> None:
    token = issue(publisher.says(), publisher.signer)
    with pytest.raises(UntrustedError, match="is not trusted here"):
        verify_token(token, make_publisher(tmp_path / "other.pem").trust)
    revoked = replace(publisher.key, state="revoked", reason="lost")
    with pytest.raises(UntrustedError, match="was revoked: lost"):
        verify_token(token, TrustStore.of([revoked]))
    rotated = replace(publisher.key, state="rotated")
    assert verify_token(token, TrustStore.of([rotated]))[0].state == "rotated"


@pytest.mark.parametrize("plugin", ["org.other.bright", "org.test", "org.tester.", "org.testing"])
def test_a_key_covers_only_its_prefixes(publisher: Publisher, plugin: str) -> None:
    token = issue(publisher.says(plugin=plugin), publisher.signer)
    with pytest.raises(UntrustedError, match=r"may sign org\.test\. but not"):
        verify_token(token, publisher.trust)


def test_a_token_names_the_key_that_signs_it(publisher: Publisher) -> None:
    told = publisher.says(keyid="0" * 64)
    with pytest.raises(UntrustedError, match="not the key that signs"):
        issue(told, publisher.signer)
    forged = sign_bytes(told.to_bytes(), PAYLOAD_TYPE, publisher.signer)
    with pytest.raises(UntrustedError, match="not the key of the signature"):
        read_token(forged)


def test_a_token_covers_one_plugin_or_all_that_begin_so(publisher: Publisher) -> None:
    one, all_of_them = publisher.says(), publisher.says(plugin="org.test.")
    assert [one.covers(name) for name in ("org.test.bright", "org.test.brighter", "org.test")] == [
        True, False, False,
    ]  # fmt: skip
    assert all_of_them.covers("org.test.brighter")
    assert not all_of_them.covers("org.tester.bright")


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires": NOW},
        {"not_before": datetime(2026, 1, 1)},  # noqa: DTZ001  # a moment without its zone is what is refused
        {"grace_days": -1},
        {"quota": {"studies": 0, "per": "month"}},
        {"quota": {"studies": 1, "per": "year"}},
        {"features": ["everything"]},
        {"plugin": "*"},
        {"seats": 3},
    ],
)
def test_a_statement_that_says_nothing_clear_cannot_be_made(publisher: Publisher, wrong) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        publisher.says(**wrong)


def run(*words: str) -> int:
    return main(["entitlement", *words])


def test_a_token_is_issued_shown_and_verified_by_command(publisher, tmp_path, capsys) -> None:
    code = run(
        "issue", "--key", str(publisher.path), "--plugin", "org.test.", "--tenant", f"central:{HOSPITAL.id}",
        "--from", "2027-01-01", "--expires", "2027-12-31", "--grace", "30", "--studies", "5", "--trial",
    )  # fmt: skip
    token = tmp_path / "token.json"
    token.write_text(capsys.readouterr().out)
    assert code == 0
    assert run("show", str(token)) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["tenant"] == {"id": str(HOSPITAL.id), "code": "central"}
    assert (shown["not_before"], shown["expires"]) == ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z")
    assert (shown["kind"], shown["quota"]) == ("trial", {"studies": 5, "per": "total"})
    publishers = f"{publisher.path}.json"
    assert run("verify", str(token), "--publishers", publishers) == 0
    assert "issued by Test" in capsys.readouterr().out
    token.write_text(altered_payload(token.read_text()))
    assert run("verify", str(token), "--publishers", publishers) == 1
    assert "not a signature" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--plugin", "org.other.x", "may sign org.test. but not org.other.x"),
        ("--tenant", "central", "must be CODE:ID"),
        ("--expires", "soon", "must be a day"),
        ("--expires", "2000-01-01", "expires must be later"),
        ("--grace", "-1", "grace_days"),
        ("--studies", "0", "quota.studies"),
    ],
)
def test_a_token_that_no_hospital_would_take_is_not_issued(publisher, capsys, option, value, words) -> None:
    given = {
        "--key": str(publisher.path), "--plugin": "org.test.a", "--tenant": f"central:{HOSPITAL.id}",
        "--expires": "2099-12-31",
    } | {option: value}  # fmt: skip
    assert run("issue", *(f"{name}={text}" for name, text in given.items())) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""
