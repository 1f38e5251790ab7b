"""Keys of publishers: Ed25519, each with a name and the plug-in ids that it may sign (ADR 0018).

The private half is a PKCS#8 PEM file that only its owner reads. The public half is a line of
`publishers.json`; its `keyid` is that of securesystemslib, the sha256 of the key's canonical JSON.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import Field, ValidationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from allward_sdk.errors import UntrustedError, UsageError
from allward_sdk.parts import Sha256, Strict

KeyState: TypeAlias = Literal["active", "rotated", "revoked"]
"""A rotated key signs nothing new, but what a catalogue lists holds; of a revoked one nothing holds."""

_SEVERITY: dict[KeyState, int] = {"active": 0, "rotated": 1, "revoked": 2}
_ENCRYPTED_MARK = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
"""Source: RFC 7468, section 11."""

Prefix = Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9-]+)*\.$", max_length=100)]


class _Line(Strict):
    """One publisher's key as it stands in `publishers.json`."""

    keyid: Sha256
    public: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    publisher: str = Field(min_length=1, max_length=100)
    prefixes: tuple[Prefix, ...] = Field(min_length=1)
    state: KeyState = "active"
    reason: str = Field(default="", max_length=1000)


@dataclass(frozen=True)
class PublisherKey:
    """The public half of a publisher's key, and what is said of it."""

    keyid: str
    public: str
    """The 32 bytes of the Ed25519 public key, in hexadecimal."""
    publisher: str
    """Name of who holds the private half."""
    prefixes: tuple[str, ...]
    """Beginnings of the plug-in ids that it may sign, each with a full stop at its end."""
    state: KeyState = "active"
    reason: str = ""
    """Why it is no longer active."""

    @classmethod
    def of(cls, public: SSlibKey, *, publisher: str, prefixes: Iterable[str]) -> "PublisherKey":
        """Return an active key.

        Raises
        ------
        UntrustedError
            If the name or a prefix is not well formed.
        """
        told = {"keyid": public.keyid, "public": public.keyval["public"]}
        told |= {"publisher": publisher, "prefixes": list(prefixes)}
        return cls.from_json(told, place=f"key {public.keyid[:12]}")

    @classmethod
    def from_json(cls, value: object, *, place: str = "publishers.json") -> "PublisherKey":
        """Read what `to_json` gives.

        Raises
        ------
        UntrustedError
            If a field is missing, unknown or not well formed, or the keyid is not that of the public key.
        """
        try:
            line = _Line.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole entry"
            raise UntrustedError(f"{place}: {where}: {first['msg']}") from error
        if keyid_of(line.public) != line.keyid:
            raise UntrustedError(f"{place}: keyid: {line.keyid} is not the id of this public key")
        return cls(**dict(line))

    def to_json(self) -> dict[str, Any]:
        """Return the entry of `publishers.json`."""
        return asdict(self) | {"prefixes": list(self.prefixes)}

    def may_sign(self, plugin_id: str) -> bool:
        """Tell whether a plug-in id begins with one of the prefixes."""
        return plugin_id.startswith(self.prefixes)

    def to_sslib(self) -> SSlibKey:
        """Return the key in the form that verifies envelopes."""
        return _sslib(self.public)


@dataclass(frozen=True)
class TrustStore:
    """What a hospital trusts: keys of its catalogue and its own, and what the catalogue lists."""

    keys: Mapping[str, PublisherKey] = field(default_factory=dict)
    """keyid -> key."""
    listed: frozenset[str] = frozenset()
    """sha256 of the package files that a catalogue lists: with them the signature of a rotated key holds."""

    @classmethod
    def of(cls, keys: Iterable[PublisherKey], listed: Iterable[str] = ()) -> "TrustStore":
        """Return a store; of a key that is told twice, what limits it more holds."""
        ordered = sorted(keys, key=lambda key: _SEVERITY[key.state])
        return cls({key.keyid: key for key in ordered}, frozenset(listed))


def keyid_of(public: str) -> str:
    """Return the keyid of a public key in hexadecimal."""
    return _sslib(public).keyid


def _sslib(public: str) -> SSlibKey:
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))


def read_publishers(text: str | bytes, *, place: str = "publishers.json") -> tuple[PublisherKey, ...]:
    """Read a list of keys, or a single one as `allward plugin key show` prints it.

    Raises
    ------
    UntrustedError
        If it is not JSON, an entry is not well formed, or a key is told twice.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UntrustedError(f"{place}: not JSON: {error}") from error
    entries = told if isinstance(told, list) else [told]
    keys = tuple(
        PublisherKey.from_json(entry, place=f"{place}: entry {number}")
        for number, entry in enumerate(entries, 1)
    )
    if len({key.keyid for key in keys}) < len(keys):
        raise UntrustedError(f"{place}: a key stands there twice")
    return keys


def publishers_to_json(keys: Iterable[PublisherKey]) -> str:
    """Return the text of `publishers.json`: one key a line, in the order of their ids."""
    ordered = sorted(keys, key=lambda key: key.keyid)
    lines = (json.dumps(key.to_json(), ensure_ascii=False, sort_keys=True) for key in ordered)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def new_key(path: Path, passphrase: str | None = None) -> SSlibKey:
    """Make a private key, write it as PEM that only its owner can read, and return its public half.

    Raises
    ------
    FileExistsError
        If something is at `path` already: a key is never overwritten.
    """
    private = Ed25519PrivateKey.generate()
    protection: KeySerializationEncryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return SSlibKey.from_crypto(private.public_key())


def is_under_passphrase(path: Path) -> bool:
    """Tell whether the private key in this file needs a passphrase."""
    return _ENCRYPTED_MARK in path.read_bytes()


def load_signer(path: Path, passphrase: str | None = None) -> CryptoSigner:
    """Read a private key that `new_key` wrote; a passphrase that it does not need is ignored.

    Raises
    ------
    UsageError
        If it is no Ed25519 key in PEM, or the passphrase is missing or wrong.
    """
    pem = path.read_bytes()
    protected = _ENCRYPTED_MARK in pem
    if protected and passphrase is None:
        raise UsageError(f"{path}: this key is under a passphrase: set ALLWARD_KEY_PASSPHRASE or type it.")
    password = passphrase.encode() if protected and passphrase is not None else None
    try:
        private = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        fault = "the passphrase is wrong, or the file is damaged" if protected else "not a private key in PEM"
        raise UsageError(f"{path}: {fault}.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise UsageError(f"{path}: not an Ed25519 key: make one with allward plugin key new.")
    return CryptoSigner(private)
