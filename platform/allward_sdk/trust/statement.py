"""What a publisher signs: which plug-in, which version, and the digest of every file in the package.

It travels as a DSSE envelope, `signature.json` (ADR 0018). Both have one form only: the same content is
always the same bytes, and other bytes are refused.
"""

import json
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, ValidationError
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Signer

from allward_sdk.errors import UntrustedError
from allward_sdk.parts import Sha256, Strict
from allward_sdk.trust.keys import PublisherKey, TrustStore

PAYLOAD_TYPE = "application/vnd.allward.package.v1+json"

_CANNOT_BE_READ = (ValueError, RecursionError)
"""What hostile JSON and base64 raise; pydantic's error is a ValueError."""


class FileDigest(Strict):
    """What is signed of one file."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Payload(Strict):
    """The signed statement."""

    plugin: str
    """Id of the plug-in."""
    version: str
    contract: int
    files: dict[str, FileDigest]
    """Every entry of the package but the envelope itself."""

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        return _canonical(self.model_dump(mode="json"))


class _Signature(Strict):
    keyid: str
    sig: str


class _Envelope(Strict):
    """The shape of `signature.json`: one signature, no more."""

    payload: str
    payloadType: Literal["application/vnd.allward.package.v1+json"]  # noqa: N815  # DSSE's own name
    signatures: tuple[_Signature] = Field(min_length=1, max_length=1)


def sign(payload: Payload, signer: Signer) -> bytes:
    """Return the bytes of `signature.json`."""
    envelope = Envelope(payload.to_bytes(), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _canonical(envelope.to_dict())


def verify(data: bytes, trust: TrustStore, *, place: str) -> tuple[PublisherKey, Payload]:
    """Return who signed these bytes of `signature.json`, and what; the key's state is not judged here.

    Parameters
    ----------
    place
        File and entry, with which the words of an error begin.

    Raises
    ------
    UntrustedError
        If it is no envelope in its one form, the key is not in the store, or the signature is not by it.
    """
    envelope = _read(data, place)
    (keyid,) = envelope.signatures
    key = trust.keys.get(keyid)
    if key is None:
        raise UntrustedError(f"{place}: signatures.0.keyid: the key {keyid[:64]!r} is not trusted here")
    try:
        envelope.verify([key.to_sslib()], 1)
    except VerificationError as error:
        raise UntrustedError(
            f"{place}: signatures.0.sig: not a signature of this payload by {key.publisher} (key {keyid})"
        ) from error
    return key, _payload_of(envelope, f"{place}: payload")


def _read(data: bytes, place: str) -> Envelope:
    try:
        told = _Envelope.model_validate_json(data)
        envelope = Envelope.from_dict(told.model_dump(mode="json"))
    except _CANNOT_BE_READ as error:
        _refuse(error, place)
    if _canonical(envelope.to_dict()) != data:
        raise UntrustedError(f"{place}: not in the one form in which an envelope is written")
    return envelope


def _payload_of(envelope: Envelope, place: str) -> Payload:
    try:
        payload = Payload.model_validate_json(envelope.payload)
    except _CANNOT_BE_READ as error:
        _refuse(error, place)
    if payload.to_bytes() != envelope.payload:
        raise UntrustedError(f"{place}: not in the one form in which a payload is written")
    return payload


def _refuse(error: Exception, place: str) -> NoReturn:
    fault = str(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        fault = ": ".join((".".join(map(str, first["loc"])) or "JSON", first["msg"]))
    raise UntrustedError(f"{place}: {fault}") from error


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
